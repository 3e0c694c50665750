"""A role that a user has on a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.identity import GrantRole, ProjectRef, ReadGrants, UserRef
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Grant:
    """A user has a role on a project, be it directly, through a group or implied.

    User, role and project may be missing yet: they have resources of their own, which come
    first. ``reasons`` say why the role is needed, in full sentences.
    """

    user: UserRef
    project: ProjectRef
    role: str
    reasons: tuple[str, ...] = ()
    stage: Stage = Stage.ACCOUNTS
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[ReadGrants, ...]:
        """Ask for the user's roles on the project."""
        return (ReadGrants(self.user, self.project),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the grant when the role is missing."""
        # Policies compare role names without regard to case (oslo.policy, RoleCheck).
        held = {name.lower() for name in facts[ReadGrants(self.user, self.project)]}
        if self.role.lower() in held:
            return None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE,
            summary=f"grant role {self.role} to user {self.user} on project {self.project}",
            steps=(GrantRole(self.user, self.project, self.role),),
            reasons=self.reasons,
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()
