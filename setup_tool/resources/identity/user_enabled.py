"""A user that is there already, enabled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import EnableUser, FindUser, Presence, UserRef
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class UserEnabled:
    """A user whose login is in use is enabled. It is never created here."""

    user: UserRef
    stage: Stage = Stage.ACCOUNTS
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[FindUser, ...]:
        """Ask whether the user exists and is enabled."""
        return (FindUser(self.user),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the enabling of a disabled user. Raises `DeclarationError` for a missing one."""
        presence = facts[FindUser(self.user)]
        if presence is Presence.ABSENT:
            raise DeclarationError(missing_user(self.user))
        if presence is Presence.ENABLED:
            return None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.UPDATE,
            summary=f"enable user {self.user}",
            steps=(EnableUser(self.user),),
            reasons=(f"A service logs in as {self.user}, which is disabled.",),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()


def missing_user(user: UserRef) -> str:
    """Return the sentence for a user that must exist and does not."""
    return (
        f"Keystone has no user {user.name} in domain {user.domain}, yet a service is to log in "
        "as it. Create it with the password that stands in that service's file, or name "
        "another login in the inventory."
    )
