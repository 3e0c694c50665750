"""The pipeline of a proxy-server.conf: read, put in order, written back in its own shape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations
from typing import TYPE_CHECKING

from setup_tool.editors.ini_scan import FileProblemError
from setup_tool.editors.pipeline_order import (
    OF_S3API,
    OF_SWIFT3_1_7,
    OF_SWIFT3_1_8,
    OF_SWIFT3_1_12,
    ORDERS,
    Auth,
    Order,
    PipelineProblem,
    Placement,
    Role,
    known_filters,
    place,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from setup_tool.editors.ini import IniFile, Option

__all__ = [
    "OF_S3API",
    "OF_SWIFT3_1_7",
    "OF_SWIFT3_1_8",
    "OF_SWIFT3_1_12",
    "ORDERS",
    "Auth",
    "Order",
    "PipelineProblem",
    "PlacedFile",
    "Placement",
    "Role",
    "main_pipeline",
    "names_of",
    "place",
    "place_s3",
    "roles",
    "with_filters",
]

SECTION = "pipeline:main"
_OTHER_MAINS = ("app", "application", "composite", "composit", "filter-app")

_FACTORIES = tuple(
    (re.compile(pattern), role)
    for pattern, role in (
        (r"egg:swift#s3api|swift\.common\.middleware\.s3api\.s3api:.*", Role.S3API),
        (r"egg:swift3?#s3token|egg:keystone\w+#s3_token|.*\.s3_?token:.*", Role.S3TOKEN),
        (r"egg:swift3#.*|swift3\..*", Role.SWIFT3),
        (r"egg:keystone\w+#auth_token|.*\.auth_token:.*", Role.AUTHTOKEN),
        (r"egg:swift#keystoneauth|.*\.(keystoneauth|swift_auth):.*", Role.KEYSTONEAUTH),
        (r"egg:swift#tempauth|swift\.common\.middleware\.tempauth:.*", Role.TEMPAUTH),
        (r"egg:swift#slo|swift\.common\.middleware\.slo:.*", Role.SLO),
        (r"egg:swift#proxy|swift\.proxy\.server:.*", Role.PROXY),
    )
)


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A proxy's file with its S3 filters in place; ``notes`` are sentences for the operator."""

    ini: IniFile
    auth: Auth
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter's name where it is written: line within the option, first and last column."""

    name: str
    line: int
    start: int
    end: int


def place_s3(ini: IniFile, order: Order) -> PlacedFile:
    """Put the S3 filter, and s3token where Keystone is asked, at their place in the pipeline.

    Filters that would not be found by their names are renamed, with their sections.

    Raises:
        FileProblemError: the pipeline cannot be understood or served; says where and why.
    """
    option = main_pipeline(ini)
    placement = place(option.value.split(), roles(ini), order)
    if isinstance(placement, PipelineProblem):
        raise FileProblemError(ini.name, _line_of(ini, option, placement.filter), placement.reason)
    for old, new in placement.renamed:
        ini = _renamed(ini, old, new, order)
    placed = with_filters(ini, placement.filters, placement.movable)
    return PlacedFile(placed, placement.auth, placement.notes)


def names_of(ini: IniFile) -> dict[Role, str]:
    """Return what the filters of the main pipeline are called that are known."""
    known = known_filters(main_pipeline(ini).value.split(), roles(ini))
    return {role: name for name, role in known.items()}


def main_pipeline(ini: IniFile) -> Option:
    """Return the option that says the pipeline; its value split at blanks is the filters.

    Raises:
        FileProblemError: there is none, or the main app is made in another way.
    """
    line = ini.header_line(SECTION)
    for prefix in _OTHER_MAINS:
        other = ini.header_line(f"{prefix}:main")
        if other is not None:
            raise FileProblemError(
                ini.name,
                other,
                f"the proxy's main app is made by [{prefix}:main]. Only a [{SECTION}] is "
                "understood.",
            )
    if line is None:
        raise FileProblemError(
            ini.name, 0, f"there is no [{SECTION}], so this is no proxy-server.conf."
        )
    options = ini.values(SECTION, "pipeline")
    if not options:
        raise FileProblemError(
            ini.name, line, f"[{SECTION}] has no option `pipeline` that names its filters."
        )
    return options[-1]


def roles(ini: IniFile) -> dict[str, Role]:
    """Return what the filters and apps do whose sections say it, by name.

    A section tells by its ``use`` (an egg, or another section, which is followed) or its
    ``paste.filter_factory``.
    """
    found = {}
    for section in ini.sections():
        kind, colon, name = section.partition(":")
        role = _role(ini, section) if colon and kind in {"filter", "app"} else None
        if role is not None:
            found[name] = role
    return found


def with_filters(ini: IniFile, filters: Sequence[str], movable: Sequence[str]) -> IniFile:
    """Return the file with this main pipeline, in the shape it is written in.

    Only what is movable may come, go or move: on a line of its own where the others
    have one, else behind the filter it follows. Comments and indentation stay.

    Raises:
        FileProblemError: the pipeline refers to other options, so it cannot be edited.
        ValueError: another filter would have to move.
    """
    option = main_pipeline(ini)
    now = option.value.split()
    if now == list(filters):
        return ini
    lines = _editable_lines(ini, option)
    for name in _moved(now, filters, movable):
        if name in now:
            lines = _without(lines, now.index(name))
            now.remove(name)
    for at, name in enumerate(filters):
        if at >= len(now) or now[at] != name:
            lines = _with(lines, at, name)
            now.insert(at, name)
    return ini.with_option_lines(option, lines)


def _editable_lines(ini: IniFile, option: Option) -> list[str]:
    lines = list(ini.option_lines(option))
    if option.unresolved or "%(" in "".join(lines):
        raise FileProblemError(
            ini.name,
            option.lines[0],
            "the pipeline is put together from other options by %(...)s. Write it out in full.",
        )
    return lines


def _renamed(ini: IniFile, old: str, new: str, order: Order) -> IniFile:
    """Return the file in which a filter has another name, in the pipeline and in its header."""
    option = main_pipeline(ini)
    if ini.header_line(f"filter:{new}") is not None:
        raise FileProblemError(
            ini.name,
            _line_of(ini, option, old),
            f"the filter {old} is {new} under another name, and {order.s3.value} finds it by the "
            f"name {new} only. It cannot be renamed, since there is another section "
            f"[filter:{new}]. Put that right, and rename it in the pipeline and in its section.",
        )
    lines = _editable_lines(ini, option)
    for found in [each for each in _filters(lines) if each.name == old]:
        line = lines[found.line]
        lines[found.line] = line[: found.start] + new + line[found.end :]
    return ini.with_option_lines(option, lines).rename_section(f"filter:{old}", f"filter:{new}")


def _role(ini: IniFile, section: str) -> Role | None:
    seen = set()
    kind = section.partition(":")[0]
    while section not in seen:
        seen.add(section)
        option = ini.get(section, "use") or ini.get(section, f"paste.{kind}_factory")
        if option is None:
            return None
        role = _role_of_factory(option.value)
        if role is not None:
            return role
        section = f"{kind}:{option.value}"
    return None


@lru_cache(maxsize=1024)
def _role_of_factory(factory: str) -> Role | None:
    """Return what is made by a factory; the files of many nodes name the same few."""
    return next((role for pattern, role in _FACTORIES if pattern.fullmatch(factory)), None)


def _moved(now: Sequence[str], then: Sequence[str], movable: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest movable filters without which both pipelines are the same."""
    backwards = movable[::-1]
    for moved in chain.from_iterable(
        combinations(backwards, count) for count in range(len(backwards) + 1)
    ):
        if [name for name in now if name not in moved] == [
            name for name in then if name not in moved
        ]:
            return moved
    raise ValueError(f"only {' and '.join(movable)} can be placed")


def _line_of(ini: IniFile, option: Option, name: str | None) -> int:
    found = (each for each in _filters(ini.option_lines(option)) if each.name == name)
    first = next(found, None)
    return option.lines[0] + (first.line if first else 0)


def _filters(lines: Sequence[str]) -> Iterator[_Filter]:
    for number, line in enumerate(lines):
        if number and line.lstrip().startswith(("#", ";")):
            continue
        start = 0 if number else min(at for at in (line.find("="), line.find(":")) if at >= 0) + 1
        for word in re.compile(r"\S+").finditer(line, start):
            yield _Filter(word[0], number, word.start(), word.end())


def _without(lines: Sequence[str], index: int) -> list[str]:
    """Return the option's lines without one filter; a line left with none goes too."""
    found = list(_filters(lines))
    gone = found[index]
    line = lines[gone.line]
    alone = sum(other.line == gone.line for other in found) == 1
    if alone and gone.line:
        return [*lines[: gone.line], *lines[gone.line + 1 :]]
    before, after = line[: gone.start], line[gone.end :]
    if index and found[index - 1].line == gone.line:
        before = before.rstrip()
    elif not alone:
        after = after.lstrip()
    return [*lines[: gone.line], before + after, *lines[gone.line + 1 :]]


def _with(lines: Sequence[str], index: int, name: str) -> list[str]:
    """Return the option's lines with a filter before the one that is number ``index``."""
    found = list(_filters(lines))
    indent = _indent_of_a_stack(lines, found)
    if index:
        above = found[index - 1]
        line = lines[above.line]
        if indent is None:
            new = [f"{line[: above.end]} {name}{line[above.end :]}"]
        else:
            new = [line, indent + name + _end(line)]
        return [*lines[: above.line], *new, *lines[above.line + 1 :]]
    below = found[0]
    line = lines[below.line]
    if indent is None:
        new = [f"{line[: below.start]}{name} {line[below.start :]}"]
    elif below.line:
        new = [indent + name + _end(line), line]
    else:
        new = [line[: below.start] + name + line[below.end :], indent + below.name + _end(line)]
    return [*lines[: below.line], *new, *lines[below.line + 1 :]]


def _indent_of_a_stack(lines: Sequence[str], found: Sequence[_Filter]) -> str | None:
    """Return how filters are indented that have a line each; None: they share lines."""
    if len({each.line for each in found}) < len(found):
        return None
    return next((lines[each.line][: each.start] for each in found if each.line), None)


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
