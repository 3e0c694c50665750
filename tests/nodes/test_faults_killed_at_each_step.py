"""The operator's process is killed at each step of a first apply."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.laws.operators import Operators
from tests.nodes import places
from tests.nodes.chains import kill
from tests.nodes.faults import CONF, let_drift, temporary
from tests.nodes.places import PROXIES

if TYPE_CHECKING:
    from tests.nodes.cloud import Cloud

_HELD = "another run holds this node"
_STEPS = {"check", "drain swift-proxy", "reload swift-proxy", "undrain swift-proxy"}


@pytest.fixture
def operator(cloud: Cloud, tmp_path: Path) -> Operators:
    return Operators(cloud.environment, tmp_path / "log")


def test_an_operator_killed_at_each_step_leaves_whole_files_and_the_next_goes_on(
    cloud: Cloud, operator: Operators
) -> None:
    """Each run is killed when it first says something of a kind that none before it said.

    A node's run may have gone on to its end before the next operator could tell of its later
    steps: then the proxies have all to do again.
    """
    demo = cloud.hosts.user("demo")
    words = ("apply", "-i", cloud.inventory(proxy_drain_wait=0), "--yes")
    confs = [cloud.hosts[name].root / CONF[1:] for name in PROXIES]
    for name in PROXIES:
        let_drift(cloud.hosts[name])
    olds = {conf: conf.read_bytes() for conf in confs}
    texts = {conf: {old} for conf, old in olds.items()}
    seen: set[str] = set()
    status, runs = -signal.SIGKILL, 0
    while status != 0 or not _has_told_all(seen):
        runs += 1
        assert runs < 100, "it comes to no end"
        if status == 0:
            for conf, old in olds.items():
                conf.write_bytes(old)
        operator.log.unlink(missing_ok=True)
        process = operator.start(*words)
        if told := _unseen(operator.log, process, seen):
            seen |= told
            kill(process)
        status = operator.ended()
        said = operator.log.read_text()
        cloud.assert_no_secret(said)
        assert status in {0, -signal.SIGKILL} or _HELD in said, said
        for conf in confs:
            texts[conf].add(conf.read_bytes())
            assert len(texts[conf]) <= 2, f"{conf} was neither old nor new"
        assert demo.native("GET", at=places.S3).status in {200, 204}
    assert any("grant role service" in text for text in seen)
    assert any("create public endpoint" in text for text in seen)
    assert all(len(known) == 2 for known in texts.values())
    assert cloud.plan(proxy_drain_wait=0)["converged"]
    for name in PROXIES:
        assert temporary(cloud.hosts[name]) == []
        assert demo.s3("GET", at=f"http://{cloud.hosts[name].address}:8080").status == 200


def _has_told_all(seen: set[str]) -> bool:
    return seen >= _STEPS and any("following run" in text for text in seen)


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
