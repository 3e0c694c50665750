"""Connections cut, power cut, and others who change the same node meanwhile."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

from tests.cloud import PROGRAM
from tests.lab.waiting import wait_until
from tests.nodes import places
from tests.nodes.faults import CONF, Proxy

if TYPE_CHECKING:
    from tests.nodes.cloud import Cloud

_HELD = {
    "proxy_reload": "touch /run/held; until [ -e /run/go ]; do sleep 0.1; done; "
    "kill -USR1 $(systemctl show --value -p MainPID swift-proxy)"
}
"""A reload that waits until the test lets it go on."""


def test_a_link_stays_cut_and_a_power_is_cut_inside_the_transaction(
    served: dict[str, Proxy],
) -> None:
    cut, dark, well = served.values()
    old = cut.drift()
    dark.drift()
    at_cut = cut.begin("try ")
    cut.machine.cut()
    # drained, so that the drain is left behind too
    at_dark = dark.begin("reload swift-proxy", proxy_drain="auto", proxy_drain_wait=0)
    dark.machine.power_off()
    wait_until(lambda: well.cloud.hosts.balanced() & set(served) == {well.name})
    for _ in range(5):
        assert well.user.native("GET", at=places.S3).status in {200, 204}
        assert well.user.s3("GET", at=places.S3).status == 200
    assert dark.conf.read_bytes() in {old, dark.new}
    dark.machine.boot()
    for operator, proxy in ((at_cut, cut), (at_dark, dark)):
        _, err = operator.communicate(timeout=120)
        assert operator.returncode == 4, err
        assert f"setup-tool: {proxy.name}: reply: " in err
        assert "goes on by itself on the node: run plan or apply again" in err
    assert "DISABLED" in dark.machine.sh("curl -s http://localhost:8080/healthcheck")
    wait_until(lambda: all((run / "result").exists() for run in cut.runs.iterdir()), seconds=60)
    assert cut.conf.read_bytes() in {old, cut.new}
    cut.machine.mend()
    for proxy in (cut, dark):
        proxy.assert_next_run_converges(proxy_drain="auto", proxy_drain_wait=0)
    dark.assert_others_serve()


def test_a_connection_ends_inside_the_transaction_and_the_next_run_follows_it(
    served: dict[str, Proxy],
) -> None:
    proxy = served["proxy1"]
    proxy.drift()
    proxy.machine.sh("rm -f /run/held /run/go")
    operator = proxy.begin("reload swift-proxy", **_HELD)
    proxy.machine.sh("pkill -KILL -u ops sshd")
    _, err = operator.communicate(timeout=60)
    assert operator.returncode == 4, err
    assert f"setup-tool: {proxy.name}: reply: " in err
    assert "goes on by itself on the node: run plan or apply again" in err
    follower = proxy.begin("following run")
    assert proxy.conf.read_bytes() == proxy.new
    proxy.assert_others_serve()
    proxy.machine.sh("touch /run/go")
    out, err = follower.communicate(timeout=120)
    assert follower.returncode == 0, err
    assert "Nothing to do" in out
    proxy.assert_next_run_converges()


def test_a_link_is_cut_for_a_while_and_the_same_run_goes_on(served: dict[str, Proxy]) -> None:
    proxy = served["proxy2"]
    proxy.drift()
    proxy.machine.sh("rm -f /run/held /run/go")
    operator = proxy.begin("reload swift-proxy", **_HELD)
    proxy.machine.cut()
    wait_until(lambda: proxy.name not in proxy.cloud.hosts.balanced())
    proxy.assert_others_serve()
    proxy.machine.mend()
    proxy.machine.sh("touch /run/go")
    _, err = operator.communicate(timeout=120)
    assert operator.returncode == 0, err
    proxy.assert_next_run_converges()


def test_a_second_operator_is_told_that_a_node_is_held_or_finds_it_done(
    served: dict[str, Proxy],
) -> None:
    proxy = served["proxy3"]
    proxy.drift()
    operators = [proxy.cloud.start(*proxy.words()) for _ in range(2)]
    ended = [operator.communicate(timeout=120)[1] for operator in operators]
    statuses = [operator.returncode for operator in operators]
    assert 0 in statuses, ended
    for status, err in zip(statuses, ended, strict=True):
        assert (
            status == 0 or f"{proxy.name}: another run holds this node; nothing was changed" in err
        )
    assert proxy.conf.read_bytes() == proxy.new
    proxy.assert_others_serve()
    proxy.assert_next_run_converges()


def test_an_operator_whose_clock_is_an_hour_off_touches_nothing(
    cloud: Cloud, served: dict[str, Proxy]
) -> None:
    old = served["proxy1"].drift()
    library = next((cloud.hosts["proxy1"].root / "usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    inventory = cloud.inventory(proxy_drain="off")
    off = {"LD_PRELOAD": str(library), "FAKETIME": "+1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    ran = cloud.run("apply", "-i", inventory, "--yes", status=2, **off)
    for name, proxy in served.items():
        assert re.search(rf"{name}: the clock is (1 h|59 min)[^;]* behind this machine's;", ran.err)
        assert proxy.conf.read_bytes() in {old, proxy.new}
    assert "Set the clocks (timedatectl, chronyc tracking), then run again" in ran.err
    assert served["proxy1"].conf.read_bytes() == old
    served["proxy1"].assert_others_serve()
    served["proxy1"].assert_next_run_converges()


def test_a_file_edited_by_hand_between_plan_and_apply_is_planned_again(
    cloud: Cloud, served: dict[str, Proxy]
) -> None:
    proxy = served["proxy1"]
    old = proxy.drift()
    ours, theirs = pty.openpty()
    words = [word for word in proxy.words() if word != "--yes"]
    operator = subprocess.Popen(
        [*PROGRAM, *words],
        env=cloud.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        cwd=cloud.folder,
    )
    os.close(theirs)
    said = b""
    while b"Carry this out?" not in said:
        said += os.read(ours, 4096)
    remark = b"\n# by hand, meanwhile\n"
    proxy.conf.write_bytes(old + remark)
    os.write(ours, b"y\n")
    while b"canary signed" not in said:
        said += os.read(ours, 4096)
    out, _ = operator.communicate(timeout=120)
    os.close(ours)
    assert operator.returncode == 0, said
    assert f"{CONF} changed after it was looked at; nothing was written there".encode() in said
    assert "Nothing to do" in out
    assert proxy.conf.read_bytes() == proxy.new + remark
    proxy.assert_others_serve()
    proxy.conf.write_bytes(proxy.new)
    proxy.assert_next_run_converges()
