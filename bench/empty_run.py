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
from setup_tool.declare.inventory import Serial
from setup_tool.engine.apply import apply
from setup_tool.engine.survey import in_parallel
from setup_tool.engine.world import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.fleet import Fleet

COUNTS = (1, 10, 50)
SPENDERS = 10
THREADS = 16
ROUNDS = 3
AIM = 1.3


def empty_apply(inventory_file: str, environ: Mapping[str, str]) -> None:
    """Apply as the command does, with keys and known hosts read anew as in a new process."""
    inventory = wiring.load_inventory(inventory_file)
    with wiring.open_world(inventory, inventory.nodes, Silence(), THREADS, environ) as world:
        report = apply(world, Selection(), Serial(1), lambda _: False)
    assert report.first.is_empty, "the nodes are not as declared"


def connect_only(inventory_file: str) -> None:
    """Reach the nodes as a run does and ask them nothing."""
    nodes = wiring.load_inventory(inventory_file).nodes
    shells = wiring.open_shells(nodes, Silence())
    answers = in_parallel(list(shells), lambda name: shells[name].observe(()), THREADS)
    for shell in shells.values():
        shell.close()
    assert not any(answers.values()), answers


def measure(environ: Mapping[str, str]) -> None:
    """Print the tables; ``environ`` says where Keystone is."""
    inside, outside, spent = [], [], []
    with (
        tempfile.TemporaryDirectory(prefix="setup-tool-bench-") as name,
        fleet(Path(name), COUNTS, environ) as nodes,
    ):
        for count in COUNTS:
            jobs = (
                partial(bare.connect_all, nodes.servers.folder, THREADS, nodes.ports(count)),
                partial(connect_only, nodes.inventory(count)),
                partial(empty_apply, nodes.inventory(count), environ),
            )
            peer, empty, applied = best_of(ROUNDS, *(partial(timed, job) for job in jobs))
            reached = "reached" if applied.wall / peer.wall <= AIM else "missed"
            inside.append((count, peer, empty, applied, ratio(applied, peer), reached))
            outside.append(_as_processes(nodes, count, environ))
            if count == SPENDERS:
                spent = [_spent(nodes, job) for job in jobs]
    print_table(
        f"An apply with nothing to do, {THREADS} threads, wall (CPU) seconds, best of {ROUNDS}; "
        "imports done before",
        ("nodes", "bare paramiko", "ours, no question", "apply", "ratio", f"aim <= {AIM}"),
        inside,
    )
    print_table(
        "The same as whole processes: start, imports, run, end",
        ("nodes", "bare paramiko", "setup-tool apply", "ratio"),
        outside,
    )
    print_table(
        "What a node itself spends on it, sshd and all it runs, CPU milliseconds",
        ("", "bare paramiko", "ours, no question", "apply", "ratio"),
        (("each node", *(f"{each:.0f}" for each in spent), f"{spent[-1] / spent[0]:.2f}"),),
    )


def _as_processes(nodes: Fleet, count: int, environ: Mapping[str, str]) -> tuple[object, ...]:
    words = (str(nodes.servers.folder), str(THREADS), *map(str, nodes.ports(count)))
    peer, applied = best_of(
        ROUNDS,
        partial(ran, (sys.executable, "-m", "bench.bare", *words), environ),
        partial(ran, (SETUP_TOOL, "apply", "-i", nodes.inventory(count)), environ),
    )
    return count, peer, applied, ratio(applied, peer)


def _spent(nodes: Fleet, job: Callable[[], None]) -> float:
    """Return the milliseconds of a job on one node, the mean of several rounds."""
    before = nodes.servers.spent()
    for _ in range(ROUNDS):
        job()
    return 1000 * (nodes.servers.spent() - before) / (ROUNDS * SPENDERS)
