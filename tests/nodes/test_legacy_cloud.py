"""The cloud of Pike's releases: what its services answer, and what is seen on its machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.ssh import SshShell
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.core.facts import HttpFact, InstallationFact, ServiceFact, Source, SystemFact
from setup_tool.core.queries import FetchHttp, ReadInstallation, ReadService, ReadSystem
from setup_tool.declare.access import Access
from setup_tool.declare.questions import PROXY_UNITS
from setup_tool.declare.versions import swift_from_info
from tests.lab_fixture import request
from tests.nodes.accounts import Accounts
from tests.nodes.places import LEGACY_KEYSTONE, LEGACY_KEYSTONE_ADMIN, LEGACY_SWIFT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.nodes.legacy_cloud import LegacyCloud

pytestmark = pytest.mark.live("Keystone 12.0.3")

HEALTH = f"{LEGACY_SWIFT}/healthcheck"


@pytest.fixture
def shell(legacy_cloud: LegacyCloud, tmp_path: Path) -> Iterator[SshShell]:
    """The node as setup-tool enters it."""
    hosts = legacy_cloud.hosts
    access = Access(
        legacy_cloud.machine.address,
        user="ops",
        key_file=str(hosts.key),
        known_hosts=str(hosts.known_hosts),
        become=True,
    )
    entered = SshShell("old", access, SshContext(tmp_path, agent=False))
    yield entered
    entered.close()


def test_v2_has_what_v3_has(legacy_cloud: LegacyCloud) -> None:
    v2, v3 = legacy_cloud.v2(), legacy_cloud.v3()
    for kind, same in (("users", "users"), ("tenants", "projects")):
        names = {one["name"]: one["id"] for one in v2.ask("GET", f"/{kind}")[kind]}
        assert names == {one["name"]: one["id"] for one in v3.ask("GET", f"/{same}")[same]}
    services = v2.ask("GET", "/OS-KSADM/services")["OS-KSADM:services"]
    assert {one["type"] for one in services} == {"identity", "object-store"}
    urls = {one["publicurl"] for one in v2.ask("GET", "/endpoints")["endpoints"]}
    assert urls == {f"{LEGACY_KEYSTONE}/v2.0", f"{LEGACY_SWIFT}/v1/AUTH_%(tenant_id)s"}
    assert {one["url"] for one in v3.ask("GET", "/endpoints")["endpoints"]} == {
        *urls,
        f"{LEGACY_KEYSTONE_ADMIN}/v2.0",
    }


def test_v2_makes_and_deletes_users_roles_services_and_endpoints(legacy_cloud: LegacyCloud) -> None:
    v2 = legacy_cloud.v2()
    tenant = v2.ask("POST", "/tenants", {"tenant": {"name": "made"}})["tenant"]["id"]
    user = v2.ask("POST", "/users", {"user": {"name": "made", "password": "made"}})["user"]["id"]
    role = v2.ask("POST", "/OS-KSADM/roles", {"role": {"name": "made"}})["role"]["id"]
    v2.ask("PUT", f"/tenants/{tenant}/users/{user}/roles/OS-KSADM/{role}")
    granted = v2.ask("GET", f"/tenants/{tenant}/users/{user}/roles")["roles"]
    assert "made" in {one["name"] for one in granted}
    service = {"name": "made", "type": "made"}
    made = v2.ask("POST", "/OS-KSADM/services", {"OS-KSADM:service": service})
    service_id = made["OS-KSADM:service"]["id"]
    endpoint = {
        "region": "RegionOne",
        "service_id": service_id,
        "publicurl": "http://public",
        "adminurl": "http://admin",
        "internalurl": "http://internal",
    }
    endpoint_id = v2.ask("POST", "/endpoints", {"endpoint": endpoint})["endpoint"]["id"]
    listed = legacy_cloud.v3().ask("GET", f"/endpoints?service_id={service_id}")["endpoints"]
    assert {one["interface"]: one["url"] for one in listed} == {
        "public": "http://public",
        "admin": "http://admin",
        "internal": "http://internal",
    }
    for path in (
        f"/endpoints/{endpoint_id}",
        f"/OS-KSADM/services/{service_id}",
        f"/OS-KSADM/roles/{role}",
        f"/users/{user}",
        f"/tenants/{tenant}",
    ):
        v2.ask("DELETE", path)
    assert "made" not in {one["name"] for one in v2.ask("GET", "/users")["users"]}


def test_a_pair_of_keys_of_v2_is_one_of_v3(legacy_cloud: LegacyCloud) -> None:
    login = legacy_cloud.login_v2("demo")
    user = legacy_cloud.v3().id_of("users", "demo")
    mine = Accounts(login, f"{LEGACY_KEYSTONE}/v2.0")
    place = f"/users/{user}/credentials/OS-EC2"
    made = mine.ask("POST", place, {"tenant_id": login.project_id})["credential"]
    listed = legacy_cloud.v3().ask("GET", place)["credentials"]
    assert made["access"] in {one["access"] for one in listed}
    mine.ask("DELETE", f"{place}/{made['access']}")
    assert made["access"] not in {
        one["access"] for one in legacy_cloud.v3().ask("GET", place)["credentials"]
    }


def test_swift_takes_tokens_of_both_apis(legacy_cloud: LegacyCloud) -> None:
    for login in (legacy_cloud.login_v2("demo"), legacy_cloud.user("demo").login):
        place = f"{login.object_store}/tokens"
        assert request("PUT", place, b"", login.headers).status in {201, 202}
        assert request("PUT", f"{place}/thing", b"content", login.headers).status == 201
        assert request("GET", f"{place}/thing", None, login.headers).body == b"content"
        assert request("DELETE", f"{place}/thing", None, login.headers).status == 204
    other = legacy_cloud.login_v2("bob")
    assert request("GET", place, None, other.headers).status == 403


def test_the_proxy_is_restarted_by_its_unit(legacy_cloud: LegacyCloud) -> None:
    before = legacy_cloud.machine.sh("systemctl show -p MainPID --value swift-proxy")
    legacy_cloud.machine.sh("systemctl restart swift-proxy")
    legacy_cloud.hosts.await_service("old")
    assert request("GET", HEALTH).body == b"OK"
    assert legacy_cloud.machine.sh("systemctl show -p MainPID --value swift-proxy") != before


def test_the_release_is_told_by_the_python_that_runs_it(shell: SshShell) -> None:
    installed = ReadInstallation("swift-proxy", PROXY_UNITS, 8080, "swift")
    system = ReadSystem("/var/lib/setup-tool")
    service = ReadService("swift-proxy", PROXY_UNITS, 8080)
    info = FetchHttp(f"{LEGACY_SWIFT}/info")
    facts = shell.observe([system, installed, service, info])
    assert facts[installed] == InstallationFact(
        source=Source.OTHER,
        owner=None,
        program="/usr/local/bin/swift-proxy-server",
        interpreter="/usr/bin/python2.7",
        front=None,
        engine=None,
        release="2.15.2",
    )
    found = facts[system]
    assert isinstance(found, SystemFact)
    assert (found.uid, found.missing) == (0, ())
    runs = facts[service]
    assert isinstance(runs, ServiceFact)
    assert (runs.running, runs.unit, runs.seamless) == (True, "swift-proxy", False)
    told = facts[info]
    assert isinstance(told, HttpFact)
    assert swift_from_info(told) == "2.15.2"
