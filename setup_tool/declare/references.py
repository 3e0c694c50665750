"""``{{ name }}`` in a variable's value: references to other variables of the same host.

Only plain references are followed. Ansible's whole template language (filters, lookups,
conditions) needs a running Ansible, and ``ansible-inventory`` does not evaluate it either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from setup_tool.declare.located import Entry, Listing, Scalar, Table, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}")
_TEMPLATE = ("{{", "{%", "{#")


@dataclass(frozen=True, slots=True)
class Scope:
    """The variables that hold for one host, by name, lowest precedence first.

    ``own`` are those Ansible itself sets: ``inventory_hostname``, ``inventory_dir``.
    """

    host: str
    layers: tuple[Mapping[str, Entry], ...]
    own: Mapping[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Entry | None:
        """Return the entry that holds, as it is written; None when there is none."""
        for layer in reversed(self.layers):
            entry = layer.get(name)
            if entry is not None:
                return entry
        return None

    def resolve(self, name: str) -> Entry | None:
        """Return the entry with its references replaced.

        Raises `DeclarationError` for a variable given twice in one place, and at the place
        of a reference that cannot be followed; it names variables, never their values.
        """
        entry = self.find(name)
        if entry is None:
            return None
        if entry.repeated is not None:
            raise entry.origin.error(
                f"{name} stands here a second time; the first is at line {entry.repeated.line}. "
                "Take one out."
            )
        return replace(entry, value=self._value(name, entry.value, (name,)))

    def _value(self, name: str, value: Value, under_way: tuple[str, ...]) -> Value:
        if isinstance(value, Table):
            entries = {
                key: replace(entry, value=self._value(f"{name}.{key}", entry.value, under_way))
                for key, entry in value.entries.items()
            }
            return replace(value, entries=entries)
        if isinstance(value, Listing):
            items = tuple(self._value(name, item, under_way) for item in value.items)
            return replace(value, items=items)
        if value.kind != "str" or not any(mark in value.text for mark in _TEMPLATE):
            return value
        return self._scalar(name, value, under_way)

    def _scalar(self, name: str, value: Scalar, under_way: tuple[str, ...]) -> Value:
        whole = _REFERENCE.fullmatch(value.text.strip())
        if whole:
            return self._referred(whole[1], name, value, under_way)
        parts = _REFERENCE.split(value.text)
        if any(mark in part for part in parts[::2] for mark in _TEMPLATE):
            raise value.origin.error(
                f"{name} of {self.host} is a Jinja2 expression. Only plain references such as "
                "`{{ other_variable }}` are followed here: write the value itself."
            )
        for index in range(1, len(parts), 2):
            found = self._referred(parts[index], name, value, under_way)
            if not isinstance(found, Scalar):
                raise value.origin.error(
                    f"{name} of {self.host} puts {parts[index]}, which is no single value, "
                    "into a text."
                )
            if found.kind == "vault":
                return found
            parts[index] = found.text
        return Scalar(value.origin, "".join(parts))

    def _referred(self, wanted: str, name: str, value: Scalar, under_way: tuple[str, ...]) -> Value:
        if wanted in under_way:
            raise value.origin.error(
                f"{name} of {self.host} refers to itself through {', '.join(under_way)}."
            )
        if wanted in self.own:
            return Scalar(value.origin, self.own[wanted])
        entry = self.find(wanted)
        if entry is None:
            raise value.origin.error(
                f"{name} of {self.host} refers to the variable {wanted}, which the inventory "
                "does not set for this host. Set it there, or write the value itself."
            )
        return self._value(wanted, entry.value, (*under_way, wanted))
