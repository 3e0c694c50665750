"""Line-preserving editing of nova.conf and proxy-server.conf.

An `IniFile` is a value: reading tells what the service will read, editing returns a new
one in which every other line is the same, byte for byte. Files hold passwords, so
neither ``repr`` nor any exception here shows what a file says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from setup_tool.core.content import Content
from setup_tool.core.secret import Secret
from setup_tool.editors.ini_edit import (
    value_lines,
    with_option,
    with_section,
    with_value,
    without_lines,
)
from setup_tool.editors.ini_scan import (
    DEFAULT,
    GET,
    SET,
    Dialect,
    Entry,
    FileProblemError,
    Scan,
    option_key,
    scan,
    section_key,
    split_lines,
)
from setup_tool.editors.ini_values import (
    UnresolvedError,
    oslo_text,
    paste_text,
    read_oslo,
    read_paste,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DEFAULT", "Dialect", "FileProblemError", "IniFile", "Option", "parse", "read"]

_OPTION_NAME = re.compile(r"[^\s\[#;=:](?:[^=:\r\n\0]*[^\s=:\0])?")
_SECTION_NAME = re.compile(r"[^\s\[\]\0](?:[^\[\]\r\n\0]*[^\s\[\]\0])?")


@dataclass(frozen=True, slots=True)
class Option:
    """An option as its service reads it.

    ``value`` is unescaped. ``unresolved``: it is put together from other options
    (``$my_ip``, ``%(here)s``) that the file alone does not tell, and ``value`` is the
    text as written. ``lines`` are the first and last line of the option, counted from 1.
    """

    section: str
    key: str
    value: str = field(repr=False)
    lines: tuple[int, int]
    unresolved: bool = False

    @property
    def secret(self) -> Secret:
        """The value as a secret."""
        return Secret(self.value)


@dataclass(frozen=True, slots=True)
class IniFile:
    """A configuration file; made by `parse` and `read`.

    Sections are named without brackets. oslo.config's are found in any case
    (``DEFAULT`` excepted), Paste's with or without blanks after the colon.
    """

    name: str
    dialect: Dialect
    _lines: tuple[str, ...] = field(repr=False)
    _scan: Scan = field(repr=False)

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(self._lines)

    @property
    def content(self) -> Content:
        """The whole file as the bytes to write, UTF-8."""
        return Content(self.text.encode())

    def sections(self) -> tuple[str, ...]:
        """Return the sections' names in order, repeated ones once."""
        return tuple(dict.fromkeys(header.section for header in self._scan.headers))

    def header_line(self, section: str) -> int | None:
        """Return the line, from 1, of the section's first header; None: no such section."""
        header = self._scan.first.get(section_key(section, self.dialect))
        return None if header is None else header.line + 1

    def options(self, section: str) -> tuple[Option, ...]:
        """Return what stands in the section itself, in order, repeated options each."""
        section = section_key(section, self.dialect)
        return tuple(self._read(entry) for entry in self._scan.entries if entry.section == section)

    def values(self, section: str, key: str) -> tuple[Option, ...]:
        """Return each place of a repeated (multi-valued) option in the section itself."""
        key = option_key(key, self.dialect)
        return tuple(option for option in self.options(section) if option.key == key)

    def get(self, section: str, key: str) -> Option | None:
        """Return what the service reads for the option; None: it uses its own default.

        oslo.config: the last one in all sections of that name. PasteDeploy, for what a
        filter or app is given (``paste.deploy.loadwsgi.ConfigLoader.get_context``): where
        ``[DEFAULT]`` has the option too, the section's own is not heard, only its ``set
        key`` is. A section that is not there has nothing.
        """
        there = section == DEFAULT or self.header_line(section) is not None
        entry = self._effective(section, key) if there else None
        return None if entry is None else self._read(entry)

    def elsewhere(self, section: str, key: str) -> tuple[Option, ...]:
        """Return the options of this name in other sections, perhaps under a wrong header."""
        section, key = section_key(section, self.dialect), option_key(key, self.dialect)
        return tuple(
            self._read(entry)
            for entry in self._scan.entries
            if entry.key == key and entry.section != section
        )

    def set(self, section: str, key: str, value: str | Secret) -> IniFile:
        """Return the file in which the service reads the value; itself if it does so already.

        Of a repeated option the last is changed, the one that counts. A new option goes
        below the comment that shows it (``#key = ...``), else to the end of its section;
        a new section to the end of the file. Where ``[DEFAULT]`` of a Paste file has the
        option too, ``set key`` is written, since the plain one would not be heard.

        Raises:
            ValueError: the value cannot be written (see `ini_values.written`), or the
                section or option has no possible name.
            FileProblemError: the option is a PasteDeploy ``get``.
        """
        if not (_SECTION_NAME.fullmatch(section) and _OPTION_NAME.fullmatch(key)):
            raise ValueError(f"[{section}] {key!r} cannot be the name of an option")
        plain = value.reveal() if isinstance(value, Secret) else value
        now = self.get(section, key)
        if now is not None and not now.unresolved and now.value == plain:
            return self
        text = written(plain, self.dialect)
        key = self._key_to_write(section, key)
        entry = self._last(section, key)
        if entry is not None:
            return self._with(with_value(self._lines, entry, text, self.dialect))
        if self.header_line(section) is None:
            return self._with(with_section(self._lines, section, key, text))
        section = section_key(section, self.dialect)
        return self._with(with_option(self._lines, self._scan, section, key, text))

    def remove(self, section: str, key: str) -> IniFile:
        """Return the file without the option in that section, its ``set key`` included.

        Comments stay, also those between the lines of its value.
        """
        section, key = section_key(section, self.dialect), option_key(key, self.dialect)
        keys = {key, SET + key} if self.dialect is Dialect.PASTE else {key}
        dropped = {
            line
            for entry in self._scan.entries
            if entry.section == section and entry.key in keys
            for line in value_lines(self._lines, entry, self.dialect)
        }
        return self._with(without_lines(self._lines, dropped)) if dropped else self

    def rename_section(self, old: str, new: str) -> IniFile:
        """Return the file in which a section's first header has another name.

        What refers to the section by its old name still does.
        """
        line = self.header_line(old)
        if line is None:
            return self
        at = line - 1
        before, _, after = self._lines[at].partition("]")
        renamed = f"{before[: before.index('[')]}[{new}]{after}"
        return self._with((*self._lines[:at], renamed, *self._lines[at + 1 :]))

    def option_lines(self, option: Option) -> tuple[str, ...]:
        """Return the lines of an option as they stand, ends included."""
        first, last = option.lines
        return self._lines[first - 1 : last]

    def with_option_lines(self, option: Option, lines: Sequence[str]) -> IniFile:
        """Return the file with other lines in the place of the option's, ends included."""
        first, last = option.lines
        return self._with((*self._lines[: first - 1], *lines, *self._lines[last:]))

    def _with(self, lines: tuple[str, ...]) -> IniFile:
        return replace(self, _lines=lines, _scan=scan(lines, self.dialect, self.name))

    def _last(self, section: str, key: str) -> Entry | None:
        place = section_key(section, self.dialect), option_key(key, self.dialect)
        return self._scan.last.get(place)

    def _effective(self, section: str, key: str) -> Entry | None:
        own = self._last(section, key)
        if self.dialect is Dialect.OSLO:
            return own
        overruling = self._last(section, SET + key) or self._last(DEFAULT, SET + key)
        common = self._last(DEFAULT, key)
        return self._last(section, GET + key) or (
            (overruling or common) if common else (own or overruling)
        )

    def _key_to_write(self, section: str, key: str) -> str:
        entry = self._effective(section, key)
        if entry is None:
            return key
        if entry.key.startswith(GET):
            raise FileProblemError(
                self.name,
                entry.first + 1,
                f"{key} is taken from another option by `get {key}`. Remove this line, so that a "
                "value can be given.",
            )
        return SET + key if entry.section == DEFAULT != section else entry.key

    def _read(self, entry: Entry) -> Option:
        lines = (entry.first + 1, entry.last + 1)
        oslo = self.dialect is Dialect.OSLO
        try:
            value = (
                read_oslo(entry.parts)
                if oslo
                else read_paste(entry.parts, partial(self._referred, entry.section))
            )
        except UnresolvedError:
            value = oslo_text(entry.parts) if oslo else paste_text(entry.parts)
            return Option(entry.section, entry.key, value, lines, unresolved=True)
        return Option(entry.section, entry.key, value, lines, entry.key.startswith(GET))

    def _referred(self, section: str, key: str) -> str | None:
        entry = self._last(section, key) or self._last(DEFAULT, key)
        return None if entry is None else paste_text(entry.parts)


def parse(text: str, dialect: Dialect, *, name: str) -> IniFile:
    """Read a file's text; ``name`` is what messages call it (host and path).

    Raises:
        FileProblemError: it is no text, or its service would refuse it.
    """
    if text.startswith("\ufeff"):
        raise FileProblemError(
            name,
            1,
            "the file begins with a byte order mark, which its service stumbles over. Save it as "
            "UTF-8 without one.",
        )
    before, nul, _ = text.partition("\0")
    if nul:
        raise FileProblemError(
            name, _line_after(before), "there is a NUL byte: this is not a text file."
        )
    lines = split_lines(text)
    return IniFile(name, dialect, lines, scan(lines, dialect, name))


def read(content: Content, dialect: Dialect, *, name: str) -> IniFile:
    """Read a file's bytes, which must be UTF-8; else as `parse`."""
    data = content.reveal()
    try:
        text = data.decode()
    except UnicodeDecodeError as problem:
        line = _line_after(data[: problem.start].decode())
        raise FileProblemError(
            name, line, "this is not UTF-8 text. Convert the file, for example with iconv."
        ) from None
    return parse(text, dialect, name=name)


def _line_after(text: str) -> int:
    """Return the line, from 1, of the character that follows the text."""
    return len(split_lines(text + "."))
