"""Inventory and facts become values for roles: what is asked, and what each role is given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.core.identity import (
    FindProject,
    FindRole,
    FindUser,
    ReadGrants,
    TryLogin,
)
from setup_tool.core.plan import IDENTITY, Stage
from setup_tool.core.secret import Secret
from setup_tool.declare.bind import read_proxies
from setup_tool.declare.bind_logins import login_questions
from setup_tool.declare.instantiate import instantiate, package_questions
from setup_tool.declare.inventory import make_inventory, parse_inventory
from setup_tool.declare.questions import first_questions
from setup_tool.wiring import load_roles
from tests.scenarios.keystone import User
from tests.scenarios.scenario import make_cloud, ready

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.declare.inventory import Node
    from tests.scenarios.cloud import Cloud

TEMPAUTH = "[pipeline:main]\npipeline = cache tempauth slo proxy-server\n"
NODES: Mapping[str, Mapping[str, Any]] = {
    "s3api": {"group": "proxy"},
    "s3api-tempauth": {"group": "proxy", "file": TEMPAUTH},
    "swift3": {"group": "proxy", "package": "2.15.2-1", "swift3": "1.11.0-1"},
    "swift3-tempauth": {
        "group": "proxy",
        "file": TEMPAUTH,
        "package": "2.15.2-1",
        "swift3": "1.11.0-1",
    },
    "nova-ec2": {"group": "controller"},
    "nova-ec2-off": {
        "group": "controller",
        "package": "2:26.2.2-1",
        "file": "[DEFAULT]\nenabled_apis = ec2\n",
        "variables": {"ec2": "off"},
    },
    "ec2-api-off": {
        "group": "controller",
        "package": "2:26.2.2-1",
        "file": "[DEFAULT]\nmy_ip = 192.0.2.9\n",
        "variables": {"ec2": "off"},
        "ec2_api": {"account": "setup-tool made it for ec2-api"},
    },
    "ec2-api": {
        "group": "controller",
        "package": "2:26.2.2-1",
        "file": "[DEFAULT]\nmy_ip = 192.0.2.9\n",
        "variables": {"ec2": "standalone"},
    },
}
"""A node that needs the role, for each role of nodes."""


def a_cloud(*roles: str, **variables: Any) -> Cloud:
    return make_cloud({**ready(), "all": variables, **{role: NODES[role] for role in roles}})


def nodes_of(cloud: Cloud) -> tuple[Node, ...]:
    return make_inventory(parse_inventory(cloud.inventory, "inventory.yaml")).nodes


def first_answers(cloud: Cloud) -> dict[str, dict[Any, Any]]:
    return {
        node.name: {query: cloud.machines[node.name].ask(query) for query in first_questions(node)}
        for node in nodes_of(cloud)
    }


def references(role: str, each: str) -> set[str]:
    declared = [(d.fields, d.when) for d in load_roles()[role].declarations if d.each == each]
    return set(re.findall(r"\$\{([^}]*)\}", repr(declared)))


EC2_USER: Mapping[str, Any] = {"user": "ec2", "password": "canary-of-ec2"}


@pytest.mark.parametrize("role", NODES)
def test_a_role_of_nodes_is_given_the_values_it_refers_to_and_no_others(role: str) -> None:
    (use,) = [use for use in a_cloud(role).bound().uses if use.role == role]
    assert (use.each, use.target) == ("node", role)
    assert set(use.values) == references(role, "node")


@pytest.mark.parametrize(("role", "api"), [("s3api", "s3"), ("nova-ec2", "ec2")])
def test_what_is_published_is_given_the_values_it_refers_to_and_no_others(
    role: str, api: str
) -> None:
    (use,) = [use for use in a_cloud(role).bound().uses if use.each == "api"]
    assert (use.role, use.target, use.values["api"]) == ("identity", IDENTITY, api)
    assert set(use.values) == references("identity", "api")


def test_every_shipped_role_is_used_by_some_node() -> None:
    uses = [use for role in NODES for use in a_cloud(role).bound().uses]
    uses += a_cloud("nova-ec2", ec2_login=EC2_USER).bound().uses
    left = a_cloud("ec2-api-off")
    made = User("canary-of-ec2-api", description="EC2 API (made by setup-tool)")
    keystone = replace(left.keystone, users={"ec2-api": made})
    uses += replace(left, keystone=keystone).bound().uses
    assert {use.role for use in uses} == set(load_roles())
    assert len(instantiate(load_roles(), uses)) > len(load_roles())


def test_a_login_is_declared_once_however_many_proxies_use_it() -> None:
    cloud = make_cloud({**ready(), "a": {"group": "proxy"}, "b": {"group": "proxy"}})
    logins = [use for use in cloud.bound().uses if use.each == "login"]
    (login,) = [use.login for use in logins]
    assert login is not None
    assert (str(login.user), str(login.project)) == ("swift", "service")
    assert logins[0].values == {"set_password": False}


def test_the_user_for_nova_s_ec2_is_declared_once_however_many_controllers_serve_it() -> None:
    said = {"group": "controller", "variables": {"ec2_login": EC2_USER}}
    cloud = make_cloud({**ready(), "a": said, "b": said})
    (use,) = [use for use in cloud.bound().uses if use.each == "login"]
    assert use.role == "nova-ec2-user"
    assert set(use.values) == references("nova-ec2-user", "login")
    assert use.login is not None
    assert (str(use.login.user), str(use.login.project)) == ("ec2", "service")
    assert use.login.password == Secret("canary-of-ec2")


def test_each_password_is_tried_once_and_its_user_and_project_looked_up() -> None:
    nodes = {"a": {"group": "proxy"}, "b": {"group": "proxy"}}
    cloud = make_cloud({**ready(), **nodes})
    asked = login_questions(read_proxies(nodes_of(cloud), first_answers(cloud)))
    (tried,) = [query for query in asked if isinstance(query, TryLogin)]
    login = tried.login
    assert (login.user.name, login.project.name) == ("swift", "service")
    assert login.password == Secret("canary-of-swift")
    assert asked == (
        tried,
        FindRole("service"),
        FindUser(login.user),
        FindProject(login.project),
        ReadGrants(login.user, login.project),
    )


def test_no_login_is_tried_for_proxies_with_tempauth_or_without_s3() -> None:
    off = {"group": "proxy", "variables": {"s3": "off"}}
    cloud = make_cloud({**ready(), "tempauth": NODES["s3api-tempauth"], "off": off})
    proxies = read_proxies(nodes_of(cloud), first_answers(cloud))
    assert [proxy.node.name for proxy in proxies] == ["tempauth"]
    assert login_questions(proxies) == ()


def test_each_proxy_is_known_by_its_release_its_address_and_what_it_signs_for() -> None:
    file = "[DEFAULT]\nbind_ip = 192.0.2.7\nbind_port = 80\n" + TEMPAUTH
    cloud = make_cloud({**ready(), "node": {**NODES["s3api-tempauth"], "file": file}})
    bound = cloud.bound()
    (proxy,) = bound.proxies
    assert (proxy.release, proxy.login) == ("2.30.1", None)
    assert proxy.health_url == "http://192.0.2.7:80/healthcheck"
    assert bound.locations == {"node": "RegionOne"}


@pytest.mark.parametrize(
    ("role", "variables"),
    [
        ("s3api", {"proxy_health_url": "http://127.0.0.1:8080/healthcheck"}),
        (
            "s3api",
            {
                "proxy_health_url": "http://127.0.0.1:8080/healthcheck",
                "proxy_service": "swift-proxy-north",
                "state_dir": "~/state",
            },
        ),
        ("nova-ec2", {"nova_api_health_url": "http://127.0.0.1:8773/"}),
        (
            "nova-ec2",
            {"nova_api_health_url": "https://192.0.2.1/ec2", "nova_api_service": "nova-api-ec2"},
        ),
    ],
)
def test_a_node_whose_health_url_is_said_is_asked_once_for_all(
    role: str, variables: dict[str, str]
) -> None:
    cloud = a_cloud(role, **variables)
    (node,) = nodes_of(cloud)
    packages = package_questions(load_roles(), Stage.PROXIES)
    asked = (*first_questions(node), *packages)
    resources = instantiate(load_roles(), cloud.bound().uses)
    later = {q for r in resources if r.target == role for q in r.queries()}
    assert later <= set(asked)
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize(
    ("said", "prefix"),
    [
        ("AUTH", "AUTH_"),
        ("AUTH_", "AUTH_"),
        ("AUTH__", "AUTH__"),
        ("SERVICE , AUTH_", "SERVICE_"),
        ("SERVICE_, AUTH", "SERVICE_"),
        (" , KEY", "KEY_"),
        ("", ""),
        ("''", ""),
        (" '' , AUTH", ""),
        ("AUTH, ''", "AUTH_"),
    ],
)
def test_the_prefix_of_accounts_is_read_as_swift_reads_it(said: str, prefix: str) -> None:
    old = "operator_roles = admin, member"
    node = {"group": "proxy", "edit": {old: f"reseller_prefix = {said}"}}
    (use,) = [u for u in make_cloud({**ready(), "node": node}).bound().uses if u.role == "s3api"]
    assert use.values["reseller_prefix"] == prefix
