"""Operators that carry out one plan on one node over and over, and may be killed at any instant.

One process has looked and planned as apply does, and forks for each run: so an instant that is
chosen at random falls into what is done to the node, and a hundred of them take no hour.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from setup_tool import wiring
from setup_tool.core.plan import Stage
from setup_tool.core.transaction import Transaction
from setup_tool.engine.canary import Provable, canaries, passing_key
from setup_tool.engine.survey import survey
from tests.nodes.faults import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from setup_tool.core.events import Event
    from setup_tool.core.transaction import NodeStep

_PROJECT = Path(__file__).parents[2]


class Committer:
    """Commits what apply would do to a node now; its runs must be the only ones there."""

    def __init__(self, environment: Mapping[str, str], inventory: str, name: str) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", __name__, inventory, name],
            env=dict(environment),
            cwd=_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def await_ready(self) -> None:
        """Return when it has made its plan."""
        assert self._output.readline() == "ready\n"

    def start(self, run: str) -> int:
        """Start a run of this name; return the process that follows it."""
        self._input.write(f"{run}\n")
        self._input.flush()
        return int(self._output.readline())

    def ended(self) -> tuple[int, str]:
        """Wait for that process's end: its status (negative: a signal), and how the run ended."""
        status, said = json.loads(self._output.readline())
        return status, said

    def close(self) -> None:
        """Let the server end."""
        self._input.close()
        self._output.close()
        self._server.wait()

    @property
    def _input(self) -> IO[str]:
        return cast("IO[str]", self._server.stdin)

    @property
    def _output(self) -> IO[str]:
        return cast("IO[str]", self._server.stdout)


class _Silent:
    def on(self, event: Event) -> None:
        del event


def _serve(inventory: str, name: str) -> None:
    known = wiring.load_inventory(inventory)
    nodes = wiring.select(known, name)
    with wiring.open_world(known, nodes, _Silent()) as world:
        found = survey(world, wiring.selection(known, nodes, (), ()))
        steps = tuple(
            cast("NodeStep", step)
            for change in found.plan.of(Stage.PROXIES, name)
            for step in change.steps
        )
        (proxy,) = found.bound.proxies
        with passing_key(world.keys, world.entropy, world.clock) as pair:
            ourselves = world.identity.whereabouts()
            proven = canaries(world, ourselves, pair, Provable(proxy.health_url, "RegionOne"))
            world.shells[name].close()  # a fork has none of its threads
            _tell("ready")
            for run in _lines():
                shell = wiring.open_shells(nodes, _Silent())[name]
                reading, writing = os.pipe()
                child = os.fork()
                if child == 0:
                    outcome = shell.commit(Transaction(run, STATE, steps, proven), _Silent())
                    os.write(writing, f"{outcome.ending.value}: {outcome.detail}".encode())
                    os._exit(0)
                os.close(writing)
                _tell(str(child))
                _, ended = os.waitpid(child, 0)
                with os.fdopen(reading) as said:
                    _tell(json.dumps((os.waitstatus_to_exitcode(ended), said.read())))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _lines() -> Iterator[str]:
    return (line.strip() for line in sys.stdin)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
