"""Keystone v2.0, at a small one of our own; the real one is in tests/nodes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.adapters.identity import KeystoneIdentity
from setup_tool.adapters.keys import KeystoneKeys
from setup_tool.core.errors import DeclarationError, SetupToolError, UnreachableError
from setup_tool.core.identity import (
    CreateProject,
    CreateUser,
    DomainRef,
    EnableService,
    FindProject,
    FindUser,
    IdentityQuery,
    ListCatalogue,
    Login,
    ProjectRef,
    TryLogin,
    UpdateEndpoint,
    UserRef,
)
from setup_tool.core.secret import Secret
from tests.adapters.identity_contract import (
    A,
    B,
    C,
    IdentityContract,
    LogIn,
    carry_out,
    declaration,
    planned,
    records,
    refused,
    urls,
)
from tests.adapters.small_keystone import SmallKeystone, small_keystone

if TYPE_CHECKING:
    from collections.abc import Iterator

ELSEWHERE = DomainRef(name="Elsewhere")


@pytest.fixture
def keystone() -> Iterator[SmallKeystone]:
    with small_keystone() as made:
        yield made


@pytest.fixture
def log_in(keystone: SmallKeystone) -> LogIn:
    return keystone.login


@pytest.fixture
def identity(keystone: SmallKeystone) -> KeystoneIdentity:
    return KeystoneIdentity(keystone.login())


class TestVersion2(IdentityContract):
    """Found by asking, since nothing of the login says a version."""


def endpoint_of_keystone(keystone: SmallKeystone) -> dict[str, Any]:
    (found,) = keystone.endpoints.values()
    return found


def said(identity: KeystoneIdentity, kind: type[SetupToolError]) -> str:
    with pytest.raises(kind) as caught:
        identity.observe([ListCatalogue()])
    assert "canary" not in str(caught.value)
    return str(caught.value)


def test_only_what_is_administrative_is_asked_of_the_admin_api(keystone: SmallKeystone) -> None:
    keys = KeystoneKeys(keystone.login("demo"))
    keys.create(keys.owner(None, None, None))
    assert [line for line in keystone.seen if "admin" in line] == []
    keystone.seen.clear()
    KeystoneIdentity(keystone.login()).observe([ListCatalogue()])
    assert [line for line in keystone.seen if "admin" not in line] == [
        "GET /",
        "POST /v2.0/tokens",
    ]
    assert {line.split()[0] for line in keystone.seen[2:]} == {"GET"}


@pytest.mark.parametrize("ending", ["", "/", "/v2.0/", "/v3"])
def test_the_admin_api_is_where_the_catalogue_says(keystone: SmallKeystone, ending: str) -> None:
    endpoint_of_keystone(keystone)["adminurl"] = f"{keystone.admin_url}{ending}"
    assert KeystoneIdentity(keystone.login()).observe([ListCatalogue()])


def test_the_admin_api_is_that_of_the_logins_region(keystone: SmallKeystone) -> None:
    service = endpoint_of_keystone(keystone)["service_id"]
    nowhere = "http://192.0.2.1:35357/v2.0"
    keystone.endpoints.clear()
    for region, url in (("One", nowhere), ("Two", f"{keystone.admin_url}/v2.0")):
        place = {"service_id": service, "region": region}
        keystone.add("endpoints", **place, publicurl=keystone.url, adminurl=url)
    identity = KeystoneIdentity(keystone.login(OS_REGION_NAME="Two"))
    assert identity.observe([ListCatalogue()])


def test_an_admin_api_that_leads_nowhere_from_here_is_named(keystone: SmallKeystone) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v2.0"
        endpoint_of_keystone(keystone)["adminurl"] = url
        found = said(KeystoneIdentity(keystone.login()), UnreachableError)
    assert found.startswith(f"Keystone's admin API at {url} cannot be reached (connect)")
    assert "the adminURL of service identity in the catalogue" in found
    assert "or auth_url where that names port 35357" in found


@pytest.mark.parametrize("url", ["", "the public one"])
def test_a_catalogue_without_the_admin_api_is_told_of(keystone: SmallKeystone, url: str) -> None:
    endpoint_of_keystone(keystone)["adminurl"] = url and f"{keystone.url}/v2.0"
    found = said(KeystoneIdentity(keystone.login()), SetupToolError)
    assert f"{keystone.url}/v2.0 answers 404 to the attempt to list" in found
    assert "the adminURL of service identity in the catalogue" in found


def test_a_login_at_the_admin_port_needs_no_catalogue_for_it(
    keystone: SmallKeystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin_port = int(keystone.admin_url.rpartition(":")[2])
    monkeypatch.setattr("setup_tool.adapters.keystone._ADMIN_PORT", admin_port)
    endpoint_of_keystone(keystone)["adminurl"] = "http://192.0.2.1:35357/v2.0"
    login = keystone.login(OS_AUTH_URL=f"{keystone.admin_url}/v2.0")
    assert KeystoneIdentity(login).observe([ListCatalogue()])
    keystone.seen.clear()
    with pytest.raises(DeclarationError, match="has no role on a project 'demo'"):
        KeystoneKeys(login).owner(None, "demo", None)
    assert keystone.seen == ["GET /v2.0/tenants"]


@pytest.mark.parametrize("domain", [ELSEWHERE, DomainRef(id="0123456789abcdef")])
def test_another_domain_than_the_default_one_is_refused(
    identity: KeystoneIdentity, keystone: SmallKeystone, domain: DomainRef
) -> None:
    user, project = UserRef("demo", domain), ProjectRef("demo", domain)
    login = Login(user, Secret("canary-demo"), ProjectRef("demo", DomainRef()), "")
    queries: list[IdentityQuery] = [FindUser(user), FindProject(project), TryLogin(login)]
    for query in queries:
        with pytest.raises(DeclarationError, match="which knows the default domain only"):
            identity.observe([query])
    for step in (CreateUser(user, Secret("canary-word")), CreateProject(project)):
        with pytest.raises(DeclarationError, match=f"is in domain {domain}, and Keystone is asked"):
            identity.perform(step)
    with pytest.raises(DeclarationError, match="which knows the default domain only"):
        KeystoneKeys(keystone.login()).owner("demo", "demo", str(domain))


def test_an_endpoint_is_replaced_by_one_that_was_looked_at(
    identity: KeystoneIdentity, keystone: SmallKeystone
) -> None:
    carry_out(identity, "s3", (A, A, A))
    (change,) = planned(identity, declaration("s3", (B, A, A))).changes
    (step,) = change.steps
    assert isinstance(step, UpdateEndpoint)
    keystone.seen.clear()
    identity.perform(step)
    changes = [line.split()[0] for line in keystone.seen if "endpoints" in line]
    assert changes == ["GET", "POST", "GET", "DELETE"]
    assert keystone.seen[-1].endswith(step.id)
    assert urls(identity, "s3") == {"public": B, "internal": A, "admin": A}


def test_one_record_is_made_for_the_three_of_a_service(
    identity: KeystoneIdentity, keystone: SmallKeystone
) -> None:
    carry_out(identity, "s3", (A, B, C))
    assert len({record.id for record in records(identity, "s3")}) == 1
    assert len(keystone.endpoints) == 2


def test_an_endpoint_that_is_not_kept_as_it_was_told_is_removed_again(
    identity: KeystoneIdentity, keystone: SmallKeystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out(identity, "s3", (A, B, C))
    before = dict(keystone.endpoints)
    (change,) = planned(identity, declaration("s3", (B, B, C))).changes
    make = SmallKeystone.create_endpoint
    monkeypatch.setattr(
        SmallKeystone, "create_endpoint", lambda k, fields: make(k, {**fields, "adminurl": None})
    )
    (step,) = change.steps
    assert "did not keep the endpoint" in refused(identity, step)  # type: ignore[arg-type]
    assert keystone.endpoints == before


def test_what_v3_made_is_left_where_it_cannot_be_removed(
    identity: KeystoneIdentity, keystone: SmallKeystone
) -> None:
    carry_out(identity, "s3", (A, B, C))
    known_id = next(iter(records(identity, "s3"))).id
    keystone.endpoints[known_id]["of_v3"] = True
    before = dict(keystone.endpoints)
    (change,) = planned(identity, declaration("s3", (B, B, C))).changes
    found = refused(identity, change.steps[0])  # type: ignore[arg-type]
    assert "was made through v3, which alone can change it" in found
    assert keystone.endpoints == before


def test_services_are_neither_enabled_nor_endpoints_disabled(identity: KeystoneIdentity) -> None:
    carry_out(identity, "s3", (A, B, C))
    assert "no way to change a service" in refused(identity, EnableService("s3", "s3"))
    known_id = next(iter(records(identity, "s3"))).id
    disabling = UpdateEndpoint(
        known_id, "s3", "public", "RegionOne", B, A, was_enabled=True, enabled=False
    )
    assert "has enabled ones only" in refused(identity, disabling)
    gone = UpdateEndpoint("gone", "s3", "public", "RegionOne", C, B, was_enabled=True)
    assert "Endpoint gone is not there any more" in refused(identity, gone)
    assert urls(identity, "s3") == {"public": A, "internal": B, "admin": C}
