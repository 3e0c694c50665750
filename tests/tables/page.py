"""Pages of docs/ whose tables tests write: what was seen to work, section by section.

A section is written by the run whose tests all passed, from the tests that did.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Cell = tuple[str, ...]
"""What one test says of a table."""

ROOT = Path(__file__).parents[2]
PASSED = "passed"


class Section(Protocol):
    """A table with its heading, and what was run."""

    @property
    def title(self) -> str:
        """The heading."""

    @property
    def cells(self) -> set[Cell]:
        """What has to be seen before the table may be written."""

    def written(self, passed: Collection[Cell]) -> str:
        """Return the section. Raises KeyError for what did not pass."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: what stands above its sections, and below them under a heading of its own."""

    path: Path
    head: str
    tail: str = ""

    def write(self, sections: Sequence[Section], passed: Collection[Cell]) -> bool:
        """Write sections into the page; tell whether it says something else than before."""
        before = self.path.read_text() if self.path.exists() else ""
        after = self.assembled(
            self.parts(before) | {each.title: each.written(passed) for each in sections}
        )
        if after != before:
            self.path.write_text(after)
        return after != before

    def parts(self, text: str) -> dict[str, str]:
        """Return the sections of a page by their titles."""
        found = [f"## {part}" for part in text.split("\n## ")[1:]]
        titled = {_title(part): part.rstrip() + "\n" for part in found}
        titled.pop(_title(self.tail), None)
        return titled

    def assembled(self, sections: dict[str, str]) -> str:
        """Return the page with these sections."""
        ordered = (sections[title] for title in sorted(sections))
        return "\n".join([self.head, *ordered, *([self.tail] if self.tail else [])])


class Notes:
    """The numbered reasons below a table."""

    def __init__(self) -> None:
        self._notes: list[str] = []

    def refer(self, note: str) -> str:
        """Return what a cell says in place of `PASSED`."""
        if note not in self._notes:
            self._notes.append(note)
        return f"no ({self._notes.index(note) + 1})"

    @property
    def lines(self) -> list[str]:
        return [f"{number}. {note}" for number, note in enumerate(self._notes, start=1)]


def row(words: Sequence[str]) -> str:
    """Return a table's row."""
    return "|" + "".join(f" {word} |" if word else " |" for word in words)


def rule(columns: int) -> str:
    """Return what stands between a table's head and its rows."""
    return "|" + "---|" * columns


def _title(part: str) -> str:
    return part.partition("\n")[0].removeprefix("## ")
