"""Which files a service of oslo.config's reads is told by real units of systemd's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.core.facts import FileFact
from setup_tool.core.oslo_files import OsloFilesFact, ReadOsloFiles
from setup_tool.core.queries import ReadFile
from setup_tool.node.observe import observe_script, parse_reply
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from setup_tool.core.facts import NodeFacts
    from tests.nodes.hosts import Hosts
    from tests.nodes.machine import Machine

NONCE = "0123456789abcdef"
QUERY = ReadOsloFiles("nova", "nova-api", ("nova-api-ec2", "nova-api", "openstack-nova-api"))
# Forks as nova-api does for its workers, and reads nothing.
PROGRAM = """\
#!/usr/bin/python3
import os, signal
os.fork()
signal.pause()
"""
UNIT = """\
[Service]
User=daemon
Environment=HOME=/var/lib/nova
ExecStart={}
"""
MAIN, FIRST, SECOND = "/etc/nova/nova.conf", "/etc/nova/more/1.conf", "/etc/nova/more/2.conf"


@pytest.fixture(scope="module")
def controller(hosts: Hosts) -> Machine:
    """A machine with programs of nova's names and files for them."""
    hosts.up("bastion")
    machine = hosts["bastion"]
    machine.sh("mkdir -p /etc/nova/more /etc/nova/nova.conf.d /var/lib/nova/.nova /usr/share/nova")
    for name in ("nova-api", "nova-api-ec2"):
        machine.sh(f"cat >/usr/bin/{name} && chmod 755 /usr/bin/{name}", stdin=PROGRAM)
    for path in (MAIN, FIRST, SECOND, "/etc/nova/nova.conf.d/a.conf"):
        machine.sh(f"printf '[DEFAULT]\\nfile = {path}\\n' >{path}")
    return machine


def made(machine: Machine, unit: str, command: str) -> None:
    machine.sh(f"cat >/etc/systemd/system/{unit}.service", stdin=UNIT.format(command))
    machine.sh("systemctl daemon-reload")


def runs(machine: Machine, unit: str, command: str) -> None:
    made(machine, unit, command)
    machine.sh(f"systemctl restart {unit}")
    program = command.partition(" ")[0]
    wait_until(lambda: program in machine.sh(f"systemctl status {unit}"))


def told(machine: Machine) -> tuple[OsloFilesFact, NodeFacts]:
    reply = machine.sh("sh", stdin=observe_script([QUERY], NONCE).decode()).encode()
    facts = parse_reply(reply, [QUERY], NONCE)
    fact = facts[QUERY]
    assert isinstance(fact, OsloFilesFact)
    return fact, facts


def test_the_process_that_runs_tells_whatever_its_unit_says_now(controller: Machine) -> None:
    runs(
        controller,
        "nova-api",
        f"/usr/bin/nova-api --config-file {MAIN} --config-dir=/etc/nova/more",
    )
    made(controller, "nova-api", "/usr/bin/nova-api --config-file /etc/nova/next.conf")
    fact, facts = told(controller)
    assert (fact.unit, fact.program) == ("nova-api", "nova-api")
    assert fact.told == (MAIN, FIRST, SECOND)
    assert (fact.told_files, fact.told_dirs) == (True, True)
    assert fact.found == (MAIN,)
    assert fact.found_in_dirs == ("/etc/nova/nova.conf.d/a.conf",)
    for path in (*fact.told, *fact.found_in_dirs):
        file = facts[ReadFile(path)]
        assert isinstance(file, FileFact)
        assert file.content is not None
        assert file.content.reveal() == f"[DEFAULT]\nfile = {path}\n".encode()


def test_a_service_that_does_not_run_is_told_by_its_unit(controller: Machine) -> None:
    made(
        controller,
        "nova-api",
        f"/usr/bin/nova-api --config-file={MAIN} --config-dir /etc/nova/more",
    )
    controller.sh("systemctl stop nova-api")
    fact, _ = told(controller)
    assert (fact.unit, fact.program) == ("nova-api", "nova-api")
    assert fact.told == (MAIN, FIRST, SECOND)


def test_without_a_word_files_are_found_in_the_service_s_own_home_and_beside_packages(
    controller: Machine,
) -> None:
    own, last = "/var/lib/nova/.nova/nova.conf", "/etc/nova/nova-api.conf"
    dist = "/usr/share/nova/nova-dist.conf"
    for path in (own, last, dist):
        controller.sh(f"printf '[DEFAULT]\\n' >{path}")
    runs(controller, "nova-api", "/usr/bin/nova-api")
    fact, _ = told(controller)
    assert (fact.told, fact.told_files) == ((), False)
    assert fact.found == (dist, own, last)
    controller.sh(f"rm {own} {last} {dist}")


def test_of_two_units_the_one_that_runs_is_meant(controller: Machine) -> None:
    runs(controller, "nova-api", f"/usr/bin/nova-api --config-file {MAIN}")
    made(controller, "nova-api-ec2", f"/usr/bin/nova-api-ec2 --config-file {FIRST}")
    assert told(controller)[0].unit == "nova-api"
    controller.sh("systemctl stop nova-api && systemctl start nova-api-ec2")
    fact, _ = told(controller)
    assert (fact.unit, fact.program, fact.told) == ("nova-api-ec2", "nova-api-ec2", (FIRST,))
    controller.sh("systemctl stop nova-api-ec2 && rm /etc/systemd/system/nova-api-ec2.service")
