from __future__ import annotations

from setup_tool.core.facts import RunsFact, RunState
from setup_tool.core.plan import Action, Note, Stage
from setup_tool.core.queries import ReadRuns
from setup_tool.core.transaction import SettleRun
from setup_tool.resources.journal import Journal

JOURNAL = Journal("proxy1", Stage.PROXIES, "/var/lib/setup-tool")


def facts(**runs: RunState) -> dict[ReadRuns, RunsFact]:
    return {ReadRuns("/var/lib/setup-tool"): RunsFact(runs)}


def test_a_journal_without_unended_runs_needs_nothing() -> None:
    assert JOURNAL.queries() == (ReadRuns("/var/lib/setup-tool"),)
    assert JOURNAL.diff(facts()) is None
    assert JOURNAL.notes(facts()) == ()


def test_a_dead_run_is_settled() -> None:
    change = JOURNAL.diff(facts(a=RunState.DEAD))
    assert change is not None
    assert (change.target, change.stage) == ("proxy1", Stage.PROXIES)
    assert (change.action, change.summary) == (Action.SETTLE, "settle 1 interrupted run")
    assert change.reasons == ("Run a ended before it was done.",)
    assert change.steps == (SettleRun("a"),)


def test_dead_runs_are_settled_in_the_order_they_were_begun() -> None:
    change = JOURNAL.diff(facts(b=RunState.DEAD, c=RunState.RUNNING, a=RunState.DEAD))
    assert change is not None
    assert change.summary == "settle 2 interrupted runs"
    assert change.steps == (SettleRun("a"), SettleRun("b"))


def test_a_run_under_way_is_told_of_and_left_alone() -> None:
    found = facts(a=RunState.RUNNING)
    assert JOURNAL.diff(found) is None
    assert JOURNAL.notes(found) == (
        Note("proxy1", "Run a is under way on this node; apply will follow it first."),
    )
