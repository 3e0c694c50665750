"""A service that is not there any more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import ReadService, ReadStamp
from setup_tool.core.transaction import EndService, ServiceControl

if TYPE_CHECKING:
    from setup_tool.core.facts import ServiceFact, StampFact
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class EndedService:
    """A service of ours that neither runs nor is started with the node, and left no stamp."""

    target: str
    stage: Stage
    control: ServiceControl
    units: tuple[str, ...]
    state_dir: str
    because: tuple[str, ...] = ()

    def queries(self) -> tuple[ReadService | ReadStamp, ...]:
        """Ask for the instance and its stamp."""
        return (
            ReadService(self.control.name, self.units, self.control.port),
            ReadStamp(self.control.name, self.state_dir),
        )

    def diff(self, facts: Answers) -> Change | None:
        """Return its end; raises `DeclarationError` where there is no way to stop it."""
        running, stamped = self.queries()
        service: ServiceFact = facts[running]
        stamp: StampFact = facts[stamped]
        # what listens there without our unit is somebody else's
        there = service.unit is not None if self.units else service.running
        if not there and stamp == type(stamp)():
            return None
        if there and not self.units and self.control.stop is None:
            raise DeclarationError(
                f"{self.target}: {self.control.name} runs, and there is no way to stop it: it has "
                "no systemd unit, and the inventory names no command. Set ec2_api_stop."
            )
        control = replace(self.control, unit=self.units[0] if self.units else None)
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.BOUNCE,
            summary=f"stop {control.name}",
            reasons=self.because,
            steps=(EndService(control),),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()
