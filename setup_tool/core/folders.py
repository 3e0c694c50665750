"""Folders of a node: the question, the answer, the steps."""

from __future__ import annotations

from dataclasses import dataclass

MARKER = ".setup-tool"
"""The file in a folder that a run made, which says that it may be removed with all in it."""


@dataclass(frozen=True, slots=True)
class ReadFolder:
    """Whether a folder is there and whose it is; answered by `FolderFact`."""

    path: str


@dataclass(frozen=True, slots=True)
class FolderFact:
    """A folder. ``other``: something else has its name. ``ours``: `MARKER` is in it.

    ``names`` are some of what lies in it, hidden files too; empty where nothing does.
    """

    exists: bool
    other: bool = False
    ours: bool = False
    mode: int = 0
    owner: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make a folder, with those above it; one that is there stays as it is.

    ``owner`` is ``USER:GROUP``, None for whoever runs it. ``marked``: `MARKER` is put in.
    """

    path: str
    mode: int
    owner: str | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True)
class RemoveFolder:
    """Remove a folder: with all in it where `MARKER` is there, else only if it is empty."""

    path: str
