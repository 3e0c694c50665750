"""Line-preserving editing of the INI files that S3 and EC2 programs read.

They are no dialects of oslo.config or PasteDeploy, so `setup_tool.editors.ini` does
not fit them: botocore nests options in indented blocks and compares names in lower
case, s3cmd takes all sections as one and passes over lines that it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret, joined, text
from setup_tool.editors.client.ini_scan import Grammar, Header, Option, scan, split_lines

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

    from setup_tool.core.secret import Text

__all__ = ["ClientIni", "Grammar", "check_readable", "merged", "merged_text", "parse"]

_BLOCK_INDENT = "    "


@dataclass(frozen=True, slots=True)
class ClientIni:
    """A client file as a value; made by `parse`."""

    name: str
    grammar: Grammar
    lines: tuple[str, ...] = field(repr=False)
    headers: tuple[Header, ...]
    options: tuple[Option, ...]

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(self.lines)

    def find(self, section: str, block: str | None, key: str) -> Option | None:
        """Return the option that counts, the last of its name; None when there is none."""
        for option in reversed(self.options):
            if (option.section, option.block, option.key) == (section, block, key):
                return option
        return None

    def get(self, section: str, key: str, *, block: str | None = None) -> str | None:
        """Return an option's value; None when it is absent or empty."""
        found = self.find(section, block, key)
        return found.value or None if found else None

    def has(self, section: str) -> bool:
        """Tell whether there is such a section."""
        return section in {header.section for header in self.headers} | {
            option.section for option in self.options
        }

    def set(self, section: str, block: str | None, key: str, value: str) -> ClientIni:
        """Return the file with that value; itself where it says so already.

        A new option goes below the last one of its section (or block), indented like it.
        The section must be there.
        """
        found = self.find(section, block, key)
        if found:
            return self if found.value == value else self._with_value(found, value)
        if block is None:
            after, indent = self._end_of(section)
            return self.with_lines_after(after, f"{indent}{key} = {value}")
        return self._set_in_block(section, block, f"{key} = {value}")

    def remove(self, section: str, key: str) -> ClientIni:
        """Return the file without an option that has a value; comments in it stay."""
        found = self.find(section, None, key)
        if found is None or (not found.value and found.first == found.last):
            return self
        dropped = {found.first, *self._value_lines(found)}
        return parse(
            "".join(line for at, line in enumerate(self.lines) if at not in dropped),
            self.grammar,
            name=self.name,
        )

    def section_text(self, section: str) -> str:
        """Return a section as it stands, from its header to its last option."""
        header = next(header for header in self.headers if header.section == section)
        return "".join(self.lines[header.line : self._end_of(section)[0] + 1])

    def with_text(self, addition: str) -> ClientIni:
        """Return the file with more text at its end, after a blank line."""
        end = self._line_end()
        before = self.text
        if before:
            before += "" if before.endswith("\n") else end
            before += end if self.lines[-1].strip() else ""
        return parse(before + addition.replace("\n", end), self.grammar, name=self.name)

    def _set_in_block(self, section: str, block: str, setting: str) -> ClientIni:
        head = self.find(section, None, block)
        if head is None:
            after, indent = self._end_of(section)
            return self.with_lines_after(
                after, f"{indent}{block} =", f"{indent}{_BLOCK_INDENT}{setting}"
            )
        place = (section, block)
        inner = [option for option in self.options if (option.section, option.block) == place]
        if not inner:
            emptied = self._with_value(head, "")
            return emptied.with_lines_after(head.first, f"{head.indent}{_BLOCK_INDENT}{setting}")
        return self.with_lines_after(inner[-1].last, inner[-1].indent + setting)

    def _end_of(self, section: str) -> tuple[int, str]:
        """Return the last line that says something in a section, and its options' indentation."""
        own = [option for option in self.options if option.section == section]
        if own:
            plain = [option for option in own if option.block is None]
            return max(option.last for option in own), plain[-1].indent
        header = [header for header in self.headers if header.section == section][-1]
        return header.line, header.indent

    def _value_lines(self, option: Option) -> Iterator[int]:
        """Yield the lines after the first that are part of an option's value."""
        for at in range(option.first + 1, option.last + 1):
            line = self.lines[at].strip()
            if line and line[0] not in "#;":
                yield at

    def _with_value(self, option: Option, value: str) -> ClientIni:
        line = self.lines[option.first]
        head = line[: option.column].rstrip("\r\n")
        if value and head[-1] in "=:" and head[-2:-1].isspace():
            head += " "
        dropped = set(self._value_lines(option))
        lines = [line for at, line in enumerate(self.lines) if at not in dropped]
        lines[option.first] = (head + value if value else head.rstrip()) + _end(line)
        return parse("".join(lines), self.grammar, name=self.name)

    def with_lines_after(self, at: int, *new: str) -> ClientIni:
        """Return the file with new lines below line ``at``."""
        lines = list(self.lines)
        end = self._line_end()
        if not _end(lines[at]):
            lines[at] += end
        lines[at + 1 : at + 1] = [line + end for line in new]
        return parse("".join(lines), self.grammar, name=self.name)

    def _line_end(self) -> str:
        return (_end(self.lines[0]) or "\n") if self.lines else "\n"


def parse(content: str, grammar: Grammar, *, name: str) -> ClientIni:
    """Read a file's text; raises as `ini_scan.scan` does."""
    lines = split_lines(content)
    found = scan(lines, grammar, name)
    return ClientIni(name, grammar, lines, found.headers, found.options)


def merged(
    before: ClientIni,
    declared: ClientIni,
    *,
    cleared: Collection[str] = (),
    kept: Collection[str] = (),
) -> ClientIni:
    """Return the file with the declared options, everything else byte for byte as it was.

    In the sections that are declared, options named in ``cleared`` go unless they are
    declared too: those that would stand in for the keys. Those named in ``kept`` are set
    only where they are not there yet.
    """
    result = before
    for section in dict.fromkeys(header.section for header in declared.headers):
        own = [option for option in declared.options if option.section == section]
        if not result.has(section):
            result = result.with_text(declared.section_text(section))
            continue
        for key in set(cleared) - {option.key for option in own}:
            result = result.remove(section, key)
        heads = {option.block for option in own}
        for option in own:
            if option.key in kept and result.get(section, option.key):
                continue
            if option.block is not None or option.key not in heads:
                result = result.set(section, option.block, option.key, option.value)
    return result


def merged_text(
    before: str,
    declared: Text,
    grammar: Grammar,
    *,
    name: str,
    cleared: Collection[str] = (),
    kept: Collection[str] = (),
) -> Text:
    """Return ``declared`` where there was nothing before, else `merged` of the two.

    A file that was there may hold other secrets: it comes back as one whole secret.
    """
    if not before.strip():
        return declared
    wanted = parse(joined(declared).reveal(), grammar, name=name)
    result = merged(parse(before, grammar, name=name), wanted, cleared=cleared, kept=kept)
    return text(Secret(result.text))


def check_readable(
    declared: Text, unreadable: re.Pattern[str], *, client: str, why: str, name: str
) -> None:
    """Raise `DeclarationError` for a declared line that its client would read otherwise.

    Such a line is matched as a whole by ``unreadable``, whose first group is the option;
    ``why`` completes "since it ...".
    """
    for line in joined(declared).reveal().splitlines():
        found = unreadable.fullmatch(line)
        if found:
            raise DeclarationError(
                f"{name}: {client} cannot read the value of {found[1]}, since it {why}. Issue"
                " other keys, or use another path."
            )


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
