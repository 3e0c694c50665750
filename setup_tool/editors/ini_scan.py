"""Which lines of a configuration file are headers and options, as the services see it.

Two readers are followed, each refusing here what it refuses itself:

* oslo.config (``oslo_config.iniparser``): only ``#`` and ``;`` in the first column
  begin a comment, an indented line continues the option right above it, repeated
  sections are merged, repeated options add up.
* PasteDeploy, that is Python 3's ``ConfigParser`` in its strict mode: comments may be
  indented and may stand inside a value, blank lines do not end a value, deeper
  indented lines continue it, a repeated section or option is an error.

Both split lines at LF, CRLF and CR, so files with Windows line ends are read well, and
both trip over a byte order mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NoReturn

from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT = "DEFAULT"
"""The section both readers treat apart: oslo's options without a group, Paste's globals."""

SET = "set "
"""PasteDeploy: ``set key = value`` overrules the value that ``[DEFAULT]`` gives to ``key``."""

GET = "get "
"""PasteDeploy: ``get key = other`` takes the value of the global option ``other``."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_PASTE_HEADER = re.compile(r"\[(.+)\]")


class Dialect(Enum):
    """Whose rules a file is read by."""

    OSLO = "oslo"
    """oslo.config: nova.conf, keystone.conf."""

    PASTE = "paste"
    """PasteDeploy as Swift uses it: proxy-server.conf.

    Swift replaces PasteDeploy's interpolation (``swift.common.wsgi.NamedConfigLoader``;
    measured on 2.30.1 and 2.38.3, and Python 2 behaved alike): a value without ``%(`` is
    taken as it stands, ``%%`` included. Bare PasteDeploy wants every ``%`` doubled.
    """


class FileProblemError(DeclarationError):
    """A configuration file that its own service refuses, or that we cannot edit safely.

    ``file`` is the name the file was read under, ``line`` counts from 1 and is 0 where
    the whole file is meant. The message never quotes a value.
    """

    def __init__(self, file: str, line: int, sentence: str) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}, line {line}: {sentence}" if line else f"{file}: {sentence}")


@dataclass(frozen=True, slots=True)
class Header:
    """A section header: the name as written, the one it is found by, its line from 0."""

    name: str
    section: str
    line: int
    indent: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One option as it stands, lines from 0; ``parts`` are its stripped value lines.

    ``last`` is the last line that says something of the value: blank lines and comments
    after it are nobody's.
    """

    section: str
    key: str
    first: int
    last: int
    indent: int
    parts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scan:
    """The headers and options of a file, in order.

    ``first`` are the first headers by section, ``last`` the last options by section and key:
    they are looked up hundreds of times a file.
    """

    headers: tuple[Header, ...]
    entries: tuple[Entry, ...]
    first: Mapping[str, Header] = field(init=False, repr=False, compare=False)
    last: Mapping[tuple[str, str], Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first = {header.section: header for header in reversed(self.headers)}
        last = {(entry.section, entry.key): entry for entry in self.entries}
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "last", last)


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines with their ends, split where the services' readers split them."""
    return tuple(_LINE.findall(text))


def section_key(section: str, dialect: Dialect) -> str:
    """Return the name by which a section is found.

    oslo.config compares group names in lower case, ``DEFAULT`` excepted; PasteDeploy
    ignores blanks after the prefix (``[filter: s3api]`` is the filter ``s3api``).
    """
    if dialect is Dialect.OSLO:
        return section if section == DEFAULT else section.lower()
    prefix, colon, name = section.partition(":")
    return prefix + colon + name.strip()


def option_key(key: str, dialect: Dialect) -> str:
    """Return the name by which an option is found: blanks after ``set`` do not count."""
    if dialect is Dialect.PASTE and key.startswith((SET, GET)):
        return key[: len(SET)] + key[len(SET) :].strip()
    return key


def scan(lines: Sequence[str], dialect: Dialect, name: str) -> Scan:
    """Find headers and options.

    Raises:
        FileProblemError: the service would refuse this file; says where and why.
    """
    scanner = _Scanner(name, dialect)
    if dialect is Dialect.OSLO:
        scanner.read_oslo(lines)
    else:
        scanner.read_paste(lines)
        scanner.refuse_repeats()
    return Scan(tuple(scanner.headers), tuple(scanner.entries))


class _Scanner:
    """One pass over the lines."""

    def __init__(self, name: str, dialect: Dialect) -> None:
        self.headers: list[Header] = []
        self.entries: list[Entry] = []
        self._name = name
        self._dialect = dialect
        self._key: str | None = None
        self._first = self._last = self._indent = 0
        self._parts: list[str] = []

    def read_oslo(self, lines: Sequence[str]) -> None:
        for number, whole in enumerate(lines):
            line = "" if whole[0] in "#;" else whole.rstrip()
            if not line:
                self._close()
            elif line[0] in " \t":
                self._continue(number, line.lstrip())
            elif line[0] == "[":
                if not line.endswith("]"):
                    self._refuse(number, "a section header must end with ']'.")
                if line == "[]":
                    self._refuse(number, "a section header has no name between its brackets.")
                self._open_section(number, line[1:-1], 0)
            else:
                self._open_option(number, line, 0)
        self._close()

    def read_paste(self, lines: Sequence[str]) -> None:
        for number, whole in enumerate(lines):
            line = whole.strip()
            if not line:
                self._parts.append("")
                continue
            if line[0] in "#;":
                continue
            indent = len(whole) - len(whole.lstrip())
            if self._key is not None and indent > self._indent:
                self._continue(number, line)
            elif header := _PASTE_HEADER.match(line):
                self._open_section(number, header[1], indent)
            else:
                self._open_option(number, line, indent)
        self._close()

    def refuse_repeats(self) -> None:
        sections: dict[str, int] = {}
        for header in self.headers:
            earlier = sections.setdefault(header.section, header.line)
            if earlier != header.line and header.section != DEFAULT:
                self._refuse(
                    header.line,
                    f"the section [{header.name}] is there already, at line {earlier + 1}. "
                    "Swift does not start on a repeated section: join the two.",
                )
        options: dict[tuple[str, str], int] = {}
        for entry in self.entries:
            earlier = options.setdefault((entry.section, entry.key), entry.first)
            if earlier != entry.first:
                self._refuse(
                    entry.first,
                    f"the option {entry.key} is in [{entry.section}] already, at line "
                    f"{earlier + 1}. Swift does not start on a repeated option: keep one.",
                )

    def _open_section(self, number: int, name: str, indent: int) -> None:
        self._close()
        self.headers.append(Header(name, section_key(name, self._dialect), number, indent))

    def _open_option(self, number: int, line: str, indent: int) -> None:
        self._close()
        cut = min((at for at in (line.find("="), line.find(":")) if at >= 0), default=-1)
        if cut < 0:
            self._refuse(
                number,
                "this is neither a section header nor a comment nor an option: it has no '='. "
                "Correct it, or put a # before it.",
            )
        if not self.headers:
            self._refuse(
                number,
                "there is an option before the first section header. Put a header, such as "
                "[DEFAULT], above it.",
            )
        key = line[:cut].strip()
        if not key:
            self._refuse(number, "there is no option name before the '=' or ':'.")
        self._key = option_key(key, self._dialect)
        self._first = self._last = number
        self._indent = indent
        self._parts = [line[cut + 1 :].strip()]

    def _continue(self, number: int, part: str) -> None:
        if self._key is None:
            self._refuse(
                number,
                "an indented line continues the option above it, but there is none. Remove the "
                "blanks before it, or the line.",
            )
        self._parts.append(part)
        self._last = number

    def _close(self) -> None:
        if self._key is not None:
            while len(self._parts) > 1 and not self._parts[-1]:
                self._parts.pop()
            self.entries.append(
                Entry(
                    self.headers[-1].section,
                    self._key,
                    self._first,
                    self._last,
                    self._indent,
                    tuple(self._parts),
                )
            )
        self._key = None
        self._parts = []

    def _refuse(self, number: int, sentence: str) -> NoReturn:
        raise FileProblemError(self._name, number + 1, sentence)
