"""What Keystone is asked: a real one, and how often it is asked."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.identity import KeystoneIdentity
from setup_tool.core.errors import SetupToolError
from setup_tool.core.identity import (
    CatalogueFact,
    DomainRef,
    EnableUser,
    FindProject,
    FindRole,
    FindUser,
    IdentityQuery,
    ListCatalogue,
    Login,
    LoginAnswer,
    Presence,
    ProjectRef,
    ReadGrants,
    ServiceRecord,
    TryLogin,
    UserRef,
)
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.adapters.cloud_login import CloudLogin
    from tests.adapters.impostor import Impostor
    from tests.adapters.rest import Rest
    from tests.lab_fixture import RunningLab

DEFAULT = DomainRef(name="Default")
SWIFT = UserRef("swift", DEFAULT)
SERVICE = ProjectRef("service", DEFAULT)
SWIFT_BY_ID = UserRef("swift", DomainRef(id="default"))


@pytest.fixture
def identity(log_in: Callable[..., CloudLogin]) -> KeystoneIdentity:
    return KeystoneIdentity(log_in())


def login(user: str, password: str, project: ProjectRef = SERVICE) -> TryLogin:
    # Only the nodes may reach the URL in a service's file.
    return TryLogin(
        Login(UserRef(user, DEFAULT), Secret(password), project, "http://192.0.2.1:5000")
    )


def requests_of(running_lab: RunningLab, action: Callable[[], object]) -> list[tuple[str, str]]:
    before = len(running_lab.access_lines())
    action()
    lines = (line.split() for line in running_lab.access_lines()[before:])
    return [(words[1], words[2]) for words in lines]


def test_a_survey_sends_only_gets_and_one_login_a_password(
    identity: KeystoneIdentity, running_lab: RunningLab, unique: str
) -> None:
    ghost = UserRef(unique, DEFAULT)
    queries: list[IdentityQuery] = [
        ListCatalogue(),
        FindRole("service"),
        FindUser(SWIFT),
        FindProject(SERVICE),
        ReadGrants(SWIFT, SERVICE),
        FindUser(ghost),
        ReadGrants(ghost, SERVICE),
        login(unique, "one password"),
        login(unique, "another password"),
    ]
    sent = requests_of(running_lab, lambda: identity.observe(queries))
    logins = [path for method, path in sent if method == "POST"]
    assert logins == ["/v3/auth/tokens"] * 3  # ours, and one for each password
    assert {method for method, _ in sent} == {"GET", "POST"}
    gets = [path for method, path in sent if method == "GET"]
    assert len(gets) == len(set(gets)) == 9

    again = requests_of(running_lab, lambda: identity.observe(queries))
    assert [method for method, _ in again] == ["GET"] * 9


def test_the_catalogue_takes_three_listings(
    identity: KeystoneIdentity, running_lab: RunningLab
) -> None:
    identity.whereabouts()
    sent = requests_of(running_lab, lambda: identity.observe([ListCatalogue(), ListCatalogue()]))
    assert sent == [("GET", f"/v3/{what}") for what in ("regions", "services", "endpoints")]


def test_the_whole_catalogue_is_seen_with_what_is_disabled(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    service = rest.make("service", type=unique, name="one", enabled=False)
    endpoint = rest.make(
        "endpoint",
        service_id=service,
        interface="public",
        region_id="RegionOne",
        url="http://127.0.0.1/v1/AUTH_%(tenant_id)s",
        enabled=False,
    )
    regionless = rest.make(
        "endpoint", service_id=service, interface="admin", url="http://127.0.0.1/"
    )
    catalogue = identity.observe([ListCatalogue()])[ListCatalogue()]
    assert isinstance(catalogue, CatalogueFact)
    assert catalogue.regions == ("RegionOne",)
    assert ServiceRecord(service, unique, "one", enabled=False) in catalogue.services
    found = {record.id: record for record in catalogue.endpoints}
    assert found[endpoint].url == "http://127.0.0.1/v1/AUTH_%(tenant_id)s"
    assert (found[endpoint].region, found[endpoint].enabled) == ("RegionOne", False)
    assert (found[regionless].region, found[regionless].service_id) == ("", service)


def test_a_service_without_a_name_has_an_empty_one(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    service = rest.make("service", type=unique)
    catalogue = identity.observe([ListCatalogue()])[ListCatalogue()]
    assert isinstance(catalogue, CatalogueFact)
    assert ServiceRecord(service, unique, "", enabled=True) in catalogue.services


def test_a_role_is_found_by_its_exact_name(identity: KeystoneIdentity, unique: str) -> None:
    queries = [FindRole("admin"), FindRole("Admin"), FindRole(unique)]
    assert list(identity.observe(queries).values()) == [True, False, False]


@pytest.mark.parametrize(
    "domain", [DEFAULT, DomainRef(id="default"), DomainRef(), DomainRef(id="default", name="x")]
)
def test_a_user_and_a_project_are_found_by_either_sort_of_domain(
    identity: KeystoneIdentity, domain: DomainRef
) -> None:
    user, project = FindUser(UserRef("demo", domain)), FindProject(ProjectRef("demo", domain))
    assert set(identity.observe([user, project]).values()) == {Presence.ENABLED}


def test_what_is_disabled_is_not_what_is_absent(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    rest.make("user", name=unique, domain_id="default", enabled=False)
    rest.make("project", name=unique, domain_id="default", enabled=False)
    user, project = UserRef(unique, DEFAULT), ProjectRef(unique, DEFAULT)
    facts = identity.observe([FindUser(user), FindProject(project)])
    assert set(facts.values()) == {Presence.DISABLED}


@pytest.mark.parametrize("domain", [DomainRef(name="Nowhere"), DomainRef(id="nowhere")])
def test_nothing_is_found_in_a_domain_that_does_not_exist(
    identity: KeystoneIdentity, domain: DomainRef
) -> None:
    user, project = UserRef("demo", domain), ProjectRef("demo", domain)
    facts = identity.observe([FindUser(user), FindProject(project), ReadGrants(user, project)])
    assert list(facts.values()) == [Presence.ABSENT, Presence.ABSENT, frozenset()]


def test_users_of_one_name_are_told_apart_by_their_domains(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    domain = rest.make("domain", name=unique)
    rest.make("user", name="demo", domain_id=domain, enabled=False)
    there, here = UserRef("demo", DomainRef(name=unique)), UserRef("demo", DEFAULT)
    facts = identity.observe([FindUser(there), FindUser(here)])
    assert facts == {FindUser(there): Presence.DISABLED, FindUser(here): Presence.ENABLED}
    rest.change("domain", domain, enabled=False)  # so that it can be removed


def test_names_that_only_look_alike_are_left_out(impostor: Impostor) -> None:
    alike = {"id": "x", "name": "Swift", "domain_id": "default", "enabled": True}
    impostor.let_in().say("GET", "/v3/users", 200, {"users": [alike]})
    identity = KeystoneIdentity(impostor.login())
    query = FindUser(UserRef("swift", DomainRef(id="default")))
    assert identity.observe([query]) == {query: Presence.ABSENT}


def test_grants_are_what_a_token_would_hold(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    project = rest.make("project", name=unique, domain_id="default")
    user = rest.make("user", name=unique, domain_id="default")
    group = rest.make("group", name=unique, domain_id="default")
    rest.send("PUT", f"/groups/{group}/users/{user}")
    (member,) = rest.find("role", name="member")
    rest.send("PUT", f"/projects/{project}/groups/{group}/roles/{member['id']}")
    query = ReadGrants(UserRef(unique, DEFAULT), ProjectRef(unique, DEFAULT))
    assert identity.observe([query]) == {query: frozenset({"member", "reader"})}
    rest.grant(user, project, "service")
    assert identity.observe([query]) == {query: frozenset({"member", "reader", "service"})}


def test_grants_of_a_keystone_that_names_no_roles_in_them_are_found(impostor: Impostor) -> None:
    known = {"id": "x", "name": "swift", "domain_id": "default", "enabled": True}
    impostor.let_in().say("GET", "/v3/users", 200, {"users": [known]})
    impostor.say("GET", "/v3/projects", 200, {"projects": [{**known, "name": "service"}]})
    held = [{"role": {"id": known_id}, "scope": {}} for known_id in ("r1", "gone since")]
    impostor.say("GET", "/v3/role_assignments", 200, {"role_assignments": held})
    roles = [{"id": "r1", "name": "admin"}, {"id": "r2", "name": "member"}]
    impostor.say("GET", "/v3/roles", 200, {"roles": roles})
    query = ReadGrants(SWIFT_BY_ID, ProjectRef("service", DomainRef(id="default")))
    assert KeystoneIdentity(impostor.login()).observe([query]) == {query: frozenset({"admin"})}


def test_a_young_v3_without_regions_is_told_of(impostor: Impostor) -> None:
    identity = KeystoneIdentity(impostor.let_in().login())
    with pytest.raises(
        SetupToolError, match=r"from Icehouse on.*identity_api_version 2\.0 in the OS_"
    ):
        identity.observe([ListCatalogue()])


def test_a_password_is_right_without_any_role_on_a_project(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    rest.make("user", name=unique, domain_id="default", password="canary-right")
    right = login(unique, "canary-right")
    elsewhere = login(unique, "canary-right", ProjectRef("no such project", DEFAULT))
    wrong = login(unique, "canary-wrong")
    answers = identity.observe([right, elsewhere, wrong])
    assert answers == {
        right: LoginAnswer.WORKS,
        elsewhere: LoginAnswer.WORKS,
        wrong: LoginAnswer.REFUSED,
    }
    assert "canary" not in repr(answers)


def test_one_password_of_a_user_is_tried_once_for_any_project(
    identity: KeystoneIdentity, running_lab: RunningLab, unique: str
) -> None:
    identity.whereabouts()
    tries = [login(unique, "p"), login(unique, "p", ProjectRef("demo", DEFAULT))]
    sent = requests_of(running_lab, lambda: identity.observe(tries))
    assert sent == [("POST", "/v3/auth/tokens")]


def test_a_refused_password_is_tried_again_once_its_user_is_enabled(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    rest.make("user", name=unique, domain_id="default", password="canary", enabled=False)
    query = login(unique, "canary")
    assert identity.observe([query]) == {query: LoginAnswer.REFUSED}
    identity.perform(EnableUser(UserRef(unique, DEFAULT)))
    assert identity.observe([query]) == {query: LoginAnswer.WORKS}


@pytest.mark.parametrize("domain", [DomainRef(id="default"), DomainRef()])
def test_a_login_is_tried_in_its_own_domain(
    identity: KeystoneIdentity, rest: Rest, unique: str, domain: DomainRef
) -> None:
    rest.make("user", name=unique, domain_id="default", password="canary")
    query = login(unique, "canary")
    here = TryLogin(dataclasses.replace(query.login, user=UserRef(unique, domain)))
    assert identity.observe([here]) == {here: LoginAnswer.WORKS}


def test_one_login_serves_everything(
    log_in: Callable[..., CloudLogin], running_lab: RunningLab
) -> None:
    cloud = log_in()

    def work() -> None:
        KeystoneIdentity(cloud).whereabouts()
        KeystoneIdentity(cloud).observe([FindRole("admin"), ListCatalogue()])

    sent = requests_of(running_lab, work)
    assert [method for method, _ in sent] == ["POST", "GET", "GET", "GET", "GET"]


def test_nothing_secret_is_logged_even_when_everything_is(
    log_in: Callable[..., CloudLogin],
    running_lab: RunningLab,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cloud = log_in()
    for name in ("", "keystoneauth", "keystoneclient", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    identity = KeystoneIdentity(cloud)
    here = identity.whereabouts()
    identity.observe([ListCatalogue(), login("swift", "canary-password")])
    assert "/v3/endpoints" in caplog.text
    assert "canary" not in caplog.text
    assert here.token.reveal() not in caplog.text
    assert str(running_lab.cloud()["auth"]["password"]) not in caplog.text
