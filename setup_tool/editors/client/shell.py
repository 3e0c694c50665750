"""POSIX shell as rc files use it: quoting, and reading assignments without running them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from setup_tool.editors.ini import FileProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_PARAMETER = re.compile(
    r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-=]([^\"'`$\\{}]*))?\})"
)
_PLAIN = re.compile(r"[^\s\"'\\$`;&|()<>]+")
_PLAIN_IN_QUOTES = re.compile(r"[^\"\\$`]+")
_SEPARATORS = "\n;&|()"
_RESERVED = frozenset({"then", "else", "elif", "do", "if", "while", "until", "{", "!", "command"})
_EXPORTING = frozenset({"export", "declare", "typeset", "readonly", "local"})


def quoted(value: str) -> str:
    """Return the value in single quotes, so that a POSIX shell takes it as it stands."""
    return "'" + value.replace("'", "'\\''") + "'"


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that only running the script would tell: at which line, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a command; ``name`` where it has the form ``NAME=value``."""

    name: str | None
    value: str | Computed


def assignments(script: str, name: str) -> Mapping[str, str | Computed]:
    """Return the variables that the script leaves behind, as far as its text tells.

    Understood: ``NAME=value``, ``export``, ``unset``, every kind of quoting but
    ``$'...'``, and ``$NAME`` of variables set above or with a default. Every branch of
    an ``if`` counts as taken; other commands, and files read by ``source``, are passed
    over.

    Raises `FileProblemError`, with ``name`` as the file, for a quotation or
    substitution that does not end and for here-documents.
    """
    reader = _Reader(script, name)
    for command in reader.commands():
        _obey(command, reader.variables)
    return reader.variables


def _obey(words: list[_Word], variables: dict[str, str | Computed]) -> None:
    while words and words[0].name is None and words[0].value in _RESERVED:
        words = words[1:]
    if not words:
        return
    first = words[0]
    if all(word.name for word in words) or (first.name is None and first.value in _EXPORTING):
        variables.update({word.name: word.value for word in words if word.name})
    elif first.name is None and first.value == "unset":
        for word in words[1:]:
            if isinstance(word.value, str):
                variables.pop(word.value, None)


class _Reader:
    """One pass over a script; variables are expanded with what stands above."""

    def __init__(self, script: str, name: str) -> None:
        self.variables: dict[str, str | Computed] = {}
        self._script = script.replace("\\\r\n", "\\\n").replace("\r\n", "\n")
        self._name = name
        self._at = 0

    def commands(self) -> Iterator[list[_Word]]:
        words: list[_Word] = []
        while self._at < len(self._script):
            here = self._script[self._at]
            if here in _SEPARATORS:
                self._at += 1
                yield words
                words = []
            elif here in " \t<>":
                self._refuse_here_document()
                self._at += 1
            elif self._script.startswith("\\\n", self._at):
                self._at += 2
            elif here == "#":
                end = self._script.find("\n", self._at)
                self._at = len(self._script) if end < 0 else end
            else:
                words.append(self._word())
        yield words

    def _refuse_here_document(self) -> None:
        if self._script.startswith("<<", self._at):
            raise FileProblemError(
                self._name, self._line(), "here-documents are not understood. Take it out."
            )

    def _word(self) -> _Word:
        found = _ASSIGNMENT.match(self._script, self._at)
        if found:
            self._at = found.end()
        pieces: list[str | Computed] = []
        while self._at < len(self._script) and self._script[self._at] not in " \t<>" + _SEPARATORS:
            pieces.append(self._piece())
        return _Word(found[1] if found else None, _whole(pieces))

    def _piece(self) -> str | Computed:
        here = self._script[self._at]
        if here == "'":
            end = self._find("'", self._at + 1, "quotation")
            piece = self._script[self._at + 1 : end]
            self._at = end + 1
            return piece
        if here == '"':
            return self._double_quoted()
        if here == "\\":
            piece = self._script[self._at + 1 : self._at + 2]
            self._at += 2
            return "" if piece == "\n" else piece
        if here in "$`":
            return self._expansion()
        return self._plain(_PLAIN)

    def _plain(self, kind: re.Pattern[str]) -> str:
        found = kind.match(self._script, self._at)
        end = found.end() if found else self._at + 1
        piece = self._script[self._at : end]
        self._at = end
        return piece

    def _double_quoted(self) -> str | Computed:
        opened = self._at
        self._at += 1
        pieces: list[str | Computed] = []
        while (here := self._script[self._at : self._at + 1]) != '"':
            if not here:
                self._at = opened
                self._refuse("quotation")
            if here == "\\":
                pieces.append(self._escaped_in_quotes())
            elif here in "$`":
                pieces.append(self._expansion())
            else:
                pieces.append(self._plain(_PLAIN_IN_QUOTES))
        self._at += 1
        return _whole(pieces)

    def _escaped_in_quotes(self) -> str:
        piece = self._script[self._at : self._at + 2]
        self._at += 2
        if piece == "\\\n":
            return ""
        return piece[1:] if piece[1:] in '$`"\\' else piece

    def _expansion(self) -> str | Computed:
        found = _PARAMETER.match(self._script, self._at)
        if found:
            return self._parameter(found)
        line, following = self._line(), self._script[self._at + 1 : self._at + 2]
        why = "the shell computes it"
        if self._script[self._at] == "`":
            why = "a command prints it"
            self._at = self._find("`", self._at + 1, "command substitution") + 1
        elif following == "(":
            why = "a command prints it"
            self._skip_nested("(", ")")
        elif following == "{":
            self._skip_nested("{", "}")
        elif following == "'":
            self._at = self._find("'", self._at + 2, "quotation") + 1
        elif following.isalnum() or (following and following in "@*#?$!-"):
            self._at += 2
        else:
            self._at += 1
            return "$"
        return Computed(line, why)

    def _parameter(self, found: re.Match[str]) -> str | Computed:
        variable, default = found[1] or found[2], found[3]
        unknown = Computed(self._line(), f"it takes {variable} from the environment")
        self._at = found.end()
        return self.variables.get(variable, unknown if default is None else default)

    def _skip_nested(self, opening: str, closing: str) -> None:
        started = self._at
        self._at += 2
        depth = 1
        while depth:
            here = self._script[self._at : self._at + 1]
            if not here:
                self._at = started
                self._refuse("substitution")
            if here in "'\"\\":
                self._piece()
                continue
            depth += (here == opening) - (here == closing)
            self._at += 1

    def _find(self, wanted: str, start: int, what: str) -> int:
        found = self._script.find(wanted, start)
        if found < 0:
            self._refuse(what)
        return found

    def _refuse(self, what: str) -> NoReturn:
        raise FileProblemError(
            self._name, self._line(), f"the {what} that begins here does not end. Correct it."
        )

    def _line(self) -> int:
        return self._script.count("\n", 0, self._at) + 1


def _whole(pieces: list[str | Computed]) -> str | Computed:
    for piece in pieces:
        if isinstance(piece, Computed):
            return piece
    return "".join(piece for piece in pieces if isinstance(piece, str))
