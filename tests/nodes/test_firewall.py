"""The firewalls of real hosts: opened for good, left alone, or said."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.core.firewall import ReadFirewall, Verdict
from setup_tool.node.observe import observe_script, parse_reply
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from tests.nodes.cloud import Cloud
    from tests.nodes.machine import Machine

PORT = 8080
NONCE = "5eed"
REMEDY = "nft insert rule inet guard input tcp dport 8080 accept"
NFTABLES = """\
table inet guard {
    chain input {
        type filter hook input priority 0; policy drop;
        iif lo accept
        ct state established,related accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport 22 accept
    }
}
"""
FILES = "find /etc /run/ufw.lock /var/lib/ufw -printf '%p %i %s %C@\\n' 2>/dev/null | sort"


@pytest.fixture(scope="module")
def guarded(cloud: Cloud) -> Cloud:
    """Three proxies, each with another firewall that lets in SSH alone."""
    cloud.hosts["proxy1"].sh("ufw allow 22/tcp && ufw --force enable && systemctl enable ufw")
    cloud.hosts["proxy2"].sh("systemctl enable --now firewalld")
    cloud.hosts["proxy3"].sh("nft -f -", stdin=NFTABLES)
    return cloud


def reached(machine: Machine) -> bool:
    with socket.socket() as client:
        client.settimeout(2)
        return client.connect_ex((machine.address, PORT)) == 0


def active(machine: Machine, unit: str) -> bool:
    return machine.sh(f"systemctl is-active {unit}", status=None).strip() == "active"


def opened(planned: Any) -> list[tuple[str, str]]:
    return [
        (change["target"], change["summary"])
        for change in planned["changes"]
        if change["summary"].startswith("open ")
    ]


def notes(planned: Any, name: str) -> list[str]:
    return [
        note["text"]
        for note in planned["notes"]
        if note["target"] == name and f"port {PORT}/tcp" in note["text"]
    ]


def test_the_plan_opens_what_it_may_and_names_the_rule_for_the_rest(guarded: Cloud) -> None:
    machines = [guarded.hosts[name] for name in ("proxy1", "proxy2", "proxy3")]
    assert [reached(machine) for machine in machines] == [False, False, False]
    before = [machine.sh(FILES) for machine in machines]
    planned = guarded.plan()
    assert [machine.sh(FILES) for machine in machines] == before
    assert opened(planned) == [
        ("proxy1", "open port 8080/tcp in ufw"),
        ("proxy2", "open port 8080/tcp in firewalld (zone public)"),
    ]
    (said,) = notes(planned, "proxy3")
    assert REMEDY in said
    off = guarded.plan(firewall="off")
    assert opened(off) == []
    assert notes(off, "proxy3") == []


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_every_shell_reads_a_firewall_alike(guarded: Cloud, shell: str) -> None:
    query = ReadFirewall(PORT)
    script = observe_script([query], NONCE).decode()
    verdicts = []
    for name in ("proxy1", "proxy2", "proxy3"):
        reply = guarded.hosts[name].ran(shell.split(), stdin=script).stdout
        verdicts.append(parse_reply(reply.encode(), [query], NONCE)[query].verdict)  # type: ignore[union-attr]
    assert verdicts == [Verdict.CLOSED, Verdict.CLOSED, Verdict.DROPPED]


def test_what_is_opened_is_reached_and_stays_so(guarded: Cloud) -> None:
    ufw, firewalld = guarded.hosts["proxy1"], guarded.hosts["proxy2"]
    guarded.hosts["proxy3"].sh(REMEDY)
    guarded.apply()
    assert guarded.plan()["converged"]
    assert reached(ufw)
    assert reached(firewalld)
    ufw.sh("systemctl restart ufw")
    firewalld.sh("systemctl restart firewalld")
    assert reached(ufw)
    assert reached(firewalld)
    for machine, program in ((ufw, "ufw"), (firewalld, "firewalld")):
        machine.power_off()
        machine.boot()
        guarded.hosts.await_service(machine.name)
        wait_until(lambda unit=program, on=machine: active(on, unit))  # type: ignore[misc]
        assert reached(machine)
    assert guarded.plan()["converged"]


def test_a_port_that_an_operator_limited_is_not_opened(guarded: Cloud) -> None:
    ufw, firewalld = guarded.hosts["proxy1"], guarded.hosts["proxy2"]
    ufw.sh(
        f"ufw delete allow {PORT}/tcp && ufw allow from 203.0.113.0/24 to any port {PORT} proto tcp"
    )
    rule = f'rule family="ipv4" source address="203.0.113.0/24" port port="{PORT}" protocol="tcp"'
    firewalld.sh(
        f"firewall-cmd --permanent --remove-port={PORT}/tcp && "
        f"firewall-cmd --permanent --add-rich-rule='{rule} accept' && firewall-cmd --reload"
    )
    planned = guarded.plan()
    assert planned["converged"]
    (by_ufw,), (by_firewalld,) = notes(planned, "proxy1"), notes(planned, "proxy2")
    assert f"allow {PORT}/tcp from 203.0.113.0/24" in by_ufw
    assert f"{rule} accept" in by_firewalld
    guarded.apply()
    wait_until(lambda: not reached(ufw))
    assert not reached(firewalld)


def test_a_login_that_is_not_root_cannot_tell_and_says_so(guarded: Cloud) -> None:
    query = ReadFirewall(PORT)
    script = observe_script([query], NONCE).decode()
    words = ["runuser", "-u", "ops", "--", "sh"]
    reply = guarded.hosts["proxy1"].ran(words, stdin=script).stdout
    fact = parse_reply(reply.encode(), [query], NONCE)[query]
    assert fact.verdict is Verdict.UNKNOWN  # type: ignore[union-attr]
    assert fact.detail == "only root may look at it"  # type: ignore[union-attr]
