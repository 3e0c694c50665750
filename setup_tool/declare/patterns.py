"""``--limit``: Ansible's patterns for choosing hosts.

Names of hosts and groups, globs (``proxy*``), subscripts (``proxy[0]``, ``proxy[1:]``),
unions with ``,`` or ``:``, intersections with ``&`` and exclusions with ``!``, applied in
that order wherever they stand. Unlike Ansible, a name that nothing has is an error: an
exclusion with a slip of the pen would change the very node it was to spare.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.fields import suggestion
from setup_tool.declare.groups import ALL

if TYPE_CHECKING:
    from setup_tool.declare.inventory import Inventory, Node

_COLON_OUTSIDE_BRACKETS = re.compile(r":(?![^\[]*\])")
_SUBSCRIPT = re.compile(r"(.+)\[(?:(-?[0-9]+)|([0-9]+):([0-9]*))\]")
_GLOB = re.compile(r"[*?\[]")
_EVERYTHING = (ALL, "*")


def select(inventory: Inventory, pattern: str) -> tuple[Node, ...]:
    """Return the nodes a pattern chooses, in the inventory's order.

    Raises `DeclarationError` when a part of it names nothing, and when nothing is left.
    """
    parts = _split(inventory, pattern)
    chosen: set[str] = set()
    plain = [part for part in parts if part[0] not in "&!"]
    for part in plain or [ALL]:
        chosen |= set(_matching(inventory, part))
    for part in parts:
        if part.startswith("&"):
            chosen &= set(_matching(inventory, part[1:]))
    for part in parts:
        if part.startswith("!"):
            chosen -= set(_matching(inventory, part[1:]))
    if not chosen:
        raise DeclarationError(
            f"--limit {pattern} leaves none of the nodes of {inventory.source}. "
            f"They are {_some(inventory)}."
        )
    return tuple(node for node in inventory.nodes if node.name in chosen)


def _split(inventory: Inventory, pattern: str) -> list[str]:
    if "," in pattern:
        parts = pattern.split(",")
    elif any(pattern == node.name for node in inventory.nodes):
        parts = [pattern]
    else:
        parts = _COLON_OUTSIDE_BRACKETS.split(pattern)
    parts = [part.strip() for part in parts if part.strip()]
    if not parts or any(part in ("&", "!") for part in parts):
        raise DeclarationError(f"--limit '{pattern}' names no host or group.")
    for part in parts:
        if part.lstrip("&!").startswith(("~", "@")):
            raise DeclarationError(
                f"--limit {part}: regular expressions (~) and files of hosts (@) are not "
                "understood here. Name hosts or groups, or use a glob such as 'proxy*'."
            )
    return parts


def _matching(inventory: Inventory, part: str) -> tuple[str, ...]:
    """Return the nodes of one part, without its ``&`` or ``!``, in Ansible's order."""
    if any(part == node.name for node in inventory.nodes):
        return (part,)
    subscript = _SUBSCRIPT.fullmatch(part)
    names = _named(inventory, subscript[1] if subscript else part)
    if subscript is None:
        return names
    _, one, first, last = subscript.groups()
    if one is None:
        return names[int(first) : int(last) + 1 if last else None]
    index = int(one)
    return names[index:][:1] if -len(names) <= index else ()


def _named(inventory: Inventory, name: str) -> tuple[str, ...]:
    """Return the nodes of the groups a name or glob matches, and the nodes it matches."""
    if name in _EVERYTHING:
        return inventory.groups[ALL]
    nodes = [node.name for node in inventory.nodes]
    hosts = [*nodes, *sorted(inventory.others)]
    if _GLOB.search(name):
        groups = [group for group in inventory.groups if fnmatchcase(group, name)]
        hosts = [host for host in hosts if fnmatchcase(host, name)]
    else:
        groups = [name] if name in inventory.groups else []
        hosts = [name] if name in hosts and not groups else []
    if not groups and not hosts:
        known = [*inventory.groups, *nodes, *inventory.others]
        raise DeclarationError(
            f"--limit names {name}, but {inventory.source} has no such host or group."
            f"{suggestion(name, known)}"
        )
    found = [member for group in groups for member in inventory.groups[group]]
    return tuple(dict.fromkeys(found + [host for host in hosts if host in nodes]))


def _some(inventory: Inventory, most: int = 10) -> str:
    names = [node.name for node in inventory.nodes]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
