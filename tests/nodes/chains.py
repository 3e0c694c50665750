"""Runs of one node, one after the other, in each of which something is killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.waiting import seconds_of, wait_until
from tests.nodes import cgroups, places
from tests.nodes.committer import Committer
from tests.nodes.faults import Proxy, temporary
from tests.nodes.places import PROXIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

INSTANTS = 100
SEED = 20261121
_AFTER_ANOTHER = 5
"""Operators that are killed one after the other, before the node's run comes to its end."""


def chains(served: Mapping[str, Proxy]) -> list[Chain]:
    """Return a chain for each proxy; their kills together are `INSTANTS` or some more."""
    found = []
    for name, proxy in served.items():
        proxy.drift()
        inventory = proxy.cloud.inventory(proxy_drain="off")
        committer = Committer(proxy.cloud.environment, inventory, name)
        found.append(Chain(proxy, committer))
    for chain in found:
        chain.committer.await_ready()
    return found


def assert_all_is_well(served: Mapping[str, Proxy]) -> None:
    """Fail unless nothing is left to do or to clear away, and S3 is served through the balancer."""
    for proxy in served.values():
        assert temporary(proxy.machine) == []
        assert proxy.user.s3("GET", at=places.S3).status == 200
    assert served[PROXIES[0]].cloud.plan(proxy_drain="off")["converged"]


@dataclass(frozen=True, slots=True)
class Chain:
    """Runs of one node, one after the other, of which something is killed each time."""

    proxy: Proxy
    committer: Committer

    def of_killed_operators(self) -> int:
        """Return how many operators were killed before they had seen the end.

        The first of some finds the file as planned, the others its run at work, or done.
        """
        statuses, endings = [], set()
        chance = random.Random(f"{SEED} later {self.proxy.name}")  # noqa: S311 - repeatable
        self.proxy.conf.write_bytes(self.proxy.new)
        refused = seconds_of(lambda: self._commit("operator-stale", "stale: "))
        for run, instant in self._times("operator", -(-_share(self.proxy.name) // _AFTER_ANOTHER)):
            later = [f"{run}-{number}" for number in range(1, _AFTER_ANOTHER)]
            instants = [instant, *(chance.uniform(0, refused) for _ in later)]
            for name, when in zip([run, *later], instants, strict=True):
                process = self.committer.start(name)
                _let_pass(when)
                kill(process)
                statuses.append(self.committer.ended()[0])
                self._assert_whole(name)
            wait_until(lambda: not self._unended(), seconds=120)
            self._assert_whole(run)
            endings |= {self._ending(name) for name in (run, *later)}
        # none where it was killed before the node had heard all of the run
        assert endings <= {"done", "stale", "locked", None}
        assert {"done", "locked"} <= endings
        return statuses.count(-signal.SIGKILL)

    def of_killed_runs(self) -> int:
        """Return how many runs were killed before their end."""
        killed = 0
        for run, instant in self._times("run", _share(self.proxy.name)):
            self.committer.start(run)
            wait_until((self.proxy.runs / run / "real").exists, seconds=60)  # it has begun
            _let_pass(instant)
            cgroups.kill_unit(self.proxy.machine.group, f"setup-tool-{run}.scope")
            status, said = self.committer.ended()
            assert status == 0
            assert said == "done: " or "was killed on the node" in said, said
            killed += said != "done: "
            self._assert_whole(run)
        return killed

    def _times(self, kind: str, kills: int) -> Iterator[tuple[str, float]]:
        """Give runs names, and seconds after which something is to be killed.

        Before each the file is as the plan found it. Half way and in the end apply itself has to
        come to its end.
        """
        chance = random.Random(f"{SEED} {kind} {self.proxy.name}")  # noqa: S311 - repeatable
        self.proxy.drift()
        whole = seconds_of(lambda: self._commit(f"{kind}-whole", "done: "))
        for number in range(kills):
            self.proxy.drift()
            yield f"{kind}-{number}", chance.uniform(0, whole)
            if number in {kills // 2, kills - 1}:
                self._converge()
        self.committer.close()

    def _commit(self, run: str, ending: str) -> None:
        self.committer.start(run)
        status, said = self.committer.ended()
        assert status == 0
        assert said.startswith(ending), said

    def _converge(self) -> None:
        self.proxy.apply()
        assert self.proxy.conf.read_bytes() == self.proxy.new
        assert not self._unended()

    def _assert_whole(self, run: str) -> None:
        whole = {self.proxy.drifted, self.proxy.new}
        assert self.proxy.conf.read_bytes() in whole, f"{run}: the file is torn"

    def _unended(self) -> list[str]:
        return [folder.name for folder in self.proxy.runs.iterdir() if _is_unended(folder)]

    def _ending(self, run: str) -> str | None:
        """Return the first word of a run's result, None where it was not begun."""
        result = self.proxy.runs / run / "result"
        return result.read_text().split("\n")[0] if result.exists() else None


def _is_unended(run: Path) -> bool:
    """Tell whether a run goes on, or is being brought to the node."""
    return not (run / "result").exists()


def _share(name: str) -> int:
    """Return how many of the instants fall to this proxy."""
    return len(range(PROXIES.index(name), INSTANTS, len(PROXIES)))


def _let_pass(seconds: float) -> None:
    """Let time pass to a chosen instant: here the instant itself is what is tested."""
    time.sleep(max(0.0, seconds))


def kill(process: int) -> None:
    """Kill a process that may just have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
