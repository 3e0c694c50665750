"""Values read from YAML or JSON that know where they stand.

Everything is kept as it was written: a version ``2.30`` stays ``2.30``, and a value that
nobody asks for is never refused, whatever its tag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import yaml

VAULT_HEADER = "$ANSIBLE_VAULT;"
_STANDARD_TAG = "tag:yaml.org,2002:"
_VAULT_TAGS = ("!vault", "!vault-encrypted")
_OPEN: Any = object()


class NeedsAnsibleError(DeclarationError):
    """The text is Ansible's, but only Ansible itself can read it (vault, plugins)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a source; lines count from 1, None where the source has none."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"

    def error(self, sentence: str) -> DeclarationError:
        """Return a refusal that names this place."""
        return DeclarationError(f"{self}: {sentence}")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, as it is written.

    ``kind`` is ``str``, ``int``, ``float``, ``bool``, ``null``, ``vault`` (encrypted),
    ``unsafe`` (a text never taken for a template) or the tag of something else.
    ``text`` may be secret, so it is left out of the representation.
    """

    origin: Origin
    text: str = field(repr=False)
    kind: str = "str"


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence of values."""

    origin: Origin
    items: tuple[Value, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value under its name; ``repeated`` is an earlier place of the same name, if any."""

    origin: Origin
    value: Value
    repeated: Origin | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; of a name given twice the later value holds, as in Ansible."""

    origin: Origin
    entries: Mapping[str, Entry] = field(repr=False)


Value = Scalar | Listing | Table


def is_null(value: Value) -> bool:
    """Tell whether nothing is said: an empty value, ``null`` or ``~``."""
    return isinstance(value, Scalar) and value.kind == "null"


def parse_yaml(text: str, source: str) -> Value | None:
    """Return what a YAML text (or JSON, which is one) says, None when it says nothing.

    Raises `NeedsAnsibleError` for a text encrypted as a whole, else `DeclarationError`
    with file and line. No message quotes the text: it may be a password.
    """
    import yaml

    if text.startswith(VAULT_HEADER):
        raise NeedsAnsibleError(f"{source}: This file is encrypted with Ansible's vault.")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node: Any = yaml.compose(text, Loader=loader)
        return None if node is None else _Reader(source).value(node)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, source) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Origin(source, line).error(
            "A control character stands here, which YAML does not allow. Remove it."
        ) from None
    except RecursionError:
        raise Origin(source).error("The YAML is nested too deep to be read.") from None


def from_json(value: Any, origin: Origin) -> Value:
    """Return what ``ansible-inventory`` printed as a value; the whole has one origin."""
    if isinstance(value, dict):
        if "__ansible_vault" in value:
            return Scalar(origin, "", "vault")
        if "__ansible_unsafe" in value:
            return Scalar(origin, str(value["__ansible_unsafe"]), "unsafe")
        entries = {str(k): Entry(origin, from_json(v, origin)) for k, v in value.items()}
        return Table(origin, entries)
    if isinstance(value, list):
        return Listing(origin, tuple(from_json(item, origin) for item in value))
    if value is None or isinstance(value, bool):
        kind = "null" if value is None else "bool"
        return Scalar(origin, {None: "", True: "true", False: "false"}[value], kind)
    return Scalar(origin, str(value), type(value).__name__)


class _Reader:
    """Turns one document's nodes into values; aliases are read once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._seen: dict[int, Value] = {}

    def value(self, node: Any) -> Value:
        origin = Origin(self._source, node.start_mark.line + 1)
        if node.id == "scalar":
            return Scalar(origin, node.value, _kind(node.tag))
        known = self._seen.get(id(node))
        if known is _OPEN:
            raise origin.error("The value of an anchor holds the anchor itself.")
        if known is None:
            self._seen[id(node)] = _OPEN
            known = self._collection(node, origin)
            self._seen[id(node)] = known
        return known

    def _collection(self, node: Any, origin: Origin) -> Value:
        if node.id == "sequence":
            return Listing(origin, tuple(self.value(item) for item in node.value))
        entries: dict[str, Entry] = {}
        merged: list[Value] = []
        for key, item in node.value:
            place = Origin(self._source, key.start_mark.line + 1)
            if key.tag == _STANDARD_TAG + "merge":
                merged.append(self.value(item))
            elif key.id == "scalar":
                earlier = entries.get(key.value)
                entries[key.value] = Entry(
                    place, self.value(item), earlier.origin if earlier else None
                )
        for name, entry in _merged_entries(merged):
            entries.setdefault(name, entry)
        return Table(origin, entries)


def _merged_entries(merged: list[Value]) -> Iterable[tuple[str, Entry]]:
    """Yield what ``<<`` brings in; of several mappings the first that has a name wins."""
    for value in merged:
        tables = value.items if isinstance(value, Listing) else (value,)
        for table in tables:
            if not isinstance(table, Table):
                raise value.origin.error("`<<` wants a mapping to merge, or a list of them.")
            yield from table.entries.items()


def _kind(tag: str) -> str:
    if tag in _VAULT_TAGS:
        return "vault"
    if tag == "!unsafe":
        return "unsafe"
    return tag.removeprefix(_STANDARD_TAG)


_QUOTED = re.compile(r"""'[^']*'|["][^"]*["]""")
_TELLING = re.compile(r"""['"](<[a-z ]+>|[^\w\s])['"]""")


def _unquoted(problem: str) -> str:
    """Return PyYAML's message without what it quotes, but for punctuation and its own terms."""
    kept = _QUOTED.sub(lambda quote: quote[0] if _TELLING.fullmatch(quote[0]) else "", problem)
    return " ".join(kept.split()).rstrip(",: ")


def _syntax_error(error: yaml.MarkedYAMLError, text: str, source: str) -> DeclarationError:
    """Say where the YAML breaks, without the quoted parts of PyYAML's message."""
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    lines = text.splitlines()
    broken = lines[line - 1] if line is not None and line <= len(lines) else ""
    if "\t" in broken[: len(broken) - len(broken.lstrip())]:
        reason = "a tab stands in the indentation, and YAML wants spaces"
    else:
        reason = _unquoted(error.problem or "it cannot be parsed")
    return Origin(source, line).error(f"This is not valid YAML: {reason}.")
