"""The machines that these tests stand on: what they do to them really happens."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.nodes import cgroups, remains
from tests.nodes.asking import answers
from tests.nodes.machine import speaks_ssh

if TYPE_CHECKING:
    from tests.nodes.hosts import Hosts

_ONE_MACHINE = """\
import time
from tests.nodes.hosts import opened

with opened() as hosts:
    hosts.up("bastion")
    print(hosts.folder.name, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def proxy_url(hosts: Hosts) -> str:
    hosts.up("proxy1")
    return f"http://{hosts['proxy1'].address}:8080/healthcheck"


def test_a_machine_whose_power_is_cut_answers_nobody_and_keeps_its_disk(
    hosts: Hosts, proxy_url: str
) -> None:
    proxy = hosts["proxy1"]
    proxy.sh("echo kept >/root/kept")
    proxy.power_off()
    assert proxy.first_process is None
    assert not answers(proxy_url)
    assert (proxy.root / "root/kept").read_text() == "kept\n"
    proxy.boot()
    hosts.await_service("proxy1")
    assert answers(proxy_url)
    assert proxy.sh("cat /root/kept") == "kept\n"


def test_a_machine_reboots_itself(hosts: Hosts, proxy_url: str) -> None:
    before = hosts["proxy1"].sh("cat /proc/sys/kernel/random/boot_id")
    hosts["proxy1"].reboot()
    hosts.await_service("proxy1")
    assert hosts["proxy1"].sh("cat /proc/sys/kernel/random/boot_id") != before
    assert answers(proxy_url)


def test_a_machine_behind_a_cut_link_works_on_unseen(hosts: Hosts, proxy_url: str) -> None:
    proxy = hosts["proxy1"]
    proxy.cut()
    assert not speaks_ssh(proxy.address)
    assert proxy.sh("curl -s http://localhost:8080/healthcheck") == "OK"
    wait_until(lambda: "proxy1" not in hosts.balanced())
    proxy.mend()
    hosts.await_service("proxy1")
    assert answers(proxy_url)
    assert speaks_ssh(proxy.address6)


def test_a_renewed_machine_has_forgotten_what_was_done_to_it(hosts: Hosts, proxy_url: str) -> None:
    hosts["proxy1"].sh("rm /etc/swift/proxy-server.conf; echo 1 >/root/file; chattr +i /root/file")
    hosts.renew("proxy1")
    assert answers(proxy_url)
    assert hosts["proxy1"].sh("ls /root") == ""


def test_no_machine_has_a_way_out(hosts: Hosts) -> None:
    hosts.up("proxy1")
    routes = hosts["proxy1"].sh("ip route").splitlines()
    assert [route.split()[:3] for route in routes] == [["10.77.0.0/24", "dev", "host0"]]


def test_two_controllers_answer_for_the_same_keystone(hosts: Hosts) -> None:
    hosts.up("ctl1", "ctl2", "balancer")
    token = hosts.user().login
    for name in ("ctl1", "ctl2"):
        asked = f"curl -s -o /dev/null -w %{{http_code}} -H 'X-Auth-Token: {token.token}'"
        assert hosts[name].sh(f"{asked} http://localhost:5000/v3/auth/projects") == "200"
    hosts["ctl1"].sh("systemctl stop keystone")
    wait_until(lambda: "ctl1" not in hosts.balanced())
    assert hosts.user().login.project_id == token.project_id
    hosts["ctl1"].sh("systemctl start keystone")
    hosts.await_service("ctl1")


def test_what_a_killed_process_left_is_removed_and_what_lives_is_not(hosts: Hosts) -> None:
    hosts.up("bastion")
    name = ended_by(signal.SIGKILL)
    assert cgroups.named(f"{name}-")
    remains.remove_dead()
    assert_nothing_is_left_of(name)
    assert speaks_ssh(hosts["bastion"].address)


def test_an_interrupted_process_leaves_nothing() -> None:
    assert_nothing_is_left_of(ended_by(signal.SIGINT))


def ended_by(number: signal.Signals) -> str:
    """Return the name of a cloud whose process was ended by this signal."""
    with subprocess.Popen(
        [sys.executable, "-c", _ONE_MACHINE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        process.send_signal(number)
    assert name
    return name


def assert_nothing_is_left_of(name: str) -> None:
    assert not cgroups.named(f"{name}-")
    assert not (remains.CLOUDS / name).exists()
    assert not list(Path("/run/netns").glob(f"{name}-*"))
    assert name not in Path("/proc/self/mounts").read_text()
