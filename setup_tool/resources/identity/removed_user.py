"""A user of Keystone that we made for a service that is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.identity import DeleteUser, IsOurUser, UserRef
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class RemovedUser:
    """A user is not there, unless somebody else made it: ``description`` tells those we made."""

    user: UserRef
    description: str
    because: str
    stage: Stage = Stage.CATALOGUE
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[IsOurUser, ...]:
        """Ask whether it is one of ours."""
        return (IsOurUser(self.user, self.description),)

    def diff(self, facts: Answers) -> Change | None:
        """Return its removal."""
        if not facts[IsOurUser(self.user, self.description)]:
            return None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.DELETE,
            summary=f"remove user {self.user}",
            steps=(DeleteUser(self.user, self.description),),
            reasons=(self.because,),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()
