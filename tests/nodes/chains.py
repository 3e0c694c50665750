"""Runs of one node, one after the other, in each of which something is killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.nodes import cgroups, places
from tests.nodes.committer import Committer
from tests.nodes.faults import Proxy, temporary
from tests.nodes.places import PROXIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.laws.operators import Operators

INSTANTS = 100
SEED = 20261121
_STRETCH = 17
"""Kills after which apply itself has to come to its end."""


def chains(served: Mapping[str, Proxy], operators: Mapping[str, Operators]) -> list[Chain]:
    """Return a chain for each proxy; their kills together are `INSTANTS` or some more."""
    found = []
    for name, proxy in served.items():
        proxy.drift()
        inventory = proxy.cloud.inventory(proxy_drain="off")
        committer = Committer(proxy.cloud.environment, inventory, name)
        found.append(Chain(proxy, committer, operators[name], proxy.words()))
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
    operators: Operators
    words: tuple[str, ...]

    def of_killed_operators(self) -> int:
        """Return how many operators were killed before they had seen the end.

        They come in pairs, of which the second finds the run of the first at work, or done.
        """
        statuses, endings = [], set()
        chance = random.Random(f"{SEED} second {self.proxy.name}")  # noqa: S311 - repeatable
        self.proxy.conf.write_bytes(self.proxy.new)
        refused = _seconds(lambda: self._commit("operator-stale", "stale: "))
        for run, instant in self._times("operator", -(-_share(self.proxy.name) // 2)):
            second = f"{run}-second"
            for name, when in ((run, instant), (second, chance.uniform(0, refused))):
                process = self.committer.start(name)
                _let_pass(when)
                kill(process)
                statuses.append(self.committer.ended()[0])
                self._assert_whole(name)
            wait_until(lambda: not self._unended(), seconds=120)
            self._assert_whole(second)
            endings |= {self._ending(run), self._ending(second)}
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

        Before each the file is as the plan found it; now and then apply itself runs.
        """
        chance = random.Random(f"{SEED} {kind} {self.proxy.name}")  # noqa: S311 - repeatable
        self.proxy.drift()
        whole = _seconds(lambda: self._commit(f"{kind}-whole", "done: "))
        for number in range(kills):
            self.proxy.drift()
            yield f"{kind}-{number}", chance.uniform(0, whole)
            if number % _STRETCH == _STRETCH - 1:
                self._converge()
        self._converge()
        self.committer.close()

    def _commit(self, run: str, ending: str) -> None:
        self.committer.start(run)
        status, said = self.committer.ended()
        assert status == 0
        assert said.startswith(ending), said

    def _converge(self) -> None:
        status = self.operators.run(*self.words)
        said = self.operators.log.read_text()
        self.proxy.cloud.assert_no_secret(said)
        assert status == 0, said
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


def _seconds(work: Callable[[], None]) -> float:
    """Return how long something takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _let_pass(seconds: float) -> None:
    """Let time pass to a chosen instant: here the instant itself is what is tested."""
    time.sleep(max(0.0, seconds))


def kill(process: int) -> None:
    """Kill a process that may just have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
