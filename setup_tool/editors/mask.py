"""Hiding the secrets of a configuration file, line by line.

Hidden is what the caller knows to be secret, wherever it stands, and what looks secret:
the values of options with telling names (also in comments, also on continuation lines)
and the passwords within URLs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from setup_tool.core.secret import MASK
from setup_tool.editors.ini_scan import Dialect, split_lines
from setup_tool.editors.ini_values import written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from setup_tool.core.secret import Secret

_ASSIGNMENT = re.compile(
    r"(?P<before>\s*(?:[#;][#;\s]*(?=(?:set\s+)?[^\s=:]+\s*[=:]))?(?P<key>[^\s#;=:][^=:]*?)\s*[=:]\s*)"
    r"(?P<value>.*)",
    re.DOTALL,
)
_SECRET_NAME = re.compile(
    r"(?:pass|pwd|secret|secrets|token|keys?)"
    # passwords under any longer name, but for what only speaks of them
    r"|.*(?:password|passwd|passphrase)(?!.*_(?:length|file|path|regex|size|days|count|algorithm)$).*"
    r"|.*[^a-z](?:pass|pwd|secrets?|token|keys?)"
    r"|.*(?:secret|auth|api|access|private)_?key"
    # Swift's encryption_root_secret_ID, and tempauth's user_ACCOUNT_USER = KEY GROUPS
    r"|.*_root_secret_.*"
    r"|user(?:64)?_(?!domain_)[^_\s]+_\S+",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = re.compile(
    r"(?P<name>(?:passw(?:or)?d|passphrase|secret|secret_?key|token|api_?key)"
    r"(?:\s*=\s*[\"']?|[\"']\s*:\s*[\"']?))"
    r"[^\s\"'&,;]+",
    re.IGNORECASE,
)
_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.\-]*://[^\s:/?#@]*:)\S+(?=@)", re.IGNORECASE)
_UNPRINTABLE = re.compile(
    r"[^\t\x20-\x7e\xa0-\U0010ffff]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
)


class Masker:
    """Shows the lines of one text with their secrets hidden."""

    def __init__(self, lines: Sequence[str], secrets: Collection[Secret]) -> None:
        self._lines = lines
        forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len)
        self._known = re.compile("|".join(map(re.escape, reversed(forms)))) if forms else None

    def shown(self, number: int) -> str:
        """Return the line, from 0, as it may be shown: without its end and its secrets.

        Characters that could steer a terminal are shown as U+FFFD.
        """
        line = self._lines[number].rstrip("\r\n")
        if line[:1].isspace() and line.strip() and self._continues_secret(number):
            return line[: _indent(line)] + MASK
        assignment = _secret_assignment(line)
        hidden = ""
        if assignment and assignment["value"].strip():
            line, hidden = assignment["before"], MASK
        masked = (self._known.sub(MASK, line) if self._known else line) + hidden
        masked = _URL.sub(rf"\g<before>{MASK}", masked)
        masked = _INLINE.sub(rf"\g<name>{MASK}", masked)
        return _UNPRINTABLE.sub("\ufffd", masked)

    def _continues_secret(self, number: int) -> bool:
        """Tell whether a secret option may go on in this indented line, for either reader."""
        indent = _indent(self._lines[number])
        for above in range(number - 1, -1, -1):
            line = self._lines[above]
            if not line.strip() or line.lstrip()[0] in "#;" or _indent(line) >= indent:
                continue
            indent = _indent(line)
            if _secret_assignment(line):
                return True
            if not indent:
                return False
        return False


def _secret_assignment(line: str) -> re.Match[str] | None:
    """Return a line's, or comment's, parts if it gives a value to an option that sounds secret."""
    found = _ASSIGNMENT.match(line)
    return found if found and _SECRET_NAME.fullmatch(found["key"].split()[-1]) else None


def _forms(secret: Secret) -> Iterator[str]:
    """Yield how a secret may be spelt in a file: plain, escaped, quoted for a URL, by lines."""
    for line in split_lines(secret.reveal()):
        whole = line.rstrip("\r\n")
        value = whole.strip()
        if value:
            yield from (whole, value)
            yield from (
                quote(value, safe="", errors="replace"),
                quote_plus(value, errors="replace"),
            )
        if value and "\0" not in value:
            yield from (written(value, dialect) for dialect in Dialect)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
