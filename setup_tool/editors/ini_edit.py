"""The edits of a configuration file, lines in and lines out: all other lines stay as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.editors.ini_place import find_place
from setup_tool.editors.ini_scan import Dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from setup_tool.editors.ini_scan import Entry, Scan

_FIRST_LINE = re.compile(
    r"(?P<name>\s*[^=:]*?)(?P<delimiter>\s*[=:]\s*)(?P<value>.*?)(?P<rest>\s*)"
)


def with_value(lines: Sequence[str], entry: Entry, text: str, dialect: Dialect) -> tuple[str, ...]:
    """Return the lines with another value for the option, on one line.

    The option's spacing stays, and so do blank lines and comments within the old value.
    """
    line = lines[entry.first]
    end = _end(line)
    found = _FIRST_LINE.fullmatch(line.removesuffix(end))
    if found is None:
        raise AssertionError(f"line {entry.first + 1} was taken for an option and is none")
    delimiter = found["delimiter"]
    if delimiter[0].isspace() and not delimiter[-1].isspace():
        delimiter += " "
    first = found["name"] + delimiter + text + found["rest"] + end
    dropped = value_lines(lines, entry, dialect) - {entry.first}
    kept = without_lines(lines, dropped)
    return (*kept[: entry.first], first, *kept[entry.first + 1 :])


def value_lines(lines: Sequence[str], entry: Entry, dialect: Dialect) -> set[int]:
    """Return the lines that say the option: no blank ones, none of Paste's comments within."""
    return {entry.first} | {
        at
        for at in range(entry.first + 1, entry.last + 1)
        if (line := lines[at].strip()) and not (dialect is Dialect.PASTE and line[0] in "#;")
    }


def without_lines(lines: Sequence[str], dropped: Collection[int]) -> tuple[str, ...]:
    """Return the lines but those."""
    return tuple(line for at, line in enumerate(lines) if at not in dropped)


def with_section(lines: Sequence[str], section: str, key: str, text: str) -> tuple[str, ...]:
    """Return the lines and a new section with one option, after one blank line."""
    end = line_end(lines)
    if lines:
        lines = (*lines[:-1], _ended(lines[-1], end))
        if lines[-1].strip():
            lines = (*lines, end)
    return (*lines, f"[{section}]{end}", f"{key} = {text}".rstrip() + end)


def with_option(
    lines: Sequence[str], scan: Scan, section: str, key: str, text: str
) -> tuple[str, ...]:
    """Return the lines with a new option in a section that is there."""
    place = find_place(lines, scan, section, key)
    above = lines[place.after]
    end = _end(above) or line_end(lines)
    return (
        *lines[: place.after],
        _ended(above, end),
        f"{place.indent}{key}{place.delimiter}{text}".rstrip() + end,
        *lines[place.after + 1 :],
    )


def line_end(lines: Sequence[str]) -> str:
    """Return how the file's lines end: as the first one does."""
    return (_end(lines[0]) or "\n") if lines else "\n"


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _ended(line: str, end: str) -> str:
    return line if _end(line) else line + end
