"""Whether a proxy is taken out of its balancer while it changes, and why not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.plan import Note
from setup_tool.core.transaction import BounceService, Drain
from setup_tool.editors import pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.core.plan import Plan
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.inventory import Node
    from setup_tool.editors.ini import IniFile

_HEALTHCHECK = re.compile(r"egg:swift#healthcheck|swift\.common\.middleware\.healthcheck:.*")

_UNSET = (
    "It is changed without being taken out of its balancer first: its health check has no "
    "disable_path. Set one in [filter:healthcheck] and restart it to have it drained."
)
_ALONE = (
    "It is changed without being taken out of its balancer first: the inventory has no other "
    "proxy in its region, so nothing would serve meanwhile."
)


@dataclass(frozen=True, slots=True)
class Draining:
    """What Swift's health check heeds, and for how long the proxy is drained.

    Without ``drain`` it is not, for the reason ``why_not``; None: nobody needs to be told.
    """

    disable_path: str | None
    drain: Drain | None
    why_not: str | None = None


def draining(node: Node, file: IniFile) -> Draining:
    """Return whether a proxy with that file is drained."""
    settings = node.settings
    path = _disable_path(file)
    if settings.proxy_drain == "off":
        return Draining(path, None)
    if not node.neighbours:
        return Draining(path, None, _ALONE if path else None)
    if path is None:
        return Draining(None, None, _UNSET)
    return Draining(path, Drain(settings.proxy_drain_wait, settings.proxy_drain_timeout))


def drain_notes(proxies: Sequence[Proxy], plan: Plan) -> tuple[Note, ...]:
    """Return why proxies are not drained that the plan reloads or restarts, each reason once."""
    told = {
        change.target
        for change in plan.changes
        for step in change.steps
        if isinstance(step, BounceService)
    }
    reasons: dict[str, list[str]] = {}
    for proxy in proxies:
        why_not = draining(proxy.node, proxy.file).why_not
        if why_not is not None and proxy.node.name in told:
            reasons.setdefault(why_not, []).append(proxy.node.name)
    return tuple(Note(", ".join(names), text) for text, names in reasons.items())


def drain_values(found: Draining) -> Mapping[str, str | int | None]:
    """Return the values that the roles give a proxy's service."""
    return {
        "proxy_disable_path": found.disable_path,
        "proxy_drain_wait": found.drain.wait if found.drain else None,
        "proxy_drain_timeout": found.drain.timeout if found.drain else None,
    }


def _disable_path(file: IniFile) -> str | None:
    """Return the absolute path that the health check in the main pipeline heeds."""
    for name in pipeline.main_pipeline(file).value.split():
        section = f"filter:{name}"
        made = [file.get(section, key) for key in ("use", "paste.filter_factory")]
        if not any(option and _HEALTHCHECK.fullmatch(option.value.strip()) for option in made):
            continue
        option = file.get(section, "disable_path")
        if option and not option.unresolved and option.value.strip().startswith("/"):
            return option.value.strip()
    return None
