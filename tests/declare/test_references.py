"""References to other variables of a host."""

from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.inventory import Node, make_inventory, parse_inventory


def node(variables: str) -> Node:
    text = f"proxy:\n  hosts: {{p1.example.org: }}\n  vars:\n    {variables}\n"
    return make_inventory(parse_inventory(text, "/cloud/hosts.yaml")).nodes[0]


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ("region: '{{ cloud_region }}'\n    cloud_region: R1", "R1"),
        ("region: '{{a}}-{{- b -}}'\n    a: '{{ b }}1'\n    b: x", "x1-x"),
        ("region: '{{ inventory_hostname }}'", "p1.example.org"),
        ("region: '{{ inventory_hostname_short }}'", "p1"),
        ("region: '{{ inventory_dir }} {{ inventory_file }}'", "/cloud /cloud/hosts.yaml"),
        ("region: !unsafe '{{ a }}'", "{{ a }}"),
        ("region: 'a}} {b'", "a}} {b"),
    ],
)
def test_a_reference_stands_for_the_variables_value(variables: str, region: str) -> None:
    assert node(variables).settings.region == region


def test_a_whole_reference_keeps_what_kind_of_value_it_is() -> None:
    found = node(
        "serial: '{{ many }}'\n    many: 3\n"
        "    s3_login: '{{ login }}'\n    login: {user: '{{ who }}'}\n    who: me"
    )
    assert found.settings.serial.amount == 3
    assert found.settings.s3_login is not None
    assert found.settings.s3_login.user == "me"


def test_the_value_that_holds_for_the_host_is_the_one_referred_to() -> None:
    text = """\
all: {vars: {ansible_host: 10.0.0.0, proxy_health_url: "http://{{ ansible_host }}:8080/info"}}
proxy: {hosts: {p1: {ansible_host: 10.0.0.1}, p2: {ansible_host: 10.0.0.2}}}
"""
    found = make_inventory(parse_inventory(text, "hosts.yaml"))
    assert [n.settings.proxy_health_url for n in found.nodes] == [
        "http://10.0.0.1:8080/info",
        "http://10.0.0.2:8080/info",
    ]


def test_a_referred_password_is_a_secret() -> None:
    found = node("ansible_become_password: '{{ my_pass }}'\n    my_pass: canary-s3cret")
    assert found.access.become_password is not None
    assert found.access.become_password.reveal() == "canary-s3cret"
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ("region: '{{ lost }}'", "region of p1.example.org refers to the variable lost, which"),
        ("region: '{{ a | upper }}'", "region of p1.example.org is a Jinja2 expression"),
        ("region: '{% if x %}a{% endif %}'", "is a Jinja2 expression"),
        ("region: '{{ a }} {{ b['", "is a Jinja2 expression"),
        ("region: '{{ region }}'", "refers to itself through region"),
        (
            "region: 'x{{ a }}'\n    a: '{{ b }}'\n    b: '{{ a }}'",
            "refers to itself through region, a, b",
        ),
        ("region: 'x{{ a }}'\n    a: [1]", "puts a, which is no single value, into a text"),
        ("region: 'x{{ a }}'\n    a: !vault abc", "region is encrypted by itself"),
        (
            "s3_login: {user: '{{ lost }}'}",
            "s3_login.user of p1.example.org refers to the variable lost",
        ),
        (
            "ansible_host: '{{ groups[0] }}'",
            "ansible_host of p1.example.org is a Jinja2 expression",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(variables: str, sentence: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        node(variables)
    assert str(refusal.value).startswith("/cloud/hosts.yaml:")
    assert sentence in str(refusal.value)


def test_an_expression_in_somebody_elses_variable_is_left_alone() -> None:
    assert node("kolla_x: '{{ lookup(1) }}'").settings.region is None
