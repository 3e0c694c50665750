"""What stands where when a run has stopped in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How far a target came in one stage."""

    DONE = "done"
    RESTORED = "restored"
    """It failed and the node put its old files and service back."""
    FAILED = "failed"
    """It failed and stands as the error says."""
    STALE = "stale"
    """A file had changed since it was looked at; nothing was written."""
    LOCKED = "locked"
    """Another run holds the node; nothing was written."""
    UNKNOWN = "unknown"
    """The way to it broke while it was being changed; its run goes on by itself."""
    NOT_BEGUN = "not begun"


@dataclass(frozen=True, slots=True)
class Standing:
    """One target in one stage; ``stage`` is its name in lower case."""

    target: str
    stage: str
    state: State
