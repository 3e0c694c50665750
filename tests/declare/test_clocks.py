"""Clocks that are off: said, and on proxies refused where signatures would be."""

from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import SystemFact
from setup_tool.core.plan import Note
from setup_tool.core.queries import ReadSystem
from setup_tool.declare.clocks import check_clocks
from setup_tool.declare.inventory import make_inventory, parse_inventory

NOW = 1_790_000_000
HOSTS = """\
all: {vars: {state_dir: /s}}
controller: {hosts: {c1: }}
proxy: {hosts: {p1: , p2: }}
"""


def clocks(took: float = 0.7, **off: int) -> tuple[Note, ...]:
    """Check the clocks of three nodes, some of them so many seconds ahead when all was asked."""
    nodes = make_inventory(parse_inventory(HOSTS, "hosts.yaml")).nodes
    facts = {
        node.name: {
            ReadSystem("/s"): SystemFact(
                "root",
                0,
                "/root",
                "debian",
                "12",
                NOW + off.get(node.name, 0),
                systemd=True,
                http_client="curl",
            )
        }
        for node in nodes
    }
    return check_clocks(nodes, facts, NOW - took, NOW + 0.7)


def test_clocks_that_agree_within_what_an_observation_takes_are_not_spoken_of() -> None:
    assert clocks(p1=50, p2=-50, c1=5) == ()


def test_a_node_that_was_asked_long_before_the_others_has_no_wrong_clock() -> None:
    assert clocks(took=3600, p1=-3500) == ()


def test_a_clock_that_is_off_a_little_is_noted() -> None:
    [note] = clocks(p2=-125)
    assert note == Note(
        "p2",
        "The clock is 2 min 4 s behind this machine's; one of the two is wrong. S3 refuses what is "
        "signed 15 minutes off.",
    )


def test_all_proxies_whose_clocks_are_an_hour_off_are_refused_together() -> None:
    with pytest.raises(DeclarationError) as refused:
        clocks(p1=3601, p2=-3600)
    assert "p1: the clock is 1 h ahead of this machine's; one of the two is wrong" in str(
        refused.value
    )
    assert "p2: the clock is 59 min 59 s behind this machine's" in str(refused.value)


def test_a_controller_whose_clock_is_an_hour_off_is_only_noted() -> None:
    assert [note.target for note in clocks(c1=3600)] == ["c1"]
