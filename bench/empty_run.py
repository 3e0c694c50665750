"""What a run costs that finds nothing to do, beside a bare SSH command on the same nodes."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import bare
from bench.fleet import fleet
from bench.silence import Silence
from bench.timing import SETUP_TOOL, best_of, print_table, ran, ratio, timed
from setup_tool import wiring
from setup_tool.adapters.ssh_context import shared_context
from setup_tool.declare.inventory import Serial
from setup_tool.declare.questions import first_questions
from setup_tool.engine.apply import apply
from setup_tool.engine.survey import in_parallel
from setup_tool.engine.world import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.fleet import Fleet

COUNTS = (1, 10, 50)
THREADS = 16
ROUNDS = 3
AIM = 1.3


def empty_apply(inventory_file: str, environ: Mapping[str, str]) -> None:
    """Apply as the command does, with keys and known hosts read anew as in a new process."""
    shared_context.cache_clear()
    inventory = wiring.load_inventory(inventory_file)
    with wiring.open_world(inventory, inventory.nodes, Silence(), THREADS, environ) as world:
        report = apply(world, Selection(), Serial(1), lambda _: False)
    assert report.first.is_empty, "the nodes are not as declared"


def observe_nodes(inventory_file: str) -> None:
    """Ask the nodes what a run asks them, and Keystone nothing."""
    shared_context.cache_clear()
    nodes = {node.name: node for node in wiring.load_inventory(inventory_file).nodes}
    shells = wiring.open_shells(tuple(nodes.values()))

    def ask(name: str) -> object:
        return shells[name].observe(first_questions(nodes[name]))

    answers = in_parallel(list(nodes), ask, THREADS)
    for shell in shells.values():
        shell.close()
    problems = [answer for answer in answers.values() if isinstance(answer, Exception)]
    assert not problems, problems


def measure(environ: Mapping[str, str]) -> None:
    """Print the tables; ``environ`` says where Keystone is."""
    inside, outside = [], []
    with (
        tempfile.TemporaryDirectory(prefix="setup-tool-bench-") as name,
        fleet(Path(name), COUNTS, environ) as nodes,
    ):
        for count in COUNTS:
            inside.append(_inside(nodes, count, environ))
            outside.append(_outside(nodes, count, environ))
    print_table(
        f"An apply with nothing to do, {THREADS} threads, wall (CPU) seconds, best of {ROUNDS}; "
        "imports done before",
        ("nodes", "bare paramiko", "our questions", "ratio", "apply", "ratio", f"aim <= {AIM}"),
        inside,
    )
    print_table(
        "The same as whole processes: start, imports, run, end",
        ("nodes", "bare paramiko", "setup-tool apply", "ratio"),
        outside,
    )


def _inside(nodes: Fleet, count: int, environ: Mapping[str, str]) -> tuple[object, ...]:
    inventory = nodes.inventory(count)
    started, ports = nodes.servers, nodes.ports(count)
    peer, asked, applied = best_of(
        ROUNDS,
        partial(timed, partial(bare.connect_all, started.folder, started.user, THREADS, ports)),
        partial(timed, partial(observe_nodes, inventory)),
        partial(timed, partial(empty_apply, inventory, environ)),
    )
    reached = "reached" if applied.wall / peer.wall <= AIM else "missed"
    return count, peer, asked, ratio(asked, peer), applied, ratio(applied, peer), reached


def _outside(nodes: Fleet, count: int, environ: Mapping[str, str]) -> tuple[object, ...]:
    started = nodes.servers
    words = (str(started.folder), started.user, str(THREADS), *map(str, nodes.ports(count)))
    peer, applied = best_of(
        ROUNDS,
        partial(ran, (sys.executable, "-m", "bench.bare", *words)),
        partial(
            ran,
            (SETUP_TOOL, "apply", "-i", nodes.inventory(count)),
            environ,
        ),
    )
    return count, peer, applied, ratio(applied, peer)
