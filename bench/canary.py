"""What a proxy's canaries add to a change of one option, on the lab's first proxy.

The option is ``location``, another one each time, which a reload makes the proxy read.
What is timed is the commit, from the staging to the end that the node reports.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from bench.silence import Silence
from bench.timing import CannotMeasureError, best_of, print_table, ratio, timed
from setup_tool import wiring
from setup_tool.core.plan import Stage
from setup_tool.core.transaction import Ending, Transaction
from setup_tool.engine.canary import Provable, canaries, passing_key
from setup_tool.engine.survey import survey
from setup_tool.engine.world import Selection
from setup_tool.lab.layout import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.timing import Took
    from setup_tool.core.credential import KeyPair
    from setup_tool.core.transaction import Canary, NodeStep
    from setup_tool.declare.inventory import Node
    from setup_tool.engine.survey import Survey
    from setup_tool.engine.world import World

ROUNDS = 3
NODE = "proxy1"


def measure(lab: Path, environ: Mapping[str, str]) -> None:
    """Print the table; the lab must be as declared."""
    inventory = wiring.load_inventory(str(lab / "inventory.yaml"))
    node = next(node for node in inventory.nodes if node.name == NODE)
    with wiring.open_world(inventory, (node,), Silence(), environ=environ) as world:
        (key,) = best_of(ROUNDS, partial(timed, partial(_make_key, world)))
        with passing_key(world.keys, world.entropy, world.clock) as pair:
            changes = _Changes(world, node, pair)
            without, proven = best_of(
                ROUNDS, partial(changes.make, proven=False), partial(changes.make, proven=True)
            )
            changes.undo()
    print_table(
        f"Reloading the lab's proxy with one option changed, wall seconds, best of {ROUNDS}",
        ("transaction", "seconds", "ratio"),
        (
            ("without canaries", f"{without.wall:.2f}", ""),
            ("with canaries", f"{proven.wall:.2f}", ratio(proven, without)),
            ("the canaries' key, made and removed once a run", f"{key.wall:.2f}", ""),
        ),
    )


def _make_key(world: World) -> None:
    with passing_key(world.keys, world.entropy, world.clock):
        pass


class _Changes:
    """Changes of the proxy's location, each another one than the last."""

    def __init__(self, world: World, node: Node, pair: KeyPair) -> None:
        self._world = world
        self._node = node
        self._pair = pair
        self._count = 0

    def make(self, *, proven: bool) -> Took:
        """Plan the next change, and return what committing it took."""
        self._count += 1
        world, found = self._planned(f"bench-{self._count}")
        return timed(partial(self._commit, world, found, proven=proven))

    def undo(self) -> None:
        """Give the proxy the location back that it shares with the other one."""
        world, found = self._planned(REGION)
        self._commit(world, found, proven=False)

    def _planned(self, location: str) -> tuple[World, Survey]:
        settings = replace(self._node.settings, s3_location=location)
        world = replace(self._world, nodes=(replace(self._node, settings=settings),))
        return world, survey(world, Selection(whole=False))

    def _commit(self, world: World, found: Survey, *, proven: bool) -> None:
        changes = found.plan.of(Stage.PROXIES, NODE)
        steps = tuple(cast("NodeStep", step) for change in changes for step in change.steps)
        asked: tuple[Canary, ...] = ()
        if proven:
            proxy = Provable(found.bound.proxies[0].health_url, found.bound.locations[NODE])
            ourselves = world.identity.whereabouts()
            asked = canaries(world, ourselves, self._pair, proxy)
        run = f"bench-{world.entropy.token(8)}"
        transaction = Transaction(run, self._node.settings.state_dir, steps, asked)
        outcome = world.shells[NODE].commit(transaction, world.listener)
        if outcome.ending is not Ending.DONE:
            raise CannotMeasureError(f"{NODE}: the change ended as {outcome.ending.value}.")
