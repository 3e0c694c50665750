from __future__ import annotations

import hashlib

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import FileFact
from setup_tool.core.history import BackupFact
from setup_tool.core.plan import Action, Stage
from setup_tool.core.queries import ReadFile
from setup_tool.core.transaction import RemoveFile, WriteFile
from setup_tool.resources.restored_file import RestoredFile

PATH = "/etc/swift/proxy-server.conf"
OLD, NEW = b"[a]\npassword = canary-old\n", b"[a]\npassword = canary-new\nx = 1\n"


def digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def restored(
    backup: bytes | None, seen: bytes | None = NEW, *, in_place: bool = False
) -> RestoredFile:
    copy = None if backup is None else BackupFact(Content(backup), 0o640, "0:997")
    return RestoredFile("p", Stage.PROXIES, PATH, copy, digest(seen), in_place, ("Why.",))


def present(data: bytes | None, *, fixed: bool = False) -> dict[ReadFile, FileFact]:
    content = None if data is None else Content(data)
    return {ReadFile(PATH): FileFact(PATH, content, fixed=fixed)}


def test_the_old_bytes_replace_what_was_seen_and_the_difference_is_masked() -> None:
    change = restored(OLD).diff(present(NEW))
    assert change is not None
    assert (change.action, change.summary) == (Action.UPDATE, f"bring back {PATH}")
    assert (change.stage, change.reasons) == (Stage.PROXIES, ("Why.",))
    assert change.steps == (WriteFile(PATH, Content(OLD), digest(NEW), mode=0o600),)
    assert "-x = 1" in change.diff
    assert "+password = ******** (changed)" in change.diff
    assert "canary" not in "".join(change.diff)


def test_a_file_that_is_as_it_was_needs_nothing() -> None:
    assert restored(OLD, OLD).diff(present(OLD)) is None
    assert restored(None, None).diff(present(None)) is None


def test_a_file_that_a_run_made_is_removed() -> None:
    change = restored(None).diff(present(NEW))
    assert change is not None
    assert (change.action, change.summary) == (Action.DELETE, f"remove {PATH}")
    assert change.steps == (RemoveFile(PATH, digest(NEW) or ""),)
    assert change.diff[:2] == (f"--- {PATH}", "+++ (no file)")


def test_a_file_that_is_gone_is_made_again_with_the_owner_and_mode_it_had() -> None:
    change = restored(OLD, None).diff(present(None))
    assert change is not None
    assert (change.action, change.summary) == (Action.CREATE, f"make {PATH}")
    step = WriteFile(PATH, Content(OLD), None, mode=0o640, owner="0:997")
    assert change.steps == (step,)


@pytest.mark.parametrize("now", [b"edited", None])
def test_a_file_that_changed_while_it_was_looked_at_is_refused(now: bytes | None) -> None:
    with pytest.raises(DeclarationError, match=f"p: {PATH} was changed while it was looked at"):
        restored(OLD).diff(present(now))


def test_a_file_that_cannot_be_read_is_refused() -> None:
    facts = {ReadFile(PATH): FileFact(PATH, problem="it is a directory")}
    with pytest.raises(DeclarationError, match="it is a directory"):
        restored(OLD).diff(facts)


def test_a_mount_point_is_written_in_place_only_where_the_inventory_says_so() -> None:
    with pytest.raises(DeclarationError, match="mount point"):
        restored(OLD).diff(present(NEW, fixed=True))
    change = restored(OLD, in_place=True).diff(present(NEW, fixed=True))
    assert change is not None
    (step,) = change.steps
    assert isinstance(step, WriteFile)
    assert step.in_place


def test_it_asks_for_its_file_and_has_nothing_to_note() -> None:
    assert restored(OLD).queries() == (ReadFile(PATH),)
    assert restored(OLD).notes(present(NEW)) == ()
