"""Where a new option goes in a section that is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.editors.ini_scan import SET, Entry, Header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from setup_tool.editors.ini_scan import Scan

# Deeper ones are examples in prose, as nova.conf has them.
_COMMENTED_HEADER = re.compile(r"\s*[#;]+ ?\[[^\]]+\]\s*")
_COMMENT = re.compile(r"\s*[#;]")


@dataclass(frozen=True, slots=True)
class Place:
    """The line, from 0, a new option goes below, and how it is to be written there."""

    after: int
    indent: str
    delimiter: str = " = "


def find_place(lines: Sequence[str], scan: Scan, section: str, key: str) -> Place:
    """Return the place for a new option in a section that has a header.

    Below the last comment that shows the option, ``#key = ...`` before ``# key = ...``,
    and spaced as there. Else at the end of the section's last block, not counting a
    comment that heads the next section, nor a section that is commented out.
    Never between the lines of another option's value.
    """
    sections = list(_extents(lines, scan, section))
    shown = None
    for start, end in sections:
        shown = _commented(lines, start, _commented_header(lines, start, end), key, shown)
    if shown is None:
        after = _after_value(scan, _block_end(lines, scan, *sections[-1]))
        return Place(after, _indent(lines, scan, section, after))
    after = _after_value(scan, shown[0])
    return Place(after, _indent(lines, scan, section, after), shown[1])


def _extents(lines: Sequence[str], scan: Scan, section: str) -> Iterator[tuple[int, int]]:
    """Yield each part of the section: its header's line and the line after its last."""
    ends = [header.line for header in scan.headers[1:]] + [len(lines)]
    for header, end in zip(scan.headers, ends, strict=True):
        if header.section == section:
            yield header.line, end


def _commented_header(lines: Sequence[str], start: int, end: int) -> int:
    """Return the line of the first section that is commented out, else the end."""
    return next((at for at in range(start + 1, end) if _COMMENTED_HEADER.fullmatch(lines[at])), end)


def _commented(
    lines: Sequence[str], start: int, end: int, key: str, best: tuple[int, str] | None
) -> tuple[int, str] | None:
    """Return the line and delimiter of the last comment that shows the option, tight ones first."""
    plain = re.escape(key.removeprefix(SET))
    pattern = re.compile(rf"\s*[#;]+(?P<gap>\s*)(?:set\s+)?{plain}(?P<space>\s*)=")
    loose = best
    tight = None
    for at in range(start + 1, end):
        if found := pattern.match(lines[at]):
            shown = (at, " = " if found["space"] else "=")
            if found["gap"]:
                loose = shown
            else:
                tight = shown
    return tight or loose


def _block_end(lines: Sequence[str], scan: Scan, start: int, end: int) -> int:
    cut = _commented_header(lines, start, end)
    floor = max((entry.last for entry in scan.entries if start < entry.first < cut), default=start)
    if cut < end:
        while cut - 1 > floor and _COMMENT.match(lines[cut - 1]):
            cut -= 1
    elif end < len(lines):
        cut = _without_heading(lines, floor, end)
    return next((at for at in range(cut - 1, floor, -1) if lines[at].strip()), floor)


def _without_heading(lines: Sequence[str], floor: int, end: int) -> int:
    """Return the end of the section without a comment block that leads into the next one."""
    at = end
    while at - 1 > floor and _COMMENT.match(lines[at - 1]):
        at -= 1
    return at if at - 1 > floor and not lines[at - 1].strip() else end


def _after_value(scan: Scan, at: int) -> int:
    """Return the line, or the last line of the option whose value it stands in."""
    return next((entry.last for entry in scan.entries if entry.first <= at < entry.last), at)


def _indent(lines: Sequence[str], scan: Scan, section: str, after: int) -> str:
    """Return the blanks that make a new line an option of its own.

    ConfigParser takes a line indented deeper than the option above it for more of that
    option's value: so no deeper than the option before, no less deep than what follows.
    """
    headers = [header for header in scan.headers if header.line <= after]
    before = [
        entry
        for entry in scan.entries
        if headers[-1].line < entry.first <= after and entry.section == section
    ]
    things: list[Header | Entry] = [*scan.headers, *scan.entries]
    below = min((thing for thing in things if _line(thing) > after), key=_line, default=None)
    model = before[-1] if before and not isinstance(below, Entry) else below
    return lines[_line(model)][: model.indent] if model is not None else ""


def _line(thing: Header | Entry) -> int:
    return thing.line if isinstance(thing, Header) else thing.first
