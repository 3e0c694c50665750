"""TCP ports as firewalls write them: single ones, ranges, lists."""

from __future__ import annotations

import re

_RANGE = re.compile(r"(\d+)\s*[-:]\s*(\d+)|(\d+)")


def has_port(text: str, port: int) -> bool:
    """Tell whether a port is among ``80``, ``8000:8100``, ``8000-8100``, ``80,443``."""
    for match in _RANGE.finditer(text):
        first, last, alone = match.groups()
        low, high = (alone, alone) if alone else (first, last)
        if int(low) <= port <= int(high):
            return True
    return False
