"""A user of a node's system, for a service to run as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.accounts import MakeAccount, ReadAccount, RemoveAccount
from setup_tool.core.plan import Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.core.accounts import AccountFact
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class SystemAccount:
    """A system user that is there, or with ``present`` False is not, where we made it.

    ``comment`` is the mark by which that is told. One that was there before is used as it is.
    """

    target: str
    stage: Stage
    name: str
    home: str
    comment: str
    present: bool = True
    because: tuple[str, ...] = ()

    def queries(self) -> tuple[ReadAccount, ...]:
        """Ask for its entry."""
        return (ReadAccount(self.name),)

    def diff(self, facts: Answers) -> Change | None:
        """Return its making or its removal."""
        fact: AccountFact = facts[ReadAccount(self.name)]
        if self.present and not fact.exists:
            return self._change(
                Action.CREATE, "make", MakeAccount(self.name, self.home, self.comment)
            )
        if not self.present and fact.exists and fact.comment == self.comment:
            return self._change(Action.DELETE, "remove", RemoveAccount(self.name, self.comment))
        return None

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()

    def _change(self, action: Action, verb: str, step: MakeAccount | RemoveAccount) -> Change:
        return Change(
            target=self.target,
            stage=self.stage,
            action=action,
            summary=f"{verb} system user {self.name}",
            reasons=self.because,
            steps=(step,),
        )
