"""What every `Shell` tells of a firewall, and what a transaction does to open a port."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from setup_tool.core.firewall import FirewallFact, OpenPort, ReadFirewall, Verdict
from setup_tool.core.transaction import Ending, Transaction
from tests.contracts.changes import STATE, change, snapshot
from tests.node.places import Heard, free_port, little_service

if TYPE_CHECKING:
    from tests.node.places import Place

UFW = """\
#!/bin/sh
echo "$@" >>~/asked
exit $(cat ~/ending)
"""


def test_a_node_says_whether_a_service_is_reached_by_loopback_alone(place: Place) -> None:
    place.fake("nft", "#!/bin/sh\necho 'table inet filter {'\necho '}'\n")
    with little_service(place.home, "fine") as service:
        shell = place.shell()
        ours, nobody = ReadFirewall(service.port), ReadFirewall(free_port())
        before = snapshot(place.home)
        facts = shell.observe([ours, nobody])
        assert snapshot(place.home) == before
        shell.close()
    for query, loopback in ((ours, True), (nobody, False)):
        fact = facts[query]
        assert isinstance(fact, FirewallFact)
        assert fact.loopback is loopback
        assert os.getuid() == 0 or fact.verdict is Verdict.UNKNOWN


def test_a_node_without_any_rules_lets_everybody_in(place: Place) -> None:
    place.fake("id", "#!/bin/sh\necho 0\n")
    place.fake("nft", "#!/bin/sh\n")
    query = ReadFirewall(free_port())
    assert place.shell().observe([query]) == {query: FirewallFact(Verdict.OPEN)}


def test_a_port_is_opened_when_the_service_is_proven(place: Place) -> None:
    place.fake("ufw", UFW)
    (place.home / "ending").write_text("0")
    with little_service(place.home, "fine") as service:
        shell, heard = place.shell(), Heard()
        made = change(service, "first", b"fine", b"finer")
        opening = OpenPort(service.port, "ufw", "little")
        steps = (opening, *made.steps)
        outcome = shell.commit(Transaction("first", STATE, steps, made.canaries), heard)
        shell.close()
    assert outcome.ending is Ending.DONE
    assert heard.texts[-1] == f"open port {service.port}/tcp in ufw"
    asked = (place.home / "asked").read_text()
    assert asked == f"allow {service.port}/tcp comment setup-tool: little\n"
    journal = (place.run_folder("first") / "journal").read_text()
    assert f"# opened ufw {service.port}" in journal


def test_a_port_that_cannot_be_opened_undoes_nothing_that_was_proven(place: Place) -> None:
    place.fake("ufw", UFW)
    (place.home / "ending").write_text("1")
    with little_service(place.home, "fine") as service:
        shell = place.shell()
        made = change(service, "first", b"fine", b"finer")
        opening = OpenPort(service.port, "ufw", "little")
        steps = (opening, *made.steps)
        outcome = shell.commit(Transaction("first", STATE, steps, made.canaries), Heard())
        shell.close()
        assert service.conf.read_bytes() == b"finer"
    assert outcome.ending is Ending.FAILED
    assert outcome.step == f"open port {service.port}/tcp in ufw"
    assert outcome.detail.startswith(f"port {service.port}/tcp could not be opened in ufw")


def test_a_run_that_is_undone_has_opened_nothing(near: Place) -> None:
    near.fake("ufw", UFW)
    (near.home / "ending").write_text("0")
    with little_service(near.home, "fine") as service:
        made = change(service, "first", b"fine", b"broken", timeout=1)
        steps = (OpenPort(service.port, "ufw", "little"), *made.steps)
        outcome = near.shell().commit(Transaction("first", STATE, steps, made.canaries), Heard())
        assert outcome.ending is Ending.RESTORED
        assert service.conf.read_bytes() == b"fine"
    assert not (near.home / "asked").exists()
