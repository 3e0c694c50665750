"""What a new lab is: a real cloud that setup-tool has not touched yet."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from setup_tool.lab import lab
from tests.lab_fixture import request

if TYPE_CHECKING:
    from tests.lab_fixture import RunningLab


def ask(running: RunningLab, path: str) -> Any:
    answer = request("GET", f"{running.keystone}{path}", headers=running.login().headers)
    assert answer.status == 200, answer
    return json.loads(answer.body)


def test_everything_runs_and_each_service_says_where(running_lab: RunningLab) -> None:
    status = lab.status(running_lab.folder)
    assert status.running
    assert [service.name for service in status.services] == [
        "keystone",
        "storage",
        "cache",
        "nodes",
        "front",
        "proxy1",
        "proxy2",
    ]
    assert len({service.pid for service in status.services}) == 7
    assert status.services[0].address == running_lab.keystone


def test_starting_a_running_lab_again_starts_nothing(running_lab: RunningLab) -> None:
    assert lab.up(running_lab.folder) == lab.status(running_lab.folder)


def test_the_catalogue_has_swift_and_keystone_and_nothing_of_aws(running_lab: RunningLab) -> None:
    services = ask(running_lab, "/services")["services"]
    assert sorted(service["type"] for service in services) == ["identity", "object-store"]
    endpoints = ask(running_lab, "/endpoints")["endpoints"]
    front = running_lab.record.url("front")
    assert sorted(
        (endpoint["interface"], endpoint["region_id"])
        for endpoint in endpoints
        if endpoint["url"] == f"{front}/v1/AUTH_%(tenant_id)s"
    ) == [("admin", "RegionOne"), ("internal", "RegionOne"), ("public", "RegionOne")]


def test_swifts_user_has_role_admin_on_the_service_project_and_not_service(
    running_lab: RunningLab,
) -> None:
    user = ask(running_lab, "/users?name=swift")["users"][0]["id"]
    granted = ask(running_lab, f"/role_assignments?user.id={user}&include_names")
    assert [
        (each["role"]["name"], each["scope"]["project"]["name"])
        for each in granted["role_assignments"]
    ] == [("admin", "service")]
    roles = ask(running_lab, "/roles")["roles"]
    assert "service" in {role["name"] for role in roles}


@pytest.mark.parametrize("user", ["demo", "alice", "bob"])
def test_a_user_is_a_member_of_a_project(running_lab: RunningLab, user: str) -> None:
    login = running_lab.login(user)
    assert login.roles == {"member", "reader"}
    same = running_lab.login("demo").project_id == login.project_id
    assert same == (user != "bob")


@pytest.mark.parametrize("way", ["proxy1", "proxy2", "front"])
def test_swift_knows_tokens_and_has_no_accounts_yet(running_lab: RunningLab, way: str) -> None:
    login = running_lab.login("demo")
    account = f"{running_lab.record.url(way)}/v1/AUTH_{login.project_id}"
    assert request("GET", account).status == 401
    assert request("GET", account, headers=login.headers).status == 404


def test_no_proxy_has_s3_in_its_pipeline(running_lab: RunningLab) -> None:
    for proxy in ("proxy1", "proxy2"):
        conf = running_lab.layout.proxy_conf(proxy).read_text()
        assert " authtoken keystoneauth " in conf
        assert "s3api" not in conf
        assert "tempauth " not in conf.partition("[pipeline:main]\n")[2]
    info = request("GET", f"{running_lab.record.url('front')}/info")
    assert "s3api" not in json.loads(info.body)


def test_the_access_log_has_a_line_for_each_request(running_lab: RunningLab) -> None:
    before = len(running_lab.access_lines())
    request("GET", f"{running_lab.keystone}/users?name=a%20b", headers={"User-Agent": 'a "b"'})
    running_lab.login("demo")
    lines = [line.split(" ", 4)[1:] for line in running_lab.access_lines()[before:]]
    assert lines[0] == ["GET", "/v3/users?name=a%20b", "401", '"a \\"b\\""']
    assert lines[1][:3] == ["POST", "/v3/auth/tokens", "201"]


def test_no_log_holds_a_password_or_a_token(running_lab: RunningLab) -> None:
    login = running_lab.login("demo")
    request("GET", login.object_store, headers=login.headers)
    secrets = [*json.loads(running_lab.layout.passwords.read_bytes()).values(), login.token]
    logs = list(running_lab.layout.logs.iterdir())
    assert len(logs) == 9
    for log in logs:
        assert not [secret for secret in secrets if secret in log.read_text()], log


def test_what_is_secret_is_readable_by_its_owner_alone(running_lab: RunningLab) -> None:
    assert running_lab.folder.stat().st_mode & 0o777 == 0o700
    where = running_lab.layout
    for path in (
        where.passwords,
        where.clouds,
        where.ssh / "user",
        where.keystone / "keystone.db",
        where.keystone / "fernet-keys" / "0",
        where.proxy_conf("proxy1"),
        where.nova_conf(),
    ):
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_the_environment_leads_to_the_admins_cloud(running_lab: RunningLab) -> None:
    variables = lab.environment(running_lab.folder)
    assert variables["OS_CLOUD"] == "lab"
    with open(variables["OS_CLIENT_CONFIG_FILE"]) as file:  # noqa: PTH123
        clouds = yaml.safe_load(file)["clouds"]
    assert sorted(clouds) == ["lab", "lab-alice", "lab-bob", "lab-demo"]
    assert clouds["lab"]["auth"]["auth_url"] == running_lab.keystone


def test_the_inventory_names_what_there_is(running_lab: RunningLab) -> None:
    inventory = yaml.safe_load(running_lab.layout.inventory.read_text())["all"]
    groups = inventory["children"]
    assert {name: sorted(group["hosts"]) for name, group in groups.items()} == {
        "controller": ["controller"],
        "proxy": ["proxy1", "proxy2"],
    }
    assert groups["controller"]["vars"]["nova_version"] == "31.0.0"
    assert request("GET", groups["proxy"]["hosts"]["proxy2"]["proxy_health_url"]).body == b"OK"
    controller, proxy = groups["controller"]["vars"], groups["proxy"]["vars"]
    on_nodes = [
        (proxy["proxy_conf"], "proxy2"),
        (shlex.split(proxy["proxy_restart"])[0], "proxy2"),
        (shlex.split(proxy["proxy_reload"])[0], "proxy2"),
        (controller["nova_conf"], "controller"),
    ]
    named = [
        inventory["vars"]["ansible_ssh_private_key_file"],
        inventory["vars"]["known_hosts"],
        *(path.replace("~", str(running_lab.layout.nodes / node)) for path, node in on_nodes),
    ]
    assert [path for path in named if not os.path.exists(path)] == []  # noqa: PTH110
