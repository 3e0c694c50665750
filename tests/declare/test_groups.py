"""The tree of groups; the expectations are what ``ansible-inventory`` 2.19 printed."""

from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.groups import GroupTree, parse_inventory
from setup_tool.declare.located import NeedsAnsibleError

ORDER = """\
ungrouped: {hosts: {u1: , u2: }}
all:
  hosts: {b1: , a1: , u1: }
  children:
    g1:
      hosts: {a1: , z1: , c1: }
      children:
        g2: {hosts: {y1: , c1: }}
        g3: {hosts: k1, children: {g4: {hosts: {j1: }}}}
g4: {hosts: {a0: }}
"""


def tree(text: str) -> GroupTree:
    return parse_inventory(text, "hosts.yaml")


@pytest.mark.parametrize(
    ("group", "hosts"),
    {
        "all": "b1 a1 u1 u2 z1 c1 y1 k1 j1 a0",
        "ungrouped": "u1 u2 b1",
        "g1": "a1 z1 c1 y1 k1 j1 a0",
        "g2": "y1 c1",
        "g3": "k1 j1 a0",
        "g4": "j1 a0",
    }.items(),
)
def test_a_groups_hosts_come_level_by_level_as_in_ansible(group: str, hosts: str) -> None:
    assert tree(ORDER).members(group) == tuple(hosts.split())


def test_deeper_groups_override_and_then_priority_and_then_the_name() -> None:
    found = tree(
        """\
all:
  children:
    zeta: {hosts: {h1: }}
    alpha: {children: {beta: {hosts: {h1: }}}}
    prio: {hosts: {h1: }, vars: {ansible_group_priority: 10}}
    aprio: {hosts: {h1: }}
deep: {children: {alpha: }}
"""
    )
    assert found.hosts["h1"].groups == ("all", "aprio", "deep", "zeta", "prio", "alpha", "beta")


def test_a_host_said_in_several_places_has_the_variables_of_all_the_last_winning() -> None:
    found = tree(
        "a: {hosts: {h1: {x: 1, y: 1}}}\nb: {hosts: {h1: {x: 2}}}\nc: {hosts: {'h[1:2]:99': {}}}"
    )
    said = {name: entry.value.text for name, entry in found.hosts["h1"].variables.items()}  # type: ignore[union-attr]
    assert said == {"x": "2", "y": "1", "ansible_port": "99"}


def test_a_merge_key_and_an_anchor_are_followed() -> None:
    found = tree("a: {vars: {m: &m {k: 1, l: 2}}, hosts: {h1: {<<: [*m, {k: 3, n: 4}], l: 5}}}")
    said = {name: entry.value.text for name, entry in found.hosts["h1"].variables.items()}  # type: ignore[union-attr]
    assert said == {"k": "1", "l": "5", "n": "4"}


REFUSED = {
    "": "hosts.yaml: The inventory is empty.",
    "---\n": "hosts.yaml: The inventory is empty.",
    "{}": "hosts.yaml: The inventory is empty.",
    "- proxy1\n": "hosts.yaml:1: An inventory in YAML is a mapping of groups",
    "proxy1": "hosts.yaml:1: An inventory in YAML is a mapping of groups",
    "proxy: [a]": "hosts.yaml:1: The group proxy is a mapping",
    "proxy:\n  hosts:\n  - a\n": (
        "hosts.yaml:2: `hosts` of the group proxy is a mapping, not a list"
    ),
    "proxy:\n  vars: x\n": "hosts.yaml:2: `vars` of the group proxy is a mapping",
    "proxy:\n  host: {a: }\n": "hosts.yaml:2: The group proxy holds the unknown key `host`",
    "proxy:\n  hosts:\n    a: 10.0.0.1\n": (
        "hosts.yaml:3: What stands under the host a is a mapping"
    ),
    "proxy:\n  hosts:\n    a[3:1]: \n": "hosts.yaml:3: The host name a[3:1] cannot be read",
    "proxy:\n  hosts:\n    a b: \n": "hosts.yaml:3: A host has a name",
    "proxy:\n  hosts:\n    '': \n": "hosts.yaml:3: A host has a name",
    "proxy:\n  hosts:\n    a: \n    b: \n    a: \n": (
        "hosts.yaml:5: The host a stands here a second time; the first is at line 3"
    ),
    "proxy:\nweb:\nproxy:\n": "hosts.yaml:3: The group proxy stands here a second time",
    "a: {children: {b: {children: {a: }}}}": (
        "hosts.yaml: The groups a, b are children of one another"
    ),
    "a: {children: {all: }}": "hosts.yaml: The groups",
    "a: {vars: {ansible_group_priority: high}, hosts: {h: }}": (
        "hosts.yaml:1: ansible_group_priority is a whole number"
    ),
    "proxy:\n\thosts: {}\n": (
        "hosts.yaml:2: This is not valid YAML: a tab stands in the indentation"
    ),
    "proxy: {hosts: {a: }\n": (
        "hosts.yaml:2: This is not valid YAML: did not find expected ',' or '}'."
    ),
    "proxy: *nobody\n": "hosts.yaml:1: This is not valid YAML: found undefined alias",
    "a: 1\n---\nb: 2\n": "hosts.yaml:2: This is not valid YAML",
    "a: 1\nb: \x07\n": "hosts.yaml:2: A control character stands here",
    "a: &x {vars: {b: *x}}\n": "hosts.yaml:1: The value of an anchor holds the anchor itself",
    "a: {hosts: {h: {<<: 1}}}\n": "hosts.yaml:1: `<<` wants a mapping",
    "a: " + "[" * 5000 + "]" * 5000: "hosts.yaml: The YAML is nested too deep",
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_no_inventory_is_refused_with_file_and_line(text: str, sentence: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        tree(text)
    assert str(refusal.value).startswith(sentence)
    assert refusal.value.exit_status == 2


@pytest.mark.parametrize(
    "text", ["$ANSIBLE_VAULT;1.1;AES256\n3138\n", "plugin: openstack.cloud.openstack\n"]
)
def test_what_only_ansible_can_read_is_told_apart(text: str) -> None:
    with pytest.raises(NeedsAnsibleError, match=r"hosts\.yaml: This"):
        tree(text)


@pytest.mark.parametrize(
    "password",
    [
        "*canary-s3cret",
        "!canary-s3cret x: y",
        "'canary-s3cret",
        "{canary-s3cret",
        "\tcanary-s3cret: [",
    ],
)
def test_a_password_that_breaks_the_yaml_is_not_quoted(password: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        tree(f"a:\n  vars:\n    ansible_password: {password}\n  x: y: z\n")
    assert "canary" not in str(refusal.value)
    assert refusal.value.__cause__ is None
