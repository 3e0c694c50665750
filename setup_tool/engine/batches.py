"""How many proxies are changed at a time: the first alone, the others as the inventory says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.declare.inventory import Serial


def batches(names: tuple[str, ...], serial: Serial) -> tuple[tuple[str, ...], ...]:
    """Return the names in batches; what breaks everywhere then breaks on one proxy only."""
    size = serial.of(len(names))
    rest = names[1:]
    return (names[:1], *(rest[at : at + size] for at in range(0, len(rest), size)))
