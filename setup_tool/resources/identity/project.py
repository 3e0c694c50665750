"""A project that is there and enabled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.identity import (
    CreateProject,
    EnableProject,
    FindProject,
    Presence,
    ProjectRef,
)
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Project:
    """A project exists and is enabled."""

    project: ProjectRef
    stage: Stage = Stage.ACCOUNTS
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[FindProject, ...]:
        """Ask whether it exists and is enabled."""
        return (FindProject(self.project),)

    def diff(self, facts: Answers) -> Change | None:
        """Return its creation when it is missing, its enabling when it is disabled."""
        presence = facts[FindProject(self.project)]
        if presence is Presence.ENABLED:
            return None
        absent = presence is Presence.ABSENT
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE if absent else Action.UPDATE,
            summary=f"{'create' if absent else 'enable'} project {self.project}",
            steps=(CreateProject(self.project) if absent else EnableProject(self.project),),
            reasons=() if absent else (f"Nobody can log in to the disabled {self.project}.",),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()
