"""A role that Keystone knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.identity import CreateRole, FindRole
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Role:
    """A role exists. Bootstrapping Keystone 30 makes ``service``; 22 did not."""

    name: str
    stage: Stage = Stage.ACCOUNTS
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[FindRole, ...]:
        """Ask whether it exists."""
        return (FindRole(self.name),)

    def diff(self, facts: Answers) -> Change | None:
        """Return its creation when it is missing."""
        if facts[FindRole(self.name)]:
            return None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE,
            summary=f"create role {self.name}",
            steps=(CreateRole(self.name),),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()
