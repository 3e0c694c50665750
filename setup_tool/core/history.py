"""What a node's journal tells of the runs before: what they wrote, and what was there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.content import Content


@dataclass(frozen=True, slots=True)
class PastFile:
    """A file that a run was to write or remove, the ``index``th of that run.

    ``path`` is as it was declared, ``real`` the file itself after symlinks, None where
    the run ended before it looked. ``before``, ``after`` and ``now`` are digests, None
    for no file. ``written``: the run noted that it did it. ``kept``: a copy of what was
    there is on the node.
    """

    index: int
    path: str
    real: str | None
    before: str | None
    after: str | None
    now: str | None
    written: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class PastRun:
    """One transaction of the past.

    ``name`` is its folder's. ``command`` is what an operator ran, None where the folder
    does not say, and neither what was written where: an older version made it.
    ``ending`` is an `Ending`'s value, ``settled`` for a dead one that a later run
    closed, None for one without an end. ``at`` is when it ended, by the node's clock in
    seconds since the epoch; without an end, when it was last heard of. ``wrote``: it
    noted that a file was changed.
    """

    name: str
    command: str | None
    ending: str | None
    at: int
    files: tuple[PastFile, ...] = ()
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class HistoryFact:
    """The runs whose folders the node still has, in the order in which they ended."""

    runs: tuple[PastRun, ...] = ()


@dataclass(frozen=True, slots=True)
class BackupFact:
    """The copy of a file as a run found it, None where there is none.

    ``mode`` and ``owner`` (``UID:GID``) are the file's, not the copy's; 0 and empty
    where the run did not record them.
    """

    content: Content | None = None
    mode: int = 0
    owner: str = ""
