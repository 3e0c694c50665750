"""Does what users and services are told to call hang on one node of several?"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from setup_tool.declare.inventory import Node


def single_points(what: str, urls: Iterable[str], nodes: Sequence[Node]) -> tuple[str, ...]:
    """Return a sentence for each URL whose host is one of several nodes, none for one node.

    A node is known by its inventory name and by the address it is reached at, unless
    several share that; other names of it are not looked up.
    """
    known: dict[str, set[str]] = {}
    for node in nodes:
        for name in (node.name, node.access.host):
            known.setdefault(name.lower(), set()).add(node.name)
    found = ((url, known.get((urlsplit(url).hostname or "").lower(), ())) for url in urls)
    return tuple(
        f"{url} is {what} and leads to {', '.join(names)} alone, although there are {len(nodes)} "
        "such nodes: when it is down, so is all that calls this URL. Let it name their load "
        "balancer."
        for url, names in dict.fromkeys((url, tuple(names)) for url, names in found)
        if len(names) == 1 < len(nodes)
    )
