"""A reload that will be due, noted before what makes it due is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.facts import DUE
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.transaction import StampService

if TYPE_CHECKING:
    from setup_tool.core.facts import ServiceFact, StampFact
    from setup_tool.core.queries import ReadService, ReadStamp
    from setup_tool.resources.resource import Answers
    from setup_tool.resources.service import Service


@dataclass(frozen=True, slots=True)
class ForeseenReload:
    """A service's stamp says that it has to read its files again.

    What makes it due lies elsewhere, in Keystone, and cannot be seen once it is done: a run
    that ends in between leaves this for the next one to find.
    """

    service: Service
    stage: Stage = Stage.BEFOREHAND

    @property
    def target(self) -> str:
        """The service's node."""
        return self.service.target

    def queries(self) -> tuple[ReadService | ReadStamp, ...]:
        """Ask for the running instance and its stamp."""
        return (self.service.instance_query(), self.service.stamp_query())

    def diff(self, facts: Answers) -> Change | None:
        """Return the note that is to be left, unless it is there or nothing runs."""
        running: ServiceFact = facts[self.service.instance_query()]
        stamp: StampFact = facts[self.service.stamp_query()]
        noted = stamp.instance == running.instance and DUE in stamp.digests.values()
        if not running.running or noted:
            return None
        control = replace(self.service.control, unit=running.unit)
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.SETTLE,
            summary=f"note that {control.name} has to read its files again",
            reasons=("So that the next run knows, should this one end too early.",),
            steps=(StampService(control, due=True),),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()
