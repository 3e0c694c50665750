"""What an edit changes, for people to read, with every secret hidden."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import TYPE_CHECKING

from setup_tool.editors.ini_scan import split_lines
from setup_tool.editors.mask import Masker

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from setup_tool.core.content import Content
    from setup_tool.core.secret import Secret

_CONTEXT = 2
_NO_FILE = "(no file)"


class DiffKind(Enum):
    """What a line of a difference is; the value is what stands before it."""

    OLD_FILE = "--- "
    NEW_FILE = "+++ "
    HUNK = "@@ "
    SAME = " "
    REMOVED = "-"
    ADDED = "+"
    NOTE = "\\ "


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a difference as it may be shown; ``str()`` is its unified form."""

    kind: DiffKind
    text: str

    def __str__(self) -> str:
        return self.kind.value + self.text


def masked_diff(
    before: str | None,
    after: str | None,
    *,
    secrets: Collection[Secret] = (),
    name: str,
    context: int = _CONTEXT,
) -> tuple[DiffLine, ...]:
    """Return the difference of two texts, empty when they are the same.

    None: there is no file before, or after. ``context`` is the number of unchanged lines
    shown around a change. Secrets are hidden as `Masker` says; where hiding makes an
    old and a new line look the same, the new one ends in ``(changed)``. A hunk's head
    tells the line in the new text and the section.
    """
    if before == after:
        return ()
    old, new = split_lines(before or ""), split_lines(after or "")
    return (
        DiffLine(DiffKind.OLD_FILE, _NO_FILE if before is None else name),
        DiffLine(DiffKind.NEW_FILE, _NO_FILE if after is None else name),
        *_Difference(old, new, secrets).lines(context),
    )


def masked_content_diff(
    before: Content | None, after: Content | None, *, name: str
) -> tuple[str, ...]:
    """Return the lines of two files' difference; what is no UTF-8 is shown as U+FFFD."""
    texts = (
        None if content is None else content.reveal().decode("utf-8", "replace")
        for content in (before, after)
    )
    return tuple(map(str, masked_diff(*texts, name=name)))


class _Difference:
    def __init__(self, old: Sequence[str], new: Sequence[str], secrets: Collection[Secret]) -> None:
        self._old, self._new = old, new
        self._old_masker, self._new_masker = Masker(old, secrets), Masker(new, secrets)

    def lines(self, context: int) -> Iterator[DiffLine]:
        matcher = SequenceMatcher(None, self._old, self._new)
        for group in matcher.get_grouped_opcodes(context):
            yield DiffLine(DiffKind.HUNK, self._head(group[0][3]))
            for tag, start, end, new_start, new_end in group:
                if tag == "equal":
                    for at in range(new_start, new_end):
                        yield from self._line(DiffKind.SAME, self._new_masker, self._new, at)
                else:
                    yield from self._change(range(start, end), range(new_start, new_end))

    def _change(self, gone: range, come: range) -> Iterator[DiffLine]:
        hidden: dict[str, set[str]] = {}
        for at in gone:
            for line in self._line(DiffKind.REMOVED, self._old_masker, self._old, at):
                hidden.setdefault(line.text, set()).add(_bare(self._old[at]))
                yield line
        for at in come:
            for line in self._line(DiffKind.ADDED, self._new_masker, self._new, at):
                same = hidden.get(line.text)
                if line.kind is DiffKind.ADDED and same and _bare(self._new[at]) not in same:
                    yield DiffLine(line.kind, f"{line.text} (changed)")
                else:
                    yield line

    def _line(
        self, kind: DiffKind, masker: Masker, lines: Sequence[str], at: int
    ) -> Iterator[DiffLine]:
        yield DiffLine(kind, masker.shown(at))
        if _bare(lines[at]) == lines[at]:
            yield DiffLine(DiffKind.NOTE, "No newline at end of file")

    def _head(self, start: int) -> str:
        sections = (
            at
            for at in range(min(start, len(self._new) - 1), -1, -1)
            if self._new[at].startswith("[")
        )
        at = next(sections, None)
        section = "" if at is None else f" {self._new_masker.shown(at)}"
        return f"line {start + 1}{section}"


def _bare(line: str) -> str:
    return line.rstrip("\r\n")
