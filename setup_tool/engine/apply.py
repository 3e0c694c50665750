"""Bring all targets to their declaration, and show that nothing is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import NotConvergedError
from setup_tool.core.events import Event
from setup_tool.engine.canary import Provable
from setup_tool.engine.rounds import Done, Round, follow_running, name_of_run
from setup_tool.engine.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.core.plan import Plan
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.inventory import Serial
    from setup_tool.engine.survey import Survey
    from setup_tool.engine.world import Selection, World

ROUNDS = 3
"""A plan is made anew after each round: what one stage did may feed the next."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. ``declined``: an operator said no and nothing was changed.

    ``proxies`` are those that serve S3 now.
    """

    run: str
    first: Plan
    done: tuple[Done, ...]
    last: Plan
    proxies: tuple[Proxy, ...]
    declined: bool = False


def apply(
    world: World,
    selection: Selection,
    serial: Serial,
    agree: Callable[[Plan], bool],
) -> Report:
    """Bring all targets to their declaration and show that nothing is left to do.

    ``agree`` is asked once, with the first plan. Raises `SetupToolError` when a change
    fails, after which the rest is left as it was; `NotConvergedError` when something
    still differs after three rounds.
    """
    run = name_of_run(world)
    found = survey(world, selection)
    if follow_running(world, found.facts):
        found = survey(world, selection)
    first = found.plan
    done: list[Done] = []
    if first.is_empty:
        return Report(run, first, (), first, found.bound.proxies)
    if not agree(first):
        return Report(run, first, (), first, found.bound.proxies, declined=True)
    for round_number in range(1, ROUNDS + 1):
        this = f"{run}-{round_number}"
        carried = Round(world, this, serial, found.plan, provable=_provable(found), done=done)
        carried.carry_out()
        for name in carried.stale:
            world.listener.on(Event(name, "planning again"))
        found = survey(world, selection)
        if found.plan.is_empty:
            return Report(run, first, tuple(done), found.plan, found.bound.proxies)
    left = "; ".join(f"{change.target}: {change.summary}" for change in found.plan.changes)
    raise NotConvergedError(
        f"After {ROUNDS} rounds there is still something to do: {left}. Run plan to see it; "
        "perhaps another program changes it back."
    )


def _provable(found: Survey) -> dict[str, Provable]:
    """Return how each proxy that is to serve S3 behind Keystone can be proven."""
    return {
        proxy.node.name: Provable(
            proxy.health_url, found.bound.locations[proxy.node.name], proxy.signature
        )
        for proxy in found.bound.proxies
        if proxy.keystone is not None
    }
