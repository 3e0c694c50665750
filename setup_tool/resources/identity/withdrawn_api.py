"""An API that the catalogue does not publish any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.identity import (
    CatalogueFact,
    ListCatalogue,
    WithdrawEndpoint,
    WithdrawService,
)
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.core.identity import IdentityStep
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class WithdrawnApi:
    """No endpoint of a type in a region has one of these URLs, and no service is left without any.

    Endpoints with other URLs are somebody else's and stay, and so does their service.
    """

    service_type: str
    region: str
    urls: frozenset[str]
    because: str
    stage: Stage = Stage.BEFOREHAND
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[ListCatalogue, ...]:
        """Ask for the catalogue."""
        return (ListCatalogue(),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the removal of what is published there."""
        catalogue: CatalogueFact = facts[ListCatalogue()]
        steps: list[IdentityStep] = []
        lines: list[str] = []
        for service in catalogue.services:
            if service.type != self.service_type:
                continue
            of_it = [one for one in catalogue.endpoints if one.service_id == service.id]
            ours = [one for one in of_it if one.region == self.region and one.url in self.urls]
            steps += [
                WithdrawEndpoint(service.type, service.name, one.interface, one.region, one.url)
                for one in ours
            ]
            lines += [f"- {one.interface} {one.url}" for one in ours]
            if len(ours) == len(of_it):
                steps.append(WithdrawService(service.type, service.name))
                lines.append(f"- service {service.name or service.id}")
        if not steps:
            return None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.DELETE,
            summary=f"withdraw {self.service_type} in region {self.region}",
            steps=tuple(steps),
            diff=tuple(lines),
            reasons=(self.because,),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()
