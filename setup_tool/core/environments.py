"""Python environments that are built on a node: the question, the answer, the steps."""

from __future__ import annotations

from dataclasses import dataclass

COMPLETE = "complete"
"""The file in an environment that was put there last: without it, it was cut short."""


@dataclass(frozen=True, slots=True)
class ReadEnvironments:
    """The environments below a folder whose names begin with a word; by `EnvironmentsFact`.

    ``wheels`` is a folder whose files are named as well.
    """

    folder: str
    prefix: str
    wheels: str | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentsFact:
    """What is there. ``python`` is the release of the node's python3 (``3.11``), None: it has none.

    ``complete`` and ``unfinished`` are names of folders; ``wheels`` names of files, None where
    there is no such folder or it may not be read.
    """

    python: str | None = None
    complete: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    wheels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class BuildEnvironment:
    """Build a Python environment from pinned packages, as wheels with known hashes.

    ``path`` is where it will stand; what was cut short there is thrown away. ``requirements``
    is a list as pip reads it, which must be whole: nothing else is fetched. ``system``: it sees
    the libraries of the node's packages as well. ``wheels`` is a folder that stands for the
    index, ``index`` the URL of one, None: pip's own.
    """

    path: str
    requirements: str
    system: bool
    wheels: str | None = None
    index: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveEnvironments:
    """Remove environments, complete or not, by their paths."""

    paths: tuple[str, ...]
