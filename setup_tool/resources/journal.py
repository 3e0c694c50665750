"""The node's own journal of transactions: none may be left unended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.facts import RunsFact, RunState
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import ReadRuns
from setup_tool.core.transaction import SettleRun

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Journal:
    """The transactions of one node."""

    target: str
    stage: Stage
    state_dir: str

    def queries(self) -> tuple[ReadRuns, ...]:
        """Ask for transactions that never ended."""
        return (ReadRuns(self.state_dir),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the settling of dead transactions, if there are any."""
        dead = self._unended(facts, RunState.DEAD)
        if not dead:
            return None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.SETTLE,
            summary=f"settle {len(dead)} interrupted run{'s'[: len(dead) > 1]}",
            reasons=tuple(f"Run {run} ended before it was done." for run in dead),
            steps=tuple(SettleRun(run) for run in dead),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Name the transactions that are under way."""
        return tuple(
            Note(self.target, f"Run {run} is under way on this node; apply will follow it first.")
            for run in self._unended(facts, RunState.RUNNING)
        )

    def _unended(self, facts: Answers, state: RunState) -> list[str]:
        runs: RunsFact = facts[ReadRuns(self.state_dir)]
        return sorted(run for run, found in runs.unended.items() if found is state)
