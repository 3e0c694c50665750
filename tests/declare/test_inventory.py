"""An inventory as a whole: nodes, precedence, contradictions between nodes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.inventory import (
    Inventory,
    VariableFile,
    make_inventory,
    parse_inventory,
    tree_of_listing,
)
from setup_tool.declare.located import NeedsAnsibleError, Origin

SLOW_MACHINES = settings(deadline=None)


def inventory(text: str, *files: VariableFile, source: str = "/cloud/hosts.yaml") -> Inventory:
    return make_inventory(parse_inventory(text, source), files, "/home/ops")


def group_vars(owner: str, text: str) -> VariableFile:
    return VariableFile("group", owner, f"/cloud/group_vars/{owner}.yml", text)


def host_vars(owner: str, text: str) -> VariableFile:
    return VariableFile("host", owner, f"/cloud/host_vars/{owner}.yml", text)


def test_only_hosts_of_the_two_groups_become_nodes() -> None:
    found = inventory(
        """\
compute: {hosts: {win1: {ansible_connection: winrm, serial: nonsense, regoin: x}}}
controller: {hosts: {c1: }}
proxy: {children: {rack: }, hosts: {p1: }}
rack: {hosts: {p0: , c1: }}
"""
    )
    assert [node.name for node in found.nodes] == ["c1", "p1", "p0"]
    assert [node.name for node in found.members("proxy")] == ["p1", "p0", "c1"]
    assert [node.name for node in found.members("controller")] == ["c1"]
    assert found.members("compute") == found.members("nowhere") == ()
    assert found.nodes[0].groups == {"all", "controller", "proxy", "rack"}
    assert found.others == {"win1"}


# From the weakest to the strongest place, as docs/inventory.md lists them.
PLACES = (
    "all",
    "group",
    "child",
    "group_vars/all",
    "group_vars/group",
    "group_vars/child",
    "host",
    "host_vars",
)


@SLOW_MACHINES
@given(st.sets(st.sampled_from(PLACES), min_size=1))
def test_the_strongest_of_any_places_holds(said: set[str]) -> None:
    def at(place: str) -> str:
        return f"{{region: '{place}'}}" if place in said else "{}"

    found = inventory(
        f"all: {{vars: {at('all')}}}\n"
        f"proxy: {{vars: {at('group')}, children: {{rack: }}}}\n"
        f"rack: {{vars: {at('child')}, hosts: {{p1: {at('host')}}}}}\n",
        group_vars("all", at("group_vars/all")),
        group_vars("proxy", at("group_vars/group")),
        group_vars("rack", at("group_vars/child")),
        host_vars("p1", at("host_vars")),
    )
    strongest = [place for place in PLACES if place in said][-1]
    assert found.nodes[0].settings.region == strongest


@SLOW_MACHINES
@given(st.permutations(["a", "b", "c"]), st.lists(st.integers(0, 3), min_size=3, max_size=3))
def test_groups_of_one_depth_go_by_priority_and_name_wherever_they_stand(
    order: list[str], priorities: list[int]
) -> None:
    groups = dict(zip("abc", priorities, strict=True))
    text = "proxy: {hosts: {p1: }}\n" + "".join(
        f"{name}: {{hosts: {{p1: }}, vars: {{region: {name}x, "
        f"ansible_group_priority: {groups[name]}}}}}\n"
        for name in order
    )
    strongest = max(groups, key=lambda name: (groups[name], name))
    assert inventory(text).nodes[0].settings.region == f"{strongest}x"


def test_files_of_one_group_are_merged_in_their_order_and_remember_their_lines() -> None:
    found = inventory(
        "proxy: {hosts: {p1: }}",
        group_vars("proxy", "---\nregion: first\nserial: 2\n"),
        VariableFile("group", "proxy", "/cloud/group_vars/proxy/20", "# later\n\nregion: second\n"),
        group_vars("proxy", ""),
    )
    settings = found.nodes[0].settings
    assert (settings.region, str(settings.serial)) == ("second", "2")
    assert settings.origins == {
        "region": Origin("/cloud/group_vars/proxy/20", 3),
        "serial": Origin("/cloud/group_vars/proxy.yml", 3),
    }


def test_a_file_of_variables_of_a_host_that_is_no_node_is_not_parsed() -> None:
    found = inventory(
        "web: {hosts: {w1: }}\nproxy: {hosts: {p1: }}", host_vars("w1", "{{{ not YAML")
    )
    assert [node.name for node in found.nodes] == ["p1"]


def test_an_encrypted_file_of_a_node_needs_ansible() -> None:
    with pytest.raises(
        NeedsAnsibleError, match=r"/cloud/host_vars/p1\.yml: This file is encrypted"
    ):
        inventory("proxy: {hosts: {p1: }}", host_vars("p1", "$ANSIBLE_VAULT;1.1;AES256\n31\n"))


def test_other_names_for_the_two_groups() -> None:
    found = inventory(
        "all: {vars: {group_map: {proxy: [swift-a, swift-b], controller: nova}}}\n"
        "proxy: {hosts: {squid: }}\nswift-a: {hosts: {p1: }}\nswift-b: {hosts: {p2: , p1: }}\n"
        "nova: {hosts: {p2: , n1: }}\n"
    )
    assert [node.name for node in found.members("proxy")] == ["p1", "p2"]
    assert [node.name for node in found.members("controller")] == ["p2", "n1"]
    assert found.nodes[1].groups == {"all", "swift-b", "nova", "proxy", "controller"}
    assert found.others == {"squid"}


def test_a_group_map_may_stand_in_the_group_vars_of_all() -> None:
    found = inventory("swift: {hosts: {p1: }}", group_vars("all", "group_map: {proxy: swift}"))
    assert [node.name for node in found.members("proxy")] == ["p1"]


def test_paths_on_the_operators_machine_are_made_whole() -> None:
    found = inventory(
        "proxy:\n  vars: {known_hosts: keys/hosts, ansible_ssh_private_key_file: ~/.ssh/id}\n"
        "  hosts: {p1: }"
    )
    node = found.nodes[0]
    assert node.settings.known_hosts == node.access.known_hosts == "/cloud/keys/hosts"
    assert node.access.key_file == "/home/ops/.ssh/id"


def test_a_relative_key_file_counts_from_where_one_works_as_with_ansible() -> None:
    text = "proxy: {hosts: {p1: {ansible_ssh_private_key_file: keys/id, known_hosts: '~/k'}}}"
    access = inventory(text).nodes[0].access
    assert (access.key_file, access.known_hosts) == ("keys/id", "/home/ops/k")


REFUSED = {
    "web: {hosts: {w1: }}": "/cloud/hosts.yaml: No host is in a group controller or proxy.",
    "proxy: \ncontroller: ": "/cloud/hosts.yaml: No host is in a group controller or proxy.",
    "all: {vars: {group_map: {proxy: swft}}}\nswift: {hosts: {p: }}": (
        "/cloud/hosts.yaml:1: group_map gives the group swft for proxy, but /cloud/hosts.yaml has "
        "no such group. Did you mean swift?"
    ),
    "all: {vars: {group_map: {proxi: swift}}}\nproxy: {hosts: {p: }}": (
        "/cloud/hosts.yaml:1: group_map has no key proxi; known are controller and proxy. "
        "Did you mean proxy?"
    ),
    "proxy: {hosts: {p: }, vars: {group_map: {proxy: proxy}}}": (
        "/cloud/hosts.yaml:1: group_map belongs into"
    ),
    "proxy: {hosts: {p: {group_map: {proxy: proxy}}}}": (
        "/cloud/hosts.yaml:1: group_map belongs into"
    ),
    "proxy: {hosts: {proxy: {ansible_port: 1}, p2: }}": (
        "/cloud/hosts.yaml: proxy is the name of a host and of a group with"
    ),
    "proxy: {hosts: {a: {ansible_host: 10.0.0.1}, b: {ansible_host: 10.0.0.1}}}": (
        "/cloud/hosts.yaml: a and b are the same machine: both are reached at 10.0.0.1 port 22."
    ),
    "proxy: {hosts: {a: {ansible_host: B}, b: }}": (
        "/cloud/hosts.yaml: a and b are the same machine"
    ),
    "proxy: {hosts: {a: , b: }, vars: {ansible_connection: local}}": (
        "/cloud/hosts.yaml: a and b are the same machine: both are reached at this machine."
    ),
    "proxy:\n  hosts:\n    a: {os_cloud: x}\n    b: {os_cloud: y}": (
        "/cloud/hosts.yaml: os_cloud must be the same for all of the nodes, but differs between "
        "a (/cloud/hosts.yaml:3) and b (/cloud/hosts.yaml:4)."
    ),
    "proxy:\n  hosts:\n    a:\n      nova_verison: 12": (
        "/cloud/hosts.yaml:4: The variable nova_verison is not known. Did you mean nova_version?"
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=range(len(REFUSED)))
def test_a_contradiction_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        inventory(text)
    assert str(refusal.value).startswith(sentence)


def test_a_misspelt_variable_is_found_in_group_vars_and_host_vars() -> None:
    for file in (group_vars("all", "\nregoin: x"), host_vars("p1", "\nregoin: x")):
        with pytest.raises(DeclarationError, match=rf"{file.path}:2: .*Did you mean region\?"):
            inventory("proxy: {hosts: {p1: }}", file)


def test_variables_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(DeclarationError, match=r"/cloud/group_vars/all.yml:1: A file of variables"):
        inventory("proxy: {hosts: {p1: }}", group_vars("all", "- region"))


def test_a_host_may_have_the_name_of_its_group_while_it_is_alone_in_it() -> None:
    found = inventory(
        "controller: {hosts: {controller: {ansible_port: 2201}}}\nproxy: {hosts: {p: }}"
    )
    assert [node.access.port for node in found.nodes] == [2201, 22]


def test_machines_behind_different_ports_or_jumps_are_different() -> None:
    found = inventory(
        """\
proxy:
  vars: {ansible_host: 127.0.0.1}
  hosts:
    a: {ansible_port: 2201}
    b: {ansible_port: 2202}
    c: {ansible_ssh_common_args: -J one}
    d: {ansible_ssh_common_args: -J two}
"""
    )
    assert len({node.access.where for node in found.nodes}) == 4


def test_what_nodes_agree_on_is_told_and_where_they_do_not_is_named() -> None:
    found = inventory(
        "proxy:\n  hosts:\n    a: {s3_url: 'http://x'}\n    b: {s3_url: 'http://x'}\n    c:"
    )
    with pytest.raises(
        DeclarationError, match=r"differs between a \(/cloud/hosts.yaml:3\) and c \(its default\)"
    ):
        found.agreed("s3_url", "proxy")
    assert found.agreed("region", "proxy") is None
    assert found.agreed("s3_url", "controller") is None
    assert str(found.agreed("serial")) == "1"


LISTING = {
    "_meta": {
        "hostvars": {
            "p1": {
                "ansible_become_password": "canary-s3cret",
                "group_map": {"proxy": "swift"},
                "ec2": False,
            },
            "p2": {"ansible_user": {"__ansible_unsafe": "a{{b"}, "group_map": {"proxy": "swift"}},
        },
        "profile": "inventory_legacy",
    },
    "all": {"children": ["ungrouped", "swift"]},
    "swift": {"hosts": ["p2", "p1", "p3"]},
}


def test_the_listing_of_ansible_inventory_is_an_inventory_too() -> None:
    found = make_inventory(tree_of_listing(LISTING, "hosts.ini"))
    assert [node.name for node in found.members("proxy")] == ["p2", "p1", "p3"]
    assert found.nodes[0].access.user == "a{{b"
    assert found.nodes[1].settings.ec2 == "off"
    assert found.nodes[1].access.become_password is not None
    assert found.nodes[1].access.become_password.reveal() == "canary-s3cret"
    assert str(found.nodes[1].settings.origins["ec2"]) == "hosts.ini (read by ansible-inventory)"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"ansible_become_password": {"__ansible_vault": "$ANSIBLE_VAULT;1.1"}},
            "is encrypted by itself",
        ),
        ({"swift_version": 2.3}, "swift_version is not in quotation marks"),
        ({"region": ["a"]}, "region wants a single value"),
    ],
)
def test_what_a_listing_cannot_say_is_refused(variables: dict[str, object], sentence: str) -> None:
    listing = {"_meta": {"hostvars": {"p1": variables}}, "proxy": {"hosts": ["p1"]}}
    with pytest.raises(DeclarationError, match=sentence):
        make_inventory(tree_of_listing(listing, "hosts.ini"))


def test_a_listing_that_is_none_is_refused() -> None:
    with pytest.raises(DeclarationError, match="not of the form Ansible documents"):
        tree_of_listing({"proxy": ["p1"]}, "hosts.ini")


def test_no_secret_is_in_the_representation_of_an_inventory_or_of_its_sources() -> None:
    text = (
        "proxy: {hosts: {p1: {ansible_password: canary-s3cret, "
        "s3_login: {password: canary-s3cret}}}}"
    )
    tree = parse_inventory(text, "hosts.yaml")
    file = group_vars("proxy", "ansible_become_password: canary-s3cret")
    seen = "".join(map(repr, (tree, file, make_inventory(tree, [file]))))
    assert "canary" not in seen
    assert seen.count("Secret(********)") == 3


@pytest.mark.parametrize(
    "variables",
    [
        "ansible_password: [canary-s3cret]",
        "ansible_password: 'canary-s3cret\n\n  more'",
        "ansible_become: canary-s3cret",
        "ansible_port: canary-s3cret",
        "ansible_become_password: '{{ canary-s3cret | quote }}'",
        "ansible_ssh_common_args: -o ProxyCommand='sshpass -p canary-s3cret ssh x'",
        "s3_url: http://user:canary-s3cret@host",
        "s3_url: canary-s3cret",
        "s3: canary-s3cret",
        "serial: canary-s3cret",
        "nova_conf: canary-s3cret",
        "nova_version: canary-s3cret",
        "s3_login: canary-s3cret",
        "s3_login: {user: [canary-s3cret]}",
        "s3_login: {password: 0123, user: canary-s3cret}",
        "proxy_service: canary s3cret",
    ],
)
def test_a_refused_value_is_not_quoted(variables: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        inventory(f"proxy:\n  hosts: {{p1: }}\n  vars:\n    {variables}\n")
    message = str(refusal.value)
    assert message.startswith("/cloud/hosts.yaml:4: ")
    assert "canary" not in message
    assert [refusal.value.__cause__, refusal.value.__suppress_context__] in (
        [None, True],
        [None, False],
    )


def test_every_pair_of_sources_reads_the_same_as_one_file() -> None:
    one = inventory("proxy: {hosts: {p1: {region: R, serial: 3}}}")
    for kinds in itertools.product((group_vars, host_vars), repeat=2):
        files = [
            kind("proxy" if kind is group_vars else "p1", text)
            for kind, text in zip(kinds, ("region: R", "serial: 3"), strict=True)
        ]
        assert inventory("proxy: {hosts: {p1: }}", *files).nodes == one.nodes
