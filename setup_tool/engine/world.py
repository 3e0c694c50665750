"""Everything outside that a run touches, handed over by the wiring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Role
    from setup_tool.ports import (
        Clock,
        Entropy,
        Identity,
        Keys,
        Listener,
        Records,
        Shell,
        Signer,
        Web,
    )


@dataclass(frozen=True, slots=True)
class World:
    """The targets of a run and the means to reach them.

    ``texts`` are files of ``templates/node`` by their names below it.
    """

    nodes: tuple[Node, ...]
    shells: Mapping[str, Shell]
    identity: Identity
    keys: Keys
    web: Web
    signer: Signer
    clock: Clock
    entropy: Entropy
    listener: Listener
    records: Records
    roles: Mapping[str, Role]
    texts: Mapping[str, str]
    forks: int = 16


@dataclass(frozen=True, slots=True)
class Selection:
    """What an operator asked for: some roles, some nodes, some duplicates to remove.

    ``roles`` empty means all. ``whole``: no node of the inventory was left out.
    ``reset_passwords``: service users are made with, or given, the passwords in the files.
    """

    roles: frozenset[str] = frozenset()
    whole: bool = True
    remove_endpoints: frozenset[str] = frozenset()
    reset_passwords: bool = False
