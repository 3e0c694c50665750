"""``--limit``; the chosen hosts are those ``ansible --list-hosts`` 2.19 gives, in any order."""

from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.inventory import Inventory, make_inventory, parse_inventory
from setup_tool.declare.patterns import select


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    text = """\
all:
  vars: {group_map: {proxy: all}}
  hosts: {b1: , a1: , u1: }
  children:
    g1:
      hosts: {a1: , z1: , c1: }
      children:
        g2: {hosts: {y1: , c1: }}
        g3: {hosts: k1, children: {g4: {hosts: {j1: }}}}
g4: {hosts: {a0: }}
ungrouped: {hosts: {u1: , u2: }}
"""
    return make_inventory(parse_inventory(text, "hosts.yaml"))


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    {
        "all": "b1 a1 u1 u2 z1 c1 y1 k1 j1 a0",
        "*": "b1 a1 u1 u2 z1 c1 y1 k1 j1 a0",
        "b1": "b1",
        "all:!g3": "b1 a1 u1 u2 z1 c1 y1",
        "g1[0]": "a1",
        "g1[-1]": "a0",
        "g1[1:]": "z1 c1 y1 k1 j1 a0",
        "g1[1:2]": "z1 c1",
        "&g2": "c1 y1",
        "g*": "a1 z1 c1 y1 k1 j1 a0",
        "b1,&all": "b1",
        "k1:j1": "k1 j1",
        " k1 , j1 ,": "k1 j1",
        "g1:&g2": "c1 y1",
        "!g2,a*": "b1 a1 u1 u2 z1 k1 j1 a0",
        "ungrouped": "u1 u2 b1",
        "*1": "a1 z1 c1 y1 k1 j1 a0 u1 b1",
        "a?": "a1 a0",
        "[ab]1": "b1 a1",
        "all:!b1:!g1": "u1 u2",
    }.items(),
)
def test_a_pattern_chooses_the_hosts_ansible_would(
    inventory: Inventory, pattern: str, hosts: str
) -> None:
    chosen = [node.name for node in select(inventory, pattern)]
    # "!g2,a*" is where Ansible leaves the union out of account when exclusions come first.
    expected = set(hosts.split()) if pattern != "!g2,a*" else {"a1", "a0", *hosts.split()}
    assert set(chosen) == expected
    assert chosen == [node.name for node in inventory.nodes if node.name in expected]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    {
        "": "names no host or group",
        ",": "names no host or group",
        "all,!": "names no host or group",
        "b2": "--limit names b2, but hosts.yaml has no such host or group.",
        "all:!b2": "--limit names b2, but hosts.yaml has no such host or group",
        "x*": "no such host or group",
        "g1[10]": "leaves none of the nodes of hosts.yaml. They are b1, a1, u1, u2, z1, c1",
        "b1:!b1": "leaves none of the nodes",
        "~b.*": "regular expressions (~) and files of hosts (@) are not understood",
        "@retry": "regular expressions (~) and files of hosts (@) are not understood",
    }.items(),
)
def test_a_pattern_that_names_nothing_or_leaves_nothing_is_an_error(
    inventory: Inventory, pattern: str, sentence: str
) -> None:
    with pytest.raises(DeclarationError) as refusal:
        select(inventory, pattern)
    assert sentence in str(refusal.value)


def test_a_name_close_to_a_known_one_is_suggested(inventory: Inventory) -> None:
    with pytest.raises(DeclarationError, match=r"Did you mean ungrouped\?"):
        select(inventory, "all:!ungruoped")


def test_hosts_that_are_no_nodes_may_be_named_but_are_never_chosen() -> None:
    text = "web: {hosts: {w1: , w2: }}\nproxy: {hosts: {p1: , p2: }}\n"
    found = make_inventory(parse_inventory(text, "hosts.yaml"))
    assert [node.name for node in select(found, "*:!web:!w1")] == ["p1", "p2"]
    assert [node.name for node in select(found, "?1,p2")] == ["p1", "p2"]
    with pytest.raises(
        DeclarationError, match=r"leaves none of the nodes of hosts\.yaml\. They are p1, p2"
    ):
        select(found, "web,w2")


def test_a_group_goes_by_setup_tools_name_for_it_too() -> None:
    text = (
        "all: {vars: {group_map: {proxy: swift}}}\nswift: {hosts: {p1: }}\n"
        "controller: {hosts: {c1: }}\n"
    )
    found = make_inventory(parse_inventory(text, "hosts.yaml"))
    for pattern in ("proxy", "swift", "all:!controller", "pro*"):
        assert [node.name for node in select(found, pattern)] == ["p1"]


def test_an_address_with_colons_is_a_name() -> None:
    found = make_inventory(parse_inventory("proxy: {hosts: {'fe80::1': , b: }}", "hosts.yaml"))
    assert [node.name for node in select(found, "fe80::1")] == ["fe80::1"]
