"""Roles: YAML that says what a group of targets must look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Stage
from setup_tool.core.secret import Secret
from setup_tool.declare.located import Listing, Scalar, Table, parse_yaml
from setup_tool.declare.located import Value as Located

Value = str | bool | int | Secret | tuple[str, ...] | None
Values = Mapping[str, Value]

EACH = ("node", "login", "api")
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
_STAGES = {stage.name.lower(): stage for stage in Stage}
_ROLE_KEYS = {"role", "title", "each", "stage", "resources"}


@dataclass(frozen=True, slots=True)
class Declaration:
    """One resource of a role, its values not yet filled in.

    ``each`` says what it is declared for: every ``node`` with the role, every
    ``login`` in use, or every ``api`` that is published. ``when`` refers to a truth value: where
    that is false, there is nothing to declare. ``origin`` is its file and line.
    """

    kind: str
    fields: Mapping[str, Any]
    each: str
    stage: Stage
    origin: str
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A role as its file declares it."""

    name: str
    title: str
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class AsItIs:
    """A text in which nothing is filled in."""

    text: str


def load_role(text: str, file: str, templates: Mapping[str, str] | None = None) -> Role:
    """Read a role file's text; ``file`` names it in errors.

    ``templates`` are the texts of ``templates/node`` by their names. What a resource calls its
    ``template`` becomes the ``text`` that is filled in, and what it calls its ``copy`` the ``text``
    as it is. Raises `DeclarationError` where it is no YAML or no role, or names no template.
    """
    whole = parse_yaml(text, file)
    if not isinstance(whole, Table):
        raise DeclarationError(f"{file}: a role is a mapping with 'role' and 'resources'.")
    unknown = sorted(set(whole.entries) - _ROLE_KEYS)
    if unknown:
        raise whole.entries[unknown[0]].origin.error(
            f"unknown key '{unknown[0]}'; allowed are {', '.join(sorted(_ROLE_KEYS))}."
        )
    _refuse_repeats(whole)
    raw = {name: entry.value for name, entry in whole.entries.items()}
    resources = raw.pop("resources", None)
    if "role" not in raw or not isinstance(resources, Listing) or not resources.items:
        raise whole.origin.error("a role is a mapping with 'role' and 'resources'.")
    head = {key: _word(key, value) for key, value in raw.items()}
    declarations = tuple(_declaration(entry, head, templates or {}) for entry in resources.items)
    return Role(head["role"], head.get("title", head["role"]), declarations)


def _declaration(
    value: Located, head: Mapping[str, str], templates: Mapping[str, str]
) -> Declaration:
    if not isinstance(value, Table):
        raise value.origin.error("a resource is a mapping of its kind to what it declares.")
    entry = _plain(value)
    each = entry.pop("each", head.get("each"))
    stage = entry.pop("stage", head.get("stage"))
    when = entry.pop("when", None)
    if when is not None and not (isinstance(when, str) and _REFERENCE.fullmatch(when)):
        raise value.origin.error("'when' must be a reference to a truth value, such as ${name}.")
    if each not in EACH:
        raise value.origin.error(f"'each' must be one of {', '.join(EACH)}.")
    if not isinstance(stage, str) or stage not in _STAGES:
        raise value.origin.error(f"'stage' must be one of {', '.join(_STAGES)}.")
    if len(entry) != 1:
        raise value.origin.error("a resource has exactly one kind.")
    ((kind, fields),) = entry.items()
    if not isinstance(fields, dict):
        raise value.origin.error(f"what '{kind}' declares must be a mapping.")
    origin = str(value.origin)
    return Declaration(
        kind, _with_text(fields, templates, origin), each, _STAGES[stage], origin, when
    )


def _with_text(fields: dict[str, Any], templates: Mapping[str, str], origin: str) -> dict[str, Any]:
    """Return the fields with the text of the template that they name, if they name one."""
    for key in ("template", "copy"):
        if key not in fields:
            continue
        name = fields[key]
        if name not in templates:
            raise DeclarationError(f"{origin}: there is no template templates/node/{name}.")
        text = templates[name]
        kept = {other: value for other, value in fields.items() if other != key}
        return {**kept, "text": AsItIs(text) if key == "copy" else text}
    return fields


def _refuse_repeats(table: Table) -> None:
    for entry in table.entries.values():
        if entry.repeated:
            raise entry.origin.error(f"this key stands already at {entry.repeated}.")


def _word(name: str, value: Located) -> str:
    if not isinstance(value, Scalar) or value.kind != "str" or not value.text:
        raise value.origin.error(f"'{name}' must be a text.")
    return value.text


def _plain(value: Located) -> Any:
    """Return what is declared as Python's own values; nothing said is None, as YAML has it."""
    if isinstance(value, Listing):
        return [_plain(item) for item in value.items]
    if isinstance(value, Table):
        _refuse_repeats(value)
        return {name: _plain(entry.value) for name, entry in value.entries.items()}
    match value.kind:
        case "null":
            return None
        case "bool":
            return value.text.lower() in {"true", "yes", "on"}
        case "int" if _NUMBER.fullmatch(value.text):
            return int(value.text)
        case "str":
            return value.text
    raise value.origin.error(
        "this is no text, number or truth value to YAML. Put quotation marks around it."
    )


def refers(value: Any) -> bool:
    """Tell whether a declared value has a ``${name}`` anywhere in it."""
    if isinstance(value, dict):
        return any(refers(key) or refers(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(refers, value))
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def fill(value: Any, values: Values, origin: str) -> Any:
    """Return a declared value with every ``${name}`` replaced.

    A reference that stands alone gives the value itself - a secret, a truth, a
    number, None - and one within a text needs a text. A None drops the list item or
    mapping entry it stands in. Raises `DeclarationError` for an unknown name.
    """
    if isinstance(value, dict):
        filled = ((fill(k, values, origin), fill(v, values, origin)) for k, v in value.items())
        return {key: item for key, item in filled if key is not None and item is not None}
    if isinstance(value, list):
        return [item for item in (fill(v, values, origin) for v in value) if item is not None]
    if not isinstance(value, str):
        return value
    alone = _REFERENCE.fullmatch(value)
    if alone:
        return _look_up(alone.group(1), values, origin)

    def part(match: re.Match[str]) -> str:
        found = _look_up(match.group(1), values, origin)
        if not isinstance(found, str | int) or isinstance(found, bool):
            raise DeclarationError(f"{origin}: ${{{match.group(1)}}} cannot stand within a text.")
        return str(found)

    return _REFERENCE.sub(part, value)


def _look_up(name: str, values: Values, origin: str) -> Value:
    try:
        return values[name]
    except KeyError:
        raise DeclarationError(
            f"{origin}: no value is called '{name}'; there are {', '.join(sorted(values))}."
        ) from None
