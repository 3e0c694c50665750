"""A user that a service logs in as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.identity import (
    CreateUser,
    EnableUser,
    FindUser,
    Presence,
    SetPassword,
    UserRef,
)
from setup_tool.core.plan import IDENTITY, Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.core.secret import Secret
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """A user exists, is enabled, and has the password that its services have in their files.

    ``set_password``: an existing one is given that password; never without an operator's
    word. ``because`` is why it is there, where that is not that a service logs in as it;
    ``role`` is the only one that it is given, ``held_in`` where its password stands. With a
    ``description`` one that is made here is known for ours by it, and nobody else's is missed.
    """

    user: UserRef
    password: Secret
    set_password: bool = False
    because: str | None = None
    role: str = "service"
    held_in: str = "its service's file"
    description: str | None = None
    stage: Stage = Stage.ACCOUNTS
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[FindUser, ...]:
        """Ask whether the user exists and is enabled."""
        return (FindUser(self.user),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the making of a missing user, the enabling of a disabled one."""
        presence = facts[FindUser(self.user)]
        if presence is Presence.ABSENT:
            return Change(
                target=self.target,
                stage=self.stage,
                action=Action.CREATE,
                summary=f"create user {self.user} with the password in {self.held_in}",
                steps=(CreateUser(self.user, self.password, self.description),),
                reasons=(
                    f"{self._because}, which Keystone does not have.",
                    *(() if self.description else (self._as_before,)),
                ),
            )
        if presence is Presence.DISABLED:
            return self._update(EnableUser(self.user), "enable user", "which is disabled")
        if self.set_password:
            return self._update(
                SetPassword(self.user, self.password),
                "reset the password of user",
                "which has another password in Keystone than in the service's file",
            )
        return None

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()

    @property
    def _as_before(self) -> str:
        return f"It gets role {self.role} only: grant what else the lost one had."

    @property
    def _because(self) -> str:
        return self.because or f"A service logs in as {self.user}"

    def _update(self, step: EnableUser | SetPassword, doing: str, why: str) -> Change:
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.UPDATE,
            summary=f"{doing} {self.user}",
            steps=(step,),
            reasons=(f"{self._because}, {why}.",),
        )
