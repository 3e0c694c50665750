"""Proxies change one by one, each of them out of the balancer while it does."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.nodes.places import PROXIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.nodes.cloud import Cloud

MAINTENANCE = "/etc/swift/maintenance"
RUNS = "/var/lib/setup-tool/runs"
PATIENCE = 120


@pytest.fixture(scope="module")
def served(cloud: Cloud) -> Cloud:
    """The module's cloud with S3."""
    cloud.apply()
    return cloud


@pytest.fixture
def due(request: pytest.FixtureRequest, served: Cloud) -> Iterator[Cloud]:
    """The cloud with something to read for some proxies; afterwards all of it is well again."""
    for name in getattr(request, "param", PROXIES):
        served.hosts[name].sh("echo '# touched' >>/etc/swift/proxy-server.conf")
    yield served
    served.apply()
    assert served.plan()["converged"]
    wait_until(lambda: balanced(served) == set(PROXIES), seconds=PATIENCE)


def conf(cloud: Cloud, name: str) -> Path:
    return cloud.hosts[name].root / "etc/swift/proxy-server.conf"


def only(*names: str) -> pytest.MarkDecorator:
    """Have nothing to read for any but these proxies."""
    return pytest.mark.parametrize("due", [pytest.param(names, id="-".join(names))], indirect=True)


def balanced(cloud: Cloud) -> set[str]:
    """Return the proxies to which the balancer sends requests."""
    return cloud.hosts.balanced() & set(PROXIES)


def drained(cloud: Cloud, name: str) -> bool:
    return (cloud.hosts[name].root / MAINTENANCE.lstrip("/")).exists()


def test_each_proxy_is_out_of_the_balancer_when_its_file_goes_live(served: Cloud) -> None:
    before = {name: conf(served, name).stat().st_ino for name in PROXIES}
    served_meanwhile: dict[str, set[str]] = {}
    others_drained: dict[str, list[str]] = {}
    # one that no earlier run can have left, since a location that is there stays
    inventory = served.inventory(s3_location=f"at-{max(before.values())}")
    running = served.start("apply", "-i", inventory, "--yes")
    while running.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.02)
        for name in PROXIES:
            if name not in served_meanwhile and conf(served, name).stat().st_ino != before[name]:
                served_meanwhile[name] = balanced(served)
                others_drained[name] = [o for o in PROXIES if o != name and drained(served, o)]
    out, err = running.communicate()
    assert running.returncode == 0, out + err
    served.assert_no_secret(out, err)
    assert list(served_meanwhile) == list(PROXIES)
    for name, serving in served_meanwhile.items():
        assert serving == set(PROXIES) - {name}
        assert others_drained[name] == []
    assert not any(drained(served, name) for name in PROXIES)


def test_they_are_reloaded_by_swift_and_serve_on_under_the_same_process(due: Cloud) -> None:
    show = "systemctl show -p MainPID -p InvocationID swift-proxy"
    before = {name: due.hosts[name].sh(show) for name in PROXIES}
    ran = due.apply()
    assert {name: due.hosts[name].sh(show) for name in PROXIES} == before
    for name in PROXIES:
        assert f"{name}: try /etc/swift/proxy-server.conf" in ran.err
        assert f"{name}: reload swift-proxy" in ran.err


@only("proxy1")
def test_swift_is_tried_as_its_own_user(due: Cloud) -> None:
    """What only its user could not read is told by Swift, whatever root may read."""
    secret = "/etc/swift/swift.conf"
    due.hosts["proxy1"].sh(f"chown root:root {secret}; chmod 600 {secret}")
    ran = due.run("apply", "-i", due.inventory(), "--yes", status=1)
    due.hosts["proxy1"].sh(f"chown root:swift {secret}; chmod 640 {secret}")
    assert "proxy1: the change failed at 'try /etc/swift/proxy-server.conf'" in ran.err
    assert "swift.conf" in ran.err


@only("proxy2")
def test_an_operators_own_drain_is_respected(due: Cloud) -> None:
    due.hosts["proxy2"].sh(f"echo mine >{MAINTENANCE}")
    try:
        wait_until(lambda: "proxy2" not in balanced(due), seconds=PATIENCE)
        due.apply()
        planned = due.plan()
        assert due.hosts["proxy2"].sh(f"cat {MAINTENANCE}") == "mine\n"
    finally:
        due.hosts["proxy2"].sh(f"rm {MAINTENANCE}")
    assert planned["converged"]
    [note] = planned["notes"]
    assert note["target"] == "proxy2"
    assert f"kept out of its balancer by {MAINTENANCE}" in note["text"]


@only("proxy1")
def test_a_drain_that_a_dead_run_left_is_ended_by_the_next(due: Cloud) -> None:
    proxy = due.hosts["proxy1"]
    running = due.start("apply", "-i", due.inventory(proxy_drain_wait=60), "--yes")
    wait_until(lambda: drained(due, "proxy1"), seconds=PATIENCE)
    running.kill()
    running.communicate()
    run = proxy.sh(f"cat {MAINTENANCE}").removeprefix("setup-tool ").strip()
    proxy.sh(f"kill -KILL $(cut -d' ' -f1 {RUNS}/{run}/owner)")
    planned = due.plan()
    settled = [c["summary"] for c in planned["changes"] if c["action"] == "settle"]
    assert settled == ["settle 1 interrupted run"]
    ran = due.apply()
    assert f"proxy1: settle run {run}" in ran.err
    assert not drained(due, "proxy1")


def test_the_first_failure_stops_and_says_what_stands_where(due: Cloud) -> None:
    proxy = due.hosts["proxy2"]
    proxy.sh(
        r"sed -i 's/^use = egg:swift#bulk$/use = egg:swift#balk/' /etc/swift/proxy-server.conf"
    )
    before = conf(due, "proxy2").read_bytes(), proxy.sh("systemctl show -p MainPID swift-proxy")
    try:
        words = ("apply", "-i", due.inventory(), "--yes", "--format", "json")
        ran = due.run(*words, status=1)
        after = conf(due, "proxy2").read_bytes(), proxy.sh("systemctl show -p MainPID swift-proxy")
        serving = balanced(due)
    finally:
        proxy.sh(r"sed -i 's/#balk$/#bulk/' /etc/swift/proxy-server.conf")
    assert [(one["target"], one["state"]) for one in json.loads(ran.out)["standing"]] == [
        ("proxy1", "done"),
        ("proxy2", "failed"),
        ("proxy3", "not begun"),
    ]
    assert "balk" in ran.document["error"]
    assert (after, serving) == (before, set(PROXIES))
