"""Which lines of a client file are headers and options, as its client sees them."""

from __future__ import annotations

import configparser
import re
import shlex
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from setup_tool.editors.ini import FileProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_S3CMD_HEADER = re.compile(r"\[([^\]]+)\]")
_S3CMD_OPTION = re.compile(r"\s*(\w+)\s*=\s*")
_PYTHON_HEADER = re.compile(r"\[(.+)\]")
_OPTION = re.compile(r"\s*([^=:]*?)\s*[=:][ \t]*")
_AWS_NESTED = re.compile(r"\s*([^=]*?)\s*=[ \t]*")


class Grammar(Enum):
    """Whose rules a file is read by."""

    AWS = "aws"
    """botocore (`botocore.configloader`): Python's strict RawConfigParser, and blocks."""

    S3CMD = "s3cmd"
    """s3cmd 2 (`S3.Config.ConfigParser`): one option a line, sections are not told apart."""

    PYTHON = "python"
    """boto 2 and euca2ools: Python's ConfigParser, where a section or an option may recur."""

    RCLONE = "rclone"
    """rclone (goconfig): one option a line; sections recur; names in the case they have."""


@dataclass(frozen=True, slots=True)
class Header:
    """A section header and its line, from 0."""

    section: str
    line: int
    indent: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or one in the block below an option; lines from 0.

    ``block`` is the name of the option whose block it is in. ``column`` is where the
    value begins in line ``first``; ``last`` is the last line that belongs to it.
    """

    section: str
    block: str | None
    key: str
    value: str = field(repr=False)
    first: int
    last: int
    column: int
    indent: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The headers and options of a file, in order."""

    headers: tuple[Header, ...]
    options: tuple[Option, ...]


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines with their ends, LF or CRLF."""
    return tuple(_LINE.findall(text))


def scan(lines: Sequence[str], grammar: Grammar, name: str) -> Scan:
    """Find headers and options; ``name`` is what messages call the file.

    Raises `FileProblemError` for what the client would refuse, and for a text without
    a single line that s3cmd knows.
    """
    return _SCANNERS[grammar](lines, name)


def _scan_s3cmd(lines: Sequence[str], name: str) -> Scan:
    headers: list[Header] = []
    options: list[Option] = []
    unknown: list[int] = []
    for at, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if _S3CMD_HEADER.match(line):
            headers.append(Header("", at, ""))
            continue
        found = _S3CMD_OPTION.match(line)
        if not found:
            unknown.append(at)
            continue
        value = line[found.end() :].rstrip("\r\n")
        bare = value.rstrip()
        if len(bare) > 1 and bare[0] == bare[-1] == '"':
            value = value[1:-1]
        options.append(Option("", None, found[1], value, at, at, found.end(), _indent(line)))
    if unknown and not headers and not options:
        raise FileProblemError(
            name, unknown[0] + 1, "this is no file of s3cmd: no line has `option = value`."
        )
    return Scan(tuple(headers), tuple(options))


def _scan_aws(lines: Sequence[str], name: str) -> Scan:
    return _scan_python(lines, name, strict=True, blocks=True)


def _scan_python(
    lines: Sequence[str], name: str, *, strict: bool = False, blocks: bool = False
) -> Scan:
    problem = _python_problem("".join(lines), strict=strict)
    if problem:
        raise FileProblemError(name, *problem)
    headers: list[Header] = []
    options: list[Option] = []
    head: int | None = None  # where in `options` the one is that an indented line continues
    level = 0
    for at, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        indent = _indent(line)
        if head is not None and len(indent) > level:
            option = options[head] = replace(options[head], last=at)
            if blocks and not option.value:
                options.append(_aws_option(name, at, line, _AWS_NESTED, option))
            continue
        level = len(indent)
        header = _PYTHON_HEADER.match(stripped)
        if header:
            section = _aws_section(header[1]) if blocks else header[1]
            headers.append(Header(section, at, indent))
            head = None
        else:
            head = len(options)
            options.append(_aws_option(name, at, line, _OPTION, headers[-1]))
    return Scan(tuple(headers), tuple(options))


def _scan_rclone(lines: Sequence[str], name: str) -> Scan:
    headers: list[Header] = []
    options: list[Option] = []
    section = "DEFAULT"
    for at, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("RCLONE_ENCRYPT_V0:"):
            raise FileProblemError(
                name,
                at + 1,
                "rclone has encrypted this file, so nothing can be added to it. Choose another"
                " directory, or take the password away with `rclone config encryption remove`.",
            )
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[" and stripped[-1] == "]":
            section = stripped[1:-1].strip()
            headers.append(Header(section, at, _indent(line)))
            continue
        found = _OPTION.match(line)
        if not found or not found[1]:
            raise FileProblemError(
                name, at + 1, "this is neither a [section] nor `option = value`. Correct it."
            )
        value = line[found.end() :].strip()
        options.append(Option(section, None, found[1], value, at, at, found.end(), _indent(line)))
    return Scan(tuple(headers), tuple(options))


def _aws_option(
    name: str, at: int, line: str, form: re.Pattern[str], below: Header | Option
) -> Option:
    """Return the option in a line: in a section, or in the block of another option."""
    block = below.key if isinstance(below, Option) else None
    found = form.match(line)
    if not found:
        raise FileProblemError(
            name, at + 1, f"a line in the block of {block} has no `=`. Correct it."
        )
    key = found[1] if block else found[1].lower()
    value = line[found.end() :].strip()
    return Option(below.section, block, key, value, at, at, found.end(), _indent(line))


def _python_problem(content: str, *, strict: bool) -> tuple[int, str] | None:
    """Return the line, from 1, and the reason why Python would refuse the file."""
    try:
        configparser.RawConfigParser(strict=strict).read_string(content)
    except configparser.DuplicateSectionError as error:
        return error.lineno or 0, f"the section [{error.section}] is there twice. Join the two."
    except configparser.DuplicateOptionError as error:
        return error.lineno or 0, f"{error.option} is there twice in [{error.section}]. Keep one."
    except configparser.MissingSectionHeaderError as error:
        return error.lineno, "there is an option before the first [section]. Put one above it."
    except configparser.ParsingError as error:
        return error.errors[0][0], "this is neither a [section] nor `option = value`. Correct it."
    return None


def _aws_section(header: str) -> str:
    """Return a section's name with its quoting undone: ``[profile "a"]`` is ``profile a``."""
    try:
        return " ".join(shlex.split(header))
    except ValueError:
        return header


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


_SCANNERS: Mapping[Grammar, Callable[[Sequence[str], str], Scan]] = {
    Grammar.AWS: _scan_aws,
    Grammar.S3CMD: _scan_s3cmd,
    Grammar.PYTHON: _scan_python,
    Grammar.RCLONE: _scan_rclone,
}
