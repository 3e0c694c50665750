"""What every `Shell` tells of past runs, and how it takes a file away and makes it again."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from setup_tool.core.content import Content
from setup_tool.core.history import BackupFact, HistoryFact, PastFile, PastRun
from setup_tool.core.queries import ReadBackup, ReadHistory
from setup_tool.core.transaction import (
    BounceService,
    Ending,
    RemoveFile,
    StampService,
    Transaction,
    WriteFile,
)
from tests.contracts.changes import STATE, change, digest, snapshot, write
from tests.node.places import Heard, Place, little_service

if TYPE_CHECKING:
    from setup_tool.core.transaction import NodeStep, Outcome

HISTORY = ReadHistory(STATE)
OLD, NEW = b"old\npassword = canary-5e\n", b"new\n"


def commit(place: Place, run: str, *steps: NodeStep, command: str = "apply") -> Outcome:
    shell = place.shell()
    try:
        return shell.commit(Transaction(run, STATE, steps, command=command), Heard())
    finally:
        shell.close()


def history(place: Place) -> tuple[PastRun, ...]:
    shell = place.shell()
    fact = shell.observe([HISTORY])[HISTORY]
    shell.close()
    assert isinstance(fact, HistoryFact)
    return fact.runs


def backup(place: Place, run: str, index: int = 0) -> BackupFact:
    shell = place.shell()
    query = ReadBackup(STATE, run, index)
    fact = shell.observe([query])[query]
    shell.close()
    assert isinstance(fact, BackupFact)
    return fact


def test_a_run_tells_what_it_wrote_what_was_there_and_what_is_there_now(place: Place) -> None:
    one, two = place.home / "with space", place.home / "two"
    one.write_bytes(OLD)
    one.chmod(0o640)
    steps = (write("~/with space", NEW, OLD), write("~/two", b"made", None))
    assert commit(place, "first", *steps).ending is Ending.DONE
    two.write_bytes(b"edited")
    before = snapshot(place.home)
    (run,) = history(place)
    kept = backup(place, "first")
    assert snapshot(place.home) == before, "looking changes nothing"
    assert (run.name, run.command, run.ending, run.wrote) == ("first", "apply", "done", True)
    assert abs(run.at - (place.run_folder("first") / "result").stat().st_mtime) < 1
    changed = PastFile(
        0, "~/with space", str(one), digest(OLD), digest(NEW), digest(NEW), written=True, kept=True
    )
    made = PastFile(
        1, "~/two", str(two), None, digest(b"made"), digest(b"edited"), written=True, kept=False
    )
    assert run.files == (changed, made)
    assert kept == BackupFact(Content(OLD), 0o640, f"{os.getuid()}:{os.getgid()}")
    assert backup(place, "first", 1) == BackupFact()


def test_a_node_without_runs_has_no_history(near: Place) -> None:
    assert history(near) == ()
    assert backup(near, "never") == BackupFact()


def test_runs_are_told_in_the_order_in_which_they_ended_whatever_they_did(place: Place) -> None:
    file = place.home / "file"
    file.write_bytes(OLD)
    assert commit(place, "b", write("~/file", NEW, b"other")).ending is Ending.STALE
    assert commit(place, "a", write("~/file", NEW, OLD), command="rollback").ending is Ending.DONE
    for name, when in (("b", 1000), ("a", 2000)):
        os.utime(place.run_folder(name) / "result", (when, when))
    stale, done = history(place)
    assert (stale.name, stale.command, stale.ending, stale.at) == ("b", "apply", "stale", 1000)
    assert (stale.wrote, stale.files[0].written) == (False, False)
    assert (done.name, done.command, done.at) == ("a", "rollback", 2000)


def test_a_killed_run_is_told_without_an_end_and_an_older_one_without_its_files(
    near: Place,
) -> None:
    (near.home / "file").write_bytes(OLD)
    commit(near, "killed", write("~/file", NEW, OLD))
    commit(near, "older", write("~/file", OLD, NEW))
    (near.run_folder("killed") / "result").unlink()
    (near.run_folder("older") / "files").unlink()
    runs = {run.name: run for run in history(near)}
    assert runs["killed"].ending is None
    assert runs["killed"].files[0].now == digest(OLD)
    assert (runs["older"].command, runs["older"].files, runs["older"].wrote) == (None, (), True)


def test_a_file_is_removed_only_as_it_was_seen_and_its_copy_makes_it_again(place: Place) -> None:
    file = place.home / "file"
    file.write_bytes(OLD)
    file.chmod(0o604)
    assert commit(place, "stale", RemoveFile("~/file", digest(NEW))).ending is Ending.STALE
    assert commit(place, "gone", RemoveFile("~/file", digest(OLD))).ending is Ending.DONE
    assert not file.exists()
    kept = backup(place, "gone")
    assert kept.content is not None
    again = WriteFile("~/file", kept.content, None, mode=kept.mode, owner=kept.owner)
    assert commit(place, "again", again).ending is Ending.DONE
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (OLD, 0o604)
    gone = next(run for run in history(place) if run.name == "gone")
    assert (gone.files[0].before, gone.files[0].after) == (digest(OLD), None)
    assert gone.files[0].written


def test_a_file_that_is_made_again_gets_the_owner_it_had(near: Place) -> None:
    group = next((g for g in os.getgroups() if g != os.getgid()), 7 if os.getuid() == 0 else None)
    owner = f"{os.getuid()}:{os.getgid() if group is None else group}"
    step = WriteFile("~/file", Content(NEW), None, owner=owner)
    assert commit(near, "make", step).ending is Ending.DONE
    status = (near.home / "file").stat()
    assert f"{status.st_uid}:{status.st_gid}" == owner


def test_a_removed_file_comes_back_when_the_service_fails_without_it(place: Place) -> None:
    extra = place.home / "extra"
    with little_service(place.home, "old") as service:
        extra.write_bytes(OLD)
        extra.chmod(0o604)
        control = service.control(timeout=2)
        steps = (
            RemoveFile("~/extra", digest(OLD)),
            write("~/service.conf", b"broken", b"old"),
            BounceService(control, reload=False),
            StampService(control),
        )
        outcome = commit(place, "undone", *steps)
    assert outcome.ending is Ending.RESTORED
    assert (extra.read_bytes(), stat.S_IMODE(extra.stat().st_mode)) == (OLD, 0o604)
    assert service.conf.read_bytes() == b"old"
    (run,) = history(place)
    assert run.ending == "restored"


def test_what_a_run_keeps_for_those_who_undo_it_is_for_its_owner_alone(near: Place) -> None:
    with little_service(near.home, "old") as service:
        near.shell().commit(change(service, "change", b"old", b"new"), Heard())
    for name in ("files", "real/0", "backup/0"):
        assert stat.S_IMODE((near.run_folder("change") / name).stat().st_mode) == 0o600
