"""What every `Shell` does in a transaction that nothing interrupts."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.content import Content
from setup_tool.core.facts import (
    HttpFact,
    ServiceFact,
    StampFact,
)
from setup_tool.core.queries import (
    FetchHttp,
    ReadService,
    ReadStamp,
)
from setup_tool.core.transaction import (
    BounceService,
    Ending,
    StampService,
    Transaction,
    WriteFile,
)
from tests.contracts.changes import STATE, TOKEN, change, digest, write
from tests.lab.waiting import wait_until
from tests.node.places import (
    Heard,
    Place,
    little_service,
)

if TYPE_CHECKING:
    import pytest


def test_a_change_is_written_read_by_the_service_proven_and_stamped(place: Place) -> None:
    with little_service(place.home, "old") as service:
        (service.home / "token").write_text(TOKEN)
        service.conf.chmod(0o604)
        shell, heard = place.shell(), Heard()
        question = ReadService("little", port=service.port)
        before = shell.observe([question])[question]
        outcome = shell.commit(change(service, "change", b"old", b"new"), heard)
        facts = shell.observe(
            [question, ReadStamp("little", STATE), FetchHttp(f"{service.url}/healthcheck")]
        )
        shell.close()
    after = facts[question]
    assert outcome.ending is Ending.DONE
    assert service.conf.read_bytes() == b"new"
    assert stat.S_IMODE(service.conf.stat().st_mode) == 0o604
    assert isinstance(before, ServiceFact)
    assert isinstance(after, ServiceFact)
    assert after.instance != before.instance
    expected = {"~/service.conf": digest(b"new")}
    assert facts[ReadStamp("little", STATE)] == StampFact(after.instance, expected)
    assert heard.texts == [
        "check",
        "write ~/service.conf".replace("~", str(place.home)),
        "restart little",
        "wait for little",
        "canary native",
        "stamp little",
    ]


def test_what_a_run_leaves_is_for_its_owner_alone_and_holds_no_request(place: Place) -> None:
    with little_service(place.home, "old") as service:
        shell = place.shell()
        shell.commit(change(service, "change", b"old", b"new"), Heard())
        shell.close()
    for path in [place.state, *place.state.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()
    assert (place.run_folder("change") / "backup/0").read_bytes() == b"old"
    assert sorted(path.name for path in place.home.glob(".*")) == []


def test_a_file_that_changed_since_it_was_observed_is_not_overwritten(place: Place) -> None:
    (place.home / "one").write_bytes(b"as observed")
    (place.home / "two").write_bytes(b"changed by somebody")
    steps = (write("~/one", b"new", b"as observed"), write("~/two", b"new", b"as observed"))
    shell = place.shell()
    outcome = shell.commit(Transaction("stale", STATE, steps), Heard())
    shell.close()
    assert outcome.ending is Ending.STALE
    assert "two" in outcome.detail
    assert (place.home / "one").read_bytes() == b"as observed"
    assert (place.home / "two").read_bytes() == b"changed by somebody"


def test_a_new_file_is_made_with_the_mode_asked_for_and_only_where_there_is_none(
    near: Place,
) -> None:
    making = Transaction("make", STATE, (WriteFile("~/new", Content(b"new"), None, mode=0o640),))
    again = Transaction("again", STATE, (WriteFile("~/new", Content(b"newer"), None),))
    assert near.shell().commit(making, Heard()).ending is Ending.DONE
    assert near.shell().commit(again, Heard()).ending is Ending.STALE
    assert (near.home / "new").read_bytes() == b"new"
    assert stat.S_IMODE((near.home / "new").stat().st_mode) == 0o640


def test_a_journal_that_cannot_be_begun_is_told_of_and_nothing_is_left(place: Place) -> None:
    """As on a disk that has room for all that comes before it: here a folder is in its way."""
    (place.home / "file").write_bytes(b"old")
    place.fake(
        "mkdir", '#!/bin/sh\n/bin/mkdir "$@" && [ ! -d "$1/payload" ] || /bin/mkdir "$1/journal"\n'
    )
    shell = place.shell()
    outcome = shell.commit(Transaction("full", STATE, (write("~/file", b"new", b"old"),)), Heard())
    shell.close()
    assert outcome.ending is Ending.FAILED
    assert "/journal could not be written: see whether the disk is full" in outcome.detail
    assert (place.home / "file").read_bytes() == b"old"
    assert list((place.state / "runs").iterdir()) == []


def test_a_symlink_stays_and_the_file_behind_it_is_replaced(near: Place) -> None:
    (near.home / "real").write_bytes(b"old")
    (near.home / "link").symlink_to("real")
    outcome = near.shell().commit(
        Transaction("link", STATE, (write("~/link", b"new", b"old"),)), Heard()
    )
    assert outcome.ending is Ending.DONE
    assert (near.home / "link").is_symlink()
    assert (near.home / "real").read_bytes() == b"new"


def test_extended_attributes_survive_a_change(near: Place) -> None:
    file = near.home / "file"
    file.write_bytes(b"old")
    supported = _set_attribute(file)
    outcome = near.shell().commit(
        Transaction("attributes", STATE, (write("~/file", b"new", b"old"),)), Heard()
    )
    assert outcome.ending is Ending.DONE
    assert os.listxattr(file) == supported


def _set_attribute(file: Path) -> list[str]:
    """Give a file an attribute where the file system has them; return what it has then."""
    try:
        os.setxattr(file, "user.setup-tool-test", b"kept")
    except OSError:
        return os.listxattr(file)
    return os.listxattr(file)


def test_a_file_written_in_place_keeps_its_inode(near: Place) -> None:
    file = near.home / "file"
    file.write_bytes(b"old")
    inode = file.stat().st_ino
    step = WriteFile("~/file", Content(b"new"), digest(b"old"), in_place=True)
    assert near.shell().commit(Transaction("place", STATE, (step,)), Heard()).ending is Ending.DONE
    assert (file.read_bytes(), file.stat().st_ino) == (b"new", inode)


def test_a_service_that_does_not_start_with_the_new_file_gets_its_old_one_back(
    place: Place,
) -> None:
    with little_service(place.home, "old") as service:
        shell = place.shell()
        transaction = change(service, "broken", b"old", b"broken", timeout=3)
        outcome = shell.commit(transaction, Heard())
        fetched = shell.observe([FetchHttp(f"{service.url}/conf")])
        shell.close()
    assert outcome.ending is Ending.RESTORED
    assert outcome.step == "wait for little"
    assert service.conf.read_bytes() == b"old"
    assert fetched[FetchHttp(f"{service.url}/conf")] == HttpFact(200, b"old")


def test_a_canary_that_fails_after_the_change_brings_the_old_file_back(
    near: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setup_tool.node.run_text.AFTER_PATIENCE", 0)
    with little_service(near.home, "old") as service:
        outcome = near.shell().commit(change(service, "strict", b"old", b"strict"), Heard())
    assert outcome.ending is Ending.RESTORED
    assert outcome.detail == "canary native answered 403 (AccessDenied), expected 200"
    assert service.conf.read_bytes() == b"old"


def test_a_service_that_was_broken_before_is_left_with_the_new_file(near: Place) -> None:
    with little_service(near.home, "sick") as service:
        transaction = change(service, "sick", b"sick", b"still sick", timeout=1)
        outcome = near.shell().commit(transaction, Heard())
    assert outcome.ending is Ending.FAILED
    assert "It did not work before either" in outcome.detail
    assert service.conf.read_bytes() == b"still sick"


def test_a_service_is_well_when_it_answers_as_it_does_when_it_is_well(near: Place) -> None:
    """Nova's EC2 answers 400 to a request without a signature."""
    with little_service(near.home, "old") as service:
        control = replace(service.control(timeout=10), health_statuses=(200, 503))
        steps = (
            write("~/service.conf", b"sick", b"old"),
            BounceService(control, reload=False),
            StampService(control),
        )
        outcome = near.shell().commit(Transaction("well", STATE, steps), Heard())
    assert outcome.ending is Ending.DONE
    assert service.conf.read_bytes() == b"sick"


def test_a_service_that_was_broken_before_may_be_repaired(near: Place) -> None:
    with little_service(near.home, "sick") as service:
        outcome = near.shell().commit(change(service, "cure", b"sick", b"well"), Heard())
    assert outcome.ending is Ending.DONE
    assert service.conf.read_bytes() == b"well"


def test_a_reload_is_done_when_the_workers_are_new_ones(near: Place) -> None:
    with little_service(near.home, "workers one") as service:
        control = service.control(reload=True)
        wait_until(lambda: len(service.pids()) == 2)
        before = service.pids()
        steps = (
            write("~/service.conf", b"workers two", b"workers one"),
            BounceService(control, reload=True),
            StampService(control),
        )
        outcome = near.shell().commit(Transaction("reload", STATE, steps), Heard())
        after = service.pids()
        question = ReadService("little", port=service.port)
        facts = near.shell().observe([question, ReadStamp("little", STATE)])
    assert outcome.ending is Ending.DONE
    assert len(set(before) & set(after)) == 1, "the main process stays, its worker does not"
    running, stamp = facts[question], facts[ReadStamp("little", STATE)]
    assert isinstance(running, ServiceFact)
    assert stamp == StampFact(running.instance, {"~/service.conf": digest(b"workers two")})


def test_a_restart_command_that_fails_is_named(near: Place) -> None:
    with little_service(near.home, "old") as service:
        (near.home / "bin/little").write_text("#!/bin/sh\necho no\nexit 3\n")
        outcome = near.shell().commit(change(service, "command", b"old", b"new"), Heard())
    assert outcome.ending is Ending.FAILED
    assert "the restart command of little failed" in outcome.detail
    assert service.conf.read_bytes() == b"old"


def test_a_restarted_service_has_the_signals_and_mask_of_a_login(near: Place) -> None:
    with little_service(near.home, "old") as service:
        near.shell().commit(change(service, "mask", b"old", b"new"), Heard())
        [pid] = service.pids()
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    ignored = int(fields["SigIgn"], 16)
    assert fields["Umask"] == "0022"
    assert not ignored & (1 << 0), "HUP is ignored"
    assert not ignored & (1 << 14), "TERM is ignored"


def test_of_many_ended_runs_the_last_ones_are_kept(near: Place) -> None:
    for number in range(24):
        folder = near.run_folder(f"old-{number:02}")
        folder.mkdir(parents=True)
        (folder / "result").write_text("done\n\n\n")
        os.utime(folder, (number, number))
    near.state.chmod(0o700)
    assert near.shell().commit(Transaction("last", STATE, ()), Heard()).ending is Ending.DONE
    kept = sorted(path.name for path in near.run_folder("x").parent.iterdir())
    assert kept == ["last", *(f"old-{number:02}" for number in range(5, 24))]
