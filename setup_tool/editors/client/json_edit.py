"""Setting one member of a JSON text, everything else byte for byte as it was."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json.decoder import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING, Any

from setup_tool.editors.ini import FileProblemError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a member of an object stands: its name, and its value up to ``end``."""

    key: str
    start: int
    value: int
    end: int


def load(content: str, name: str) -> dict[str, Any]:
    """Return the object that a text is, empty for an empty text.

    Raises `FileProblemError` for anything else than one object without repeated names.
    """

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise FileProblemError(name, 1, "an object has two members of one name. Keep one.")
        return found

    if not content.strip():
        return {}
    try:
        document = json.loads(content, object_pairs_hook=checked)
    except JSONDecodeError as error:
        raise FileProblemError(name, error.lineno, "this is not JSON. Correct it.") from None
    if not isinstance(document, dict):
        raise FileProblemError(name, 1, "this is JSON, but no object. Move the file away.")
    return document


def with_member(content: str, path: Sequence[str], value: object, *, name: str) -> str:
    """Return the text with a value at a path of names, set or replaced.

    The objects on the way are made where they are missing. New members come last and are
    indented like their neighbours. Raises `FileProblemError` as `load` does, and where
    something on the way is no object.
    """
    load(content, name)
    return _set(content, _BLANK.match(content).end(), path, value, name)  # type: ignore[union-attr]


def _set(content: str, at: int, path: Sequence[str], value: object, name: str) -> str:
    """Set the path in the object that begins at ``at``."""
    if content[at] != "{":
        line = content.count("\n", 0, at) + 1
        raise FileProblemError(name, line, f"the place of {path[0]} is no object. Correct it.")
    members, close = _members(content, at)
    found = next((member for member in members if member.key == path[0]), None)
    if found and path[1:]:
        return _set(content, found.value, path[1:], value, name)
    unit = _unit(content)
    indent = _line_indent(content, members[-1].start if members else at)
    for key in reversed(path[1:]):
        value = {key: value}
    if found:
        if json.loads(content[found.value : found.end]) == value:
            return content
        own = _line_indent(content, found.start)
        return content[: found.value] + _written(value, unit, own) + content[found.end :]
    if not members:
        inner = indent + unit
        new = f"\n{inner}{json.dumps(path[0])}: {_written(value, unit, inner)}\n{indent}"
        return content[: at + 1] + new + content[close:]
    last = members[-1]
    own_line = "\n" in content[at : last.start]
    separator = f",\n{indent}" if own_line else ", "
    new = f"{separator}{json.dumps(path[0])}: {_written(value, unit if own_line else None, indent)}"
    return content[: last.end] + new + content[last.end :]


def _written(value: object, unit: str | None, indent: str) -> str:
    if unit is None:
        return json.dumps(value)
    return json.dumps(value, indent=unit).replace("\n", "\n" + indent)


def _unit(content: str) -> str:
    """Return what the text indents by: that of its first member, as mc's own tab."""
    found = re.search(r"\{\r?\n([ \t]+)\"", content)
    return found[1] if found else "\t"


def _line_indent(content: str, at: int) -> str:
    line = content[content.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _members(content: str, at: int) -> tuple[list[_Member], int]:
    """Return the members of the object at ``at``, and where its brace closes."""
    decoder = JSONDecoder()
    members: list[_Member] = []
    at = _skip(content, at + 1)
    while content[at] != "}":
        start = at
        key, at = decoder.raw_decode(content, at)
        value = _skip(content, _skip(content, at) + 1)
        _, at = decoder.raw_decode(content, value)
        members.append(_Member(key, start, value, at))
        at = _skip(content, at)
        if content[at] == ",":
            at = _skip(content, at + 1)
    return members, at


def _skip(content: str, at: int) -> int:
    found = _BLANK.match(content, at)
    return found.end() if found else at
