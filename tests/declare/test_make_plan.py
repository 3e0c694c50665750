from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import PLANNED, FileFact
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage
from setup_tool.core.queries import ReadFile
from setup_tool.core.transaction import WriteFile
from setup_tool.declare.make_plan import make_plan

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers

PATH = "/etc/a.conf"
FILE = FileFact(PATH, Content(b"old"), changed_at=1000, problem="once")


@dataclass(frozen=True)
class Writes:
    """Appends a word to the file where it lacks it, and notes what it found."""

    target: str
    word: bytes
    stage: Stage = Stage.PROXIES

    def queries(self) -> tuple[ReadFile, ...]:
        return (ReadFile(PATH),)

    def diff(self, facts: Answers) -> Change | None:
        found: Content = facts[ReadFile(PATH)].content
        if self.word in found.data:
            return None
        step = WriteFile(PATH, Content(found.data + self.word), found.digest)
        return Change(self.target, self.stage, Action.UPDATE, f"write {self.word!r}", (step,))

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        return (Note(self.target, f"found {facts[ReadFile(PATH)].content.data!r}"),)


@dataclass(frozen=True)
class Differs:
    """Always has something to do."""

    target: str
    stage: Stage
    name: str = ""

    def queries(self) -> tuple[ReadFile, ...]:
        return ()

    def diff(self, facts: Answers) -> Change | None:
        del facts
        return Change(self.target, self.stage, Action.CREATE, self.name, ())

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        del facts
        return (Note(self.target, "the same to all"),)


class Sees:
    """Keeps the file as a plan shows it to the resources after the one that writes it."""

    target = "a"
    stage = Stage.PROXIES

    def __init__(self) -> None:
        self.seen: FileFact | None = None

    def queries(self) -> tuple[ReadFile, ...]:
        return (ReadFile(PATH),)

    def diff(self, facts: Answers) -> Change | None:
        self.seen = facts[ReadFile(PATH)]
        return None

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        del facts
        return ()


class Refuses(Sees):
    def diff(self, facts: Answers) -> Change | None:
        del facts
        raise DeclarationError("It cannot be.")


def facts(*targets: str) -> dict[str, dict[ReadFile, FileFact]]:
    return {target: {ReadFile(PATH): FILE} for target in targets}


def test_changes_are_in_the_order_of_stages_then_targets_then_declaration() -> None:
    resources = [
        Differs("b", Stage.PROXIES, "1"),
        Differs("a", Stage.PROXIES, "2"),
        Differs(IDENTITY, Stage.CATALOGUE, "3"),
        Differs("b", Stage.PROXIES, "4"),
        Differs("b", Stage.CONTROLLERS, "5"),
        Differs(IDENTITY, Stage.ACCOUNTS, "6"),
    ]
    plan = make_plan(resources, {IDENTITY: {}, "a": {}, "b": {}})
    assert [c.summary for c in plan.changes] == ["6", "5", "2", "1", "4", "3"]
    assert plan.targets(Stage.PROXIES) == ("a", "b")
    assert [c.summary for c in plan.of(Stage.PROXIES, "b")] == ["1", "4"]
    assert not plan.is_empty


def test_nothing_declared_is_an_empty_plan() -> None:
    plan = make_plan([], facts("a"))
    assert plan.is_empty
    assert plan.notes == ()


def test_a_resource_sees_the_file_as_the_one_before_it_will_leave_it() -> None:
    watcher = Sees()
    make_plan([Writes("a", b"+1"), watcher], facts("a"))
    assert watcher.seen == FileFact(PATH, Content(b"old+1"), changed_at=PLANNED)


def test_of_two_writes_the_second_replaces_what_the_first_wrote() -> None:
    plan = make_plan([Writes("a", b"+1"), Writes("a", b"+2"), Writes("a", b"+1")], facts("a"))
    first, second = (step for change in plan.changes for step in change.steps)
    assert first == WriteFile(PATH, Content(b"old+1"), Content(b"old").digest)
    assert second == WriteFile(PATH, Content(b"old+1+2"), Content(b"old+1").digest)


def test_what_is_written_on_one_node_is_not_seen_on_another() -> None:
    plan = make_plan([Writes("a", b"+1"), Writes("b", b"+1")], facts("a", "b"))
    assert [change.target for change in plan.changes] == ["a", "b"]


def test_the_facts_stay_as_they_were_and_give_the_same_plan_again() -> None:
    known = facts("a", "b")
    before = facts("a", "b")
    resources = [Writes("a", b"+1"), Writes("b", b"+2")]
    assert make_plan(resources, known) == make_plan(resources, known)
    assert known == before


def test_what_is_noted_twice_is_said_once() -> None:
    plan = make_plan([Differs("a", Stage.PROXIES), Differs("a", Stage.CATALOGUE)], facts("a"))
    assert plan.notes == (Note("a", "the same to all"),)


def test_a_resource_that_refuses_refuses_the_whole_plan() -> None:
    with pytest.raises(DeclarationError, match="It cannot be"):
        make_plan([Differs("a", Stage.PROXIES), Refuses()], facts("a"))
