r"""How a value is written in a file and how the service reads it back.

oslo.config takes one pair of quotes off the first line and substitutes ``$name`` and
``${name}``; ``$$`` and ``\$`` stand for a dollar sign (``oslo_config.cfg.ConfigOpts.
_substitute``). Swift's PasteDeploy substitutes ``%(name)s``, and reads ``%%`` as a
percent sign only where the value has a ``%(`` somewhere (see `Dialect.PASTE`).
An inline ``#`` or ``;`` belongs to the value in both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.editors.ini_scan import Dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_QUOTES = "\"'"
_OSLO_NAME = r"[_a-z][\._a-z0-9]*"
_OSLO_DOLLAR = re.compile(
    rf"\$(?:(?P<dollar>\$)|(?P<name>{_OSLO_NAME})|{{(?P<braced>{_OSLO_NAME})}})", re.IGNORECASE
)
_DOLLAR = re.compile(r"(\\?)\$")
_PASTE_NAME = re.compile(r"%\(([^)]+)\)s")
_PASTE_DEPTH = 10
_UNWRITABLE = re.compile(r"[\r\n\0]")


class UnresolvedError(Exception):
    """A value is put together from options that the file alone does not tell."""


def written(value: str, dialect: Dialect) -> str:
    """Return the text that the service reads as the value.

    Raises:
        ValueError: the value has several lines, a NUL, or blanks at an end that the
            service would strip. The message does not quote it.
    """
    if _UNWRITABLE.search(value):
        raise ValueError("a value of several lines, or with a NUL in it, cannot be written")
    if value != value.strip():
        raise ValueError("a value with blanks at its beginning or end cannot be written")
    if dialect is Dialect.PASTE:
        return value.replace("%", "%%") if "%(" in value else value
    # After a backslash the other escape is needed: "\$$" is read as "$$$".
    text = _DOLLAR.sub(lambda found: "\\\\$" if found[1] else "$$", value)
    return f'"{text}"' if text and text[0] == text[-1] and text[0] in _QUOTES else text


def read_oslo(parts: Sequence[str]) -> str:
    """Return what oslo.config makes of an option's value lines.

    Raises:
        UnresolvedError: it refers to other options.
    """
    text = oslo_text(parts).replace("\\$", "$$")

    def dollar(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        raise UnresolvedError

    return _OSLO_DOLLAR.sub(dollar, text)


def oslo_text(parts: Sequence[str]) -> str:
    """Return an option's value lines as one text, without the quotes of the first."""
    first = parts[0]
    if first and first[0] == first[-1] and first[0] in _QUOTES:
        first = first[1:-1]
    return "\n".join((first, *parts[1:]))


def read_paste(parts: Sequence[str], lookup: Callable[[str], str | None]) -> str:
    """Return what Swift's PasteDeploy makes of an option's value lines.

    ``lookup`` gives the text, as written, of the option a ``%(name)s`` refers to.

    Raises:
        UnresolvedError: it refers to something unknown (``here``), to itself, or is
            malformed.
    """
    text = paste_text(parts)
    return _interpolated(text, lookup, 1) if "%(" in text else text


def paste_text(parts: Sequence[str]) -> str:
    """Return an option's value lines as one text."""
    return "\n".join(parts).rstrip()


def _interpolated(text: str, lookup: Callable[[str], str | None], depth: int) -> str:
    if depth > _PASTE_DEPTH:
        raise UnresolvedError
    result = []
    at = 0
    while (percent := text.find("%", at)) >= 0:
        result.append(text[at:percent])
        if text.startswith("%%", percent):
            result.append("%")
            at = percent + 2
            continue
        reference = _PASTE_NAME.match(text, percent)
        found = lookup(reference[1]) if reference else None
        if reference is None or found is None:
            raise UnresolvedError
        result.append(_interpolated(found, lookup, depth + 1))
        at = reference.end()
    result.append(text[at:])
    return "".join(result)
