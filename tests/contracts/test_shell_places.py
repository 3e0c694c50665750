"""What every `Shell` does about folders, accounts and environments of a node."""

from __future__ import annotations

import stat
from dataclasses import replace
from getpass import getuser
from typing import TYPE_CHECKING

from setup_tool.core.accounts import ReadAccount, RemoveAccount
from setup_tool.core.content import Content
from setup_tool.core.environments import ReadEnvironments, RemoveEnvironments
from setup_tool.core.folders import MARKER, FolderFact, MakeFolder, ReadFolder, RemoveFolder
from setup_tool.core.transaction import (
    BounceService,
    Ending,
    EndService,
    RemoveFile,
    StampService,
    Transaction,
    WriteFile,
)
from tests.contracts.changes import STATE, digest
from tests.node.places import Heard, listening, little_service

if TYPE_CHECKING:
    from setup_tool.core.queries import NodeQuery
    from setup_tool.core.transaction import NodeStep, Outcome
    from tests.node.places import Place

PRIVATE, SHARED = 0o700, 0o755
STOP = 'kill -KILL "-$(cat ~/pid)"'
ENVIRONMENTS = ReadEnvironments("~/opt/ours", "it-", "~/wheels")


def committed(place: Place, *steps: NodeStep, run: str = "run") -> Outcome:
    shell = place.shell()
    try:
        return shell.commit(Transaction(run, STATE, steps), Heard())
    finally:
        shell.close()


def asked(place: Place, *queries: NodeQuery) -> list[object]:
    shell = place.shell()
    try:
        facts = shell.observe(queries)
    finally:
        shell.close()
    return [facts[query] for query in queries]


def test_a_folder_is_made_for_the_files_that_are_to_lie_in_it(place: Place) -> None:
    steps = (
        WriteFile("~/etc/it/it.conf", Content(b"text"), None, mode=0o600),
        MakeFolder("~/etc/it", PRIVATE),
        MakeFolder("~/var/lib/it", PRIVATE, marked=True),
    )
    before = asked(place, ReadFolder("~/etc/it"))
    assert committed(place, *steps).ending is Ending.DONE
    assert (place.home / "etc/it/it.conf").read_bytes() == b"text"
    assert stat.S_IMODE((place.home / "etc/it").stat().st_mode) == PRIVATE
    assert stat.S_IMODE((place.home / "etc").stat().st_mode) == SHARED
    assert before == [FolderFact(exists=False)]
    plain, marked = asked(place, ReadFolder("~/etc/it"), ReadFolder("~/var/lib/it"))
    assert isinstance(plain, FolderFact)
    assert isinstance(marked, FolderFact)
    assert (plain.exists, plain.ours, plain.names) == (True, False, ("it.conf",))
    assert (marked.exists, marked.ours, marked.mode) == (True, True, PRIVATE)


def test_a_folder_that_is_there_stays_as_it_is(place: Place) -> None:
    folder = place.home / "there"
    folder.mkdir(mode=SHARED)
    (folder / "file").write_text("kept")
    step = MakeFolder("~/there", PRIVATE, marked=True)
    assert committed(place, step).ending is Ending.DONE
    assert stat.S_IMODE(folder.stat().st_mode) == SHARED
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_folder_whose_making_was_cut_short_is_made_anew(place: Place) -> None:
    (place.home / ".it.new.setup-tool").mkdir()
    assert committed(place, MakeFolder("~/it", PRIVATE, marked=True)).ending is Ending.DONE
    assert (place.home / "it" / MARKER).exists()
    assert not (place.home / ".it.new.setup-tool").exists()


def test_a_marked_folder_goes_with_all_in_it_another_only_when_it_is_empty(place: Place) -> None:
    for name in ("ours", "empty", "full"):
        (place.home / name / "in").mkdir(parents=True)
    (place.home / "empty/in").rmdir()
    (place.home / "ours" / MARKER).touch()
    (place.home / "ours/.hidden").touch()
    steps = [RemoveFolder(f"~/{name}") for name in ("ours", "empty", "full", "none")]
    assert committed(place, *steps).ending is Ending.DONE
    left = {path.name for path in place.home.iterdir()}
    assert not {"ours", "empty"} & left
    assert (place.home / "full/in").exists()


def test_a_folder_of_another_kind_is_told_of(place: Place) -> None:
    (place.home / "file").touch()
    assert asked(place, ReadFolder("~/file")) == [FolderFact(exists=False, other=True)]


def test_a_user_is_known_by_its_entry_and_only_one_with_our_mark_is_removed(place: Place) -> None:
    there, nobody = asked(place, ReadAccount(getuser()), ReadAccount("nobody-of-this-name"))
    assert getattr(there, "exists", None) is True
    assert getattr(nobody, "exists", None) is False
    step = RemoveAccount(getuser(), "a comment that nobody has")
    assert committed(place, step).ending is Ending.DONE
    assert asked(place, ReadAccount(getuser())) == [there]


def test_environments_are_told_by_their_mark_and_wheels_by_their_names(place: Place) -> None:
    for name in ("it-1", "it-2", "other"):
        (place.home / "opt/ours" / name).mkdir(parents=True)
    (place.home / "opt/ours/it-1/complete").touch()
    (place.home / "wheels").mkdir()
    (place.home / "wheels/tiny-1.0-py3-none-any.whl").touch()
    (place.home / "wheels/tiny-1.0.tar.gz").touch()
    (found,) = asked(place, ENVIRONMENTS)
    assert getattr(found, "complete", None) == ("it-1",)
    assert getattr(found, "unfinished", None) == ("it-2",)
    assert getattr(found, "wheels", None) == ("tiny-1.0-py3-none-any.whl",)
    gone = RemoveEnvironments(("~/opt/ours/it-1", "~/opt/ours/it-2", "~/opt/ours/it-3"))
    assert committed(place, gone).ending is Ending.DONE
    assert [path.name for path in (place.home / "opt/ours").iterdir()] == ["other"]


def test_a_service_is_stopped_before_its_files_go_and_its_stamp_is_forgotten(place: Place) -> None:
    with little_service(place.home, "old") as service:
        control = replace(service.control(), stop=STOP)
        run = (BounceService(control, reload=False), StampService(control))
        assert committed(place, *run, run="first").ending is Ending.DONE
        assert (place.state / "stamps/little").exists()
        ended = (EndService(control), RemoveFile("~/service.conf", digest(b"old")))
        assert committed(place, *ended, run="second").ending is Ending.DONE
        assert not service.conf.exists()
        assert not listening(service.port)
        assert not (place.state / "stamps/little").exists()


def test_a_service_that_cannot_be_stopped_keeps_its_files(place: Place) -> None:
    with little_service(place.home, "old") as service:
        control = replace(service.control(), stop="false")
        ended = (EndService(control), RemoveFile("~/service.conf", digest(b"old")))
        outcome = committed(place, *ended)
        assert outcome.ending is Ending.RESTORED
        assert "little could not be stopped" in outcome.detail
        assert service.conf.read_bytes() == b"old"
        assert listening(service.port)
