"""A node's own accounts: the question, the answer, the steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """What the node's system knows of a user; answered by `AccountFact`."""

    name: str


@dataclass(frozen=True, slots=True)
class AccountFact:
    """A user of the node. ``comment`` is the text of its entry (GECOS), where we leave our mark.

    ``group`` is the number of its own group, empty where there is no such user.
    """

    exists: bool
    comment: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class MakeAccount:
    """Make a system user with a group of its own of the same name, that nobody can log in as.

    Nothing happens where there is one of this name. ``home`` is not made.
    """

    name: str
    home: str
    comment: str


@dataclass(frozen=True, slots=True)
class RemoveAccount:
    """Remove a user, and its group, whose entry still has this ``comment``."""

    name: str
    comment: str
