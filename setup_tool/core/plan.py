"""Changes in stages: the difference between what is and what is declared, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from setup_tool.core.identity import IdentityStep
from setup_tool.core.transaction import NodeStep

IDENTITY = "identity"
"""The name of the identity service as a target; no node may bear it."""

Step = NodeStep | IdentityStep


class Stage(IntEnum):
    """The order in which targets are changed."""

    BEFOREHAND = 0
    ACCOUNTS = 1
    CONTROLLERS = 2
    PROXIES = 3
    CATALOGUE = 4


class Action(Enum):
    """What a change does; the value is the glyph it is shown with."""

    CREATE = "+"
    UPDATE = "~"
    DELETE = "-"
    BOUNCE = "!"
    SETTLE = "*"


@dataclass(frozen=True, slots=True)
class Answering:
    """A URL that must answer before a change may be made, as a published endpoint's must.

    ``api`` is ``s3`` or ``ec2``: an unsigned GET is answered as that API answers it.
    """

    url: str
    api: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference on one target, what removes it, and how it is shown.

    ``summary`` is one line, ``diff`` lines of text, both masked. ``reasons`` are
    full sentences. ``instead`` are lines, masked too, of what to put where else, for what
    another system would undo.
    """

    target: str
    stage: Stage
    action: Action
    summary: str
    steps: tuple[Step, ...]
    reasons: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    requires: Answering | None = None
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something an operator should know that nothing will be done about."""

    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, by stage, then target, then in the order they are made."""

    changes: tuple[Change, ...]
    notes: tuple[Note, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs: the targets are as declared."""
        return not self.changes

    def targets(self, stage: Stage) -> tuple[str, ...]:
        """Return the targets that a stage changes, in the plan's order."""
        return tuple(dict.fromkeys(c.target for c in self.changes if c.stage is stage))

    def of(self, stage: Stage, target: str) -> tuple[Change, ...]:
        """Return the changes that a stage makes to one target."""
        return tuple(c for c in self.changes if c.stage is stage and c.target == target)
