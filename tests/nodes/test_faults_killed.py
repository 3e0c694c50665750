"""The operator's process and the node's own run are killed, again and again."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.laws.operators import Operators
from tests.nodes import cgroups, places
from tests.nodes.committer import Committer
from tests.nodes.faults import CONF, Proxy, let_drift, temporary
from tests.nodes.places import PROXIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nodes.asking import User
    from tests.nodes.cloud import Cloud

INSTANTS = 100
SEED = 20261121
_STRETCH = 17
"""Kills after which apply itself has to come to its end."""
_HELD = "another run holds this node"


@pytest.fixture
def operators(cloud: Cloud, tmp_path: Path) -> Iterator[dict[str, Operators]]:
    """An operator for each proxy, at once ready to start."""
    environment = cloud.environment
    with ExitStack() as stack:
        made = {name: Operators(environment, tmp_path / name) for name in PROXIES}
        for each in made.values():
            stack.callback(each.close)
        yield made


@pytest.fixture(scope="module")
def demo(cloud: Cloud) -> User:
    return cloud.hosts.user("demo")


def test_an_operator_killed_at_each_step_leaves_whole_files_and_the_next_goes_on(
    cloud: Cloud, demo: User, operators: dict[str, Operators]
) -> None:
    """Each run is killed when it first says something of a kind that none before it said."""
    operator = operators["proxy1"]
    words = ("apply", "-i", cloud.inventory(proxy_drain_wait=0), "--yes")
    confs = [cloud.hosts[name].root / CONF[1:] for name in PROXIES]
    for name in PROXIES:
        let_drift(cloud.hosts[name])
    texts = {conf: {conf.read_bytes()} for conf in confs}
    seen: set[str] = set()
    status = -signal.SIGKILL
    while status != 0:
        assert len(seen) < 60, "it comes to no end"
        operator.log.unlink(missing_ok=True)
        process = operator.start(*words)
        if told := _unseen(operator.log, process, seen):
            seen |= told
            _kill(process)
        status = operator.ended()
        said = operator.log.read_text()
        cloud.assert_no_secret(said)
        assert status in {0, -signal.SIGKILL} or _HELD in said, said
        for conf in confs:
            texts[conf].add(conf.read_bytes())
            assert len(texts[conf]) <= 2, f"{conf} was neither old nor new"
        assert demo.native("GET", at=places.S3).status in {200, 204}
    assert seen >= {"check", "drain swift-proxy", "reload swift-proxy", "undrain swift-proxy"}
    assert any("grant role service" in text for text in seen)
    assert any("create public endpoint" in text for text in seen)
    assert any("following run" in text for text in seen)
    assert all(len(known) == 2 for known in texts.values())
    assert cloud.plan(proxy_drain_wait=0)["converged"]
    for name in PROXIES:
        assert temporary(cloud.hosts[name]) == []
        assert demo.s3("GET", at=f"http://{cloud.hosts[name].address}:8080").status == 200


def test_killed_at_a_hundred_instants_an_operator_leaves_a_run_that_goes_on_to_its_end(
    cloud: Cloud, demo: User, operators: dict[str, Operators]
) -> None:
    chains = _chains(cloud, demo, operators)
    with ThreadPoolExecutor() as pool:
        killed = sum(pool.map(_Chain.of_killed_operators, chains))
    assert killed > INSTANTS // 2, "most must have been cut short for this to show anything"
    _assert_all_is_well(cloud, demo)


def test_killed_at_a_hundred_instants_the_run_on_the_node_leaves_whole_files_and_is_settled(
    cloud: Cloud, demo: User, operators: dict[str, Operators]
) -> None:
    chains = _chains(cloud, demo, operators)
    with ThreadPoolExecutor() as pool:
        killed = sum(pool.map(_Chain.of_killed_runs, chains))
    assert killed > INSTANTS // 2, "most must have been cut short for this to show anything"
    _assert_all_is_well(cloud, demo)


def _chains(cloud: Cloud, demo: User, operators: dict[str, Operators]) -> list[_Chain]:
    inventory, environment = cloud.inventory(proxy_drain="off"), cloud.environment
    found = []
    for name in PROXIES:
        new = (cloud.hosts[name].root / CONF[1:]).read_bytes()
        proxy = Proxy(cloud, name, demo, new)
        proxy.drift()
        words = ("apply", "-i", inventory, "--yes", "--limit", name)
        committer = Committer(environment, inventory, name)
        found.append(_Chain(proxy, committer, operators[name], words))
    return found


def _assert_all_is_well(cloud: Cloud, demo: User) -> None:
    assert cloud.plan(proxy_drain="off")["converged"]
    for name in PROXIES:
        assert temporary(cloud.hosts[name]) == []
    for _ in PROXIES:
        assert demo.s3("GET", at=places.S3).status == 200


@dataclass(frozen=True, slots=True)
class _Chain:
    """Runs of one node, one after the other, of which something is killed each time."""

    proxy: Proxy
    committer: Committer
    operators: Operators
    words: tuple[str, ...]

    def of_killed_operators(self) -> int:
        """Return how many operators were killed before they had seen the end."""
        statuses, endings = [], set()
        for run, instant in self._times("operator"):
            process = self.committer.start(run)
            _let_pass(instant)
            _kill(process)
            statuses.append(self.committer.ended()[0])
            self._assert_whole(run)
            wait_until(lambda: not self._unended(), seconds=120)
            endings.add(self._ending(run))
            self._assert_whole(run)
        # none where it was killed before the node had heard all of the run
        assert endings <= {"done", "stale", "locked", None}
        assert "done" in endings
        return statuses.count(-signal.SIGKILL)

    def of_killed_runs(self) -> int:
        """Return how many runs were killed before their end."""
        killed = 0
        for run, instant in self._times("run"):
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

    def _times(self, kind: str) -> Iterator[tuple[str, float]]:
        """Give runs names, and seconds after which something is to be killed.

        Before each the file is as the plan found it; now and then apply itself runs.
        """
        chance = random.Random(f"{SEED} {kind} {self.proxy.name}")  # noqa: S311 - repeatable
        self.committer.await_ready()
        begun = time.monotonic()
        self.committer.start(f"{kind}-whole")
        assert self.committer.ended() == (0, "done: ")
        whole_run = time.monotonic() - begun
        for number in range(_share(self.proxy.name)):
            self.proxy.drift()
            yield f"{kind}-{number}", chance.uniform(0, whole_run)
            if number % _STRETCH == _STRETCH - 1:
                self._converge()
        self._converge()
        self.committer.close()

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


def _let_pass(seconds: float) -> None:
    """Let time pass to a chosen instant: here the instant itself is what is tested."""
    time.sleep(max(0.0, seconds))


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may just have ended
        os.kill(process, signal.SIGKILL)


def _unseen(log: Path, process: int, seen: set[str]) -> set[str]:
    """Return the kinds of progress that are new, as soon as there are any; none at the end."""
    found: set[str] = set()

    def has_told_or_ended() -> bool:
        ended = not Path(f"/proc/{process}").exists()
        found.update(_kinds(log.read_text() if log.exists() else "") - seen)
        return bool(found) or ended

    wait_until(has_told_or_ended, seconds=120)
    return found


def _kinds(said: str) -> set[str]:
    """Return what progress told, whatever node and run it was of."""
    lines = re.findall(r"^  [a-z0-9]+: (.*)\n", said, re.MULTILINE)
    return {re.sub(r"[0-9]{8}T[^ ,]+", "RUN", line) for line in lines}
