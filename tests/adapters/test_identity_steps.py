"""What is done at Keystone: a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.adapters.identity import KeystoneIdentity
from setup_tool.core.errors import SetupToolError
from setup_tool.core.identity import (
    CatalogueFact,
    CreateEndpoint,
    CreateProject,
    CreateRole,
    CreateService,
    CreateUser,
    DeleteEndpoint,
    DeleteUser,
    DisableProject,
    DisableService,
    DisableUser,
    DomainRef,
    EnableProject,
    EnableService,
    EnableUser,
    FindProject,
    FindRole,
    FindUser,
    GrantRole,
    IdentityStep,
    IsOurUser,
    ListCatalogue,
    Login,
    LoginAnswer,
    Presence,
    ProjectRef,
    ReadGrants,
    RevokeRole,
    SetPassword,
    TryLogin,
    UpdateEndpoint,
    UserRef,
    WithdrawEndpoint,
    WithdrawService,
)
from setup_tool.core.secret import Secret
from setup_tool.resources.identity.endpoint import Endpoint
from setup_tool.resources.identity.inverse import inverse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from setup_tool.adapters.cloud_login import CloudLogin
    from tests.adapters.impostor import Impostor
    from tests.adapters.rest import Rest

DEFAULT = DomainRef(name="Default")
A, B = "http://127.0.0.1:1/a", "http://127.0.0.1:1/b"


@pytest.fixture
def identity(log_in: Callable[..., CloudLogin]) -> KeystoneIdentity:
    return KeystoneIdentity(log_in())


@pytest.fixture
def catalogue(rest: Rest, unique: str) -> Iterator[Rest]:
    """The catalogue, from which all services of the unique type go in the end."""
    yield rest
    rest.clean("service", type=unique)


def refused(identity: KeystoneIdentity, step: IdentityStep) -> str:
    with pytest.raises(SetupToolError) as caught:
        identity.perform(step)
    return str(caught.value)


def endpoint(kind: str, url: str = A, **changes: str) -> CreateEndpoint:
    values = {"service_name": "s3", "interface": "public", "region": "RegionOne", **changes}
    return CreateEndpoint(service_type=kind, url=url, **values)


def endpoints(rest: Rest, kind: str) -> list[dict[str, Any]]:
    ids = {service["id"] for service in rest.find("service", type=kind)}
    return [found for found in rest.find("endpoint") if found["service_id"] in ids]


def test_a_role_is_created_once(identity: KeystoneIdentity, rest: Rest, unique: str) -> None:
    for _ in range(2):
        identity.perform(CreateRole(unique))
    assert identity.observe([FindRole(unique)]) == {FindRole(unique): True}
    assert len(rest.find("role", name=unique)) == 1
    rest.clean("role", name=unique)


def test_a_role_that_only_looks_alike_is_no_success(impostor: Impostor) -> None:
    impostor.let_in().say("POST", "/v3/roles", 409, {"error": {"message": "Duplicate entry."}})
    impostor.say("GET", "/v3/roles", 200, {"roles": [{"id": "x", "name": "Service"}]})
    said = refused(KeystoneIdentity(impostor.login()), CreateRole("service"))
    assert "answers 409 to the attempt to create role service (it says: Duplicate entry)" in said
    assert "upper and lower case" in said


def test_a_project_is_created_once_and_enabled(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    project = ProjectRef(unique, DEFAULT)
    for _ in range(2):
        identity.perform(CreateProject(project))
    assert identity.observe([FindProject(project)]) == {FindProject(project): Presence.ENABLED}
    assert len(rest.find("project", name=unique)) == 1
    (found,) = rest.find("project", name=unique)
    rest.change("project", found["id"], enabled=False)
    assert "plan again" in refused(KeystoneIdentity(identity._login), CreateProject(project))
    rest.clean("project", name=unique)


def test_a_user_is_created_with_its_password_and_given_another(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    user, project = UserRef(unique, DEFAULT), ProjectRef("service", DEFAULT)
    first, second = (TryLogin(Login(user, Secret(word), project, "")) for word in ("one", "two"))
    assert identity.observe([first]) == {first: LoginAnswer.REFUSED}
    identity.perform(CreateUser(user, Secret("one")))
    assert identity.observe([first, FindUser(user)]) == {
        first: LoginAnswer.WORKS,
        FindUser(user): Presence.ENABLED,
    }
    identity.perform(SetPassword(user, Secret("two")))
    assert identity.observe([second]) == {second: LoginAnswer.WORKS}
    assert "plan again" in refused(identity, CreateUser(user, Secret("three")))
    rest.clean("user", name=unique)


def test_a_user_that_was_made_here_is_known_by_its_description_and_removed_by_it(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    user = UserRef(unique, DEFAULT)
    ours, others = IsOurUser(user, "made here"), IsOurUser(user, "made elsewhere")
    assert identity.observe([ours]) == {ours: False}
    identity.perform(CreateUser(user, Secret("one"), "made here"))
    assert identity.observe([ours, others]) == {ours: True, others: False}
    assert "is not removed" in refused(identity, DeleteUser(user, "made elsewhere"))
    for _ in range(2):
        identity.perform(DeleteUser(user, "made here"))
    assert rest.find("user", name=unique) == []


def test_a_project_needs_its_domain(identity: KeystoneIdentity, unique: str) -> None:
    step = CreateProject(ProjectRef(unique, DomainRef(name="Nowhere")))
    assert "Keystone has no domain Nowhere" in refused(identity, step)


def test_a_user_and_a_project_are_enabled_and_disabled_again(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    rest.make("user", name=unique, domain_id="default", enabled=False)
    rest.make("project", name=unique, domain_id="default", enabled=False)
    user, project = UserRef(unique, DEFAULT), ProjectRef(unique, DEFAULT)

    def presences() -> set[object]:
        return set(identity.observe([FindUser(user), FindProject(project)]).values())

    for _ in range(2):
        identity.perform(EnableUser(user))
        identity.perform(EnableProject(project))
    assert presences() == {Presence.ENABLED}
    for _ in range(2):
        identity.perform(DisableUser(user))
        identity.perform(DisableProject(project))
    assert presences() == {Presence.DISABLED}


def test_a_role_is_granted_and_revoked_and_either_twice_is_once(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    rest.make("user", name=unique, domain_id="default")
    user, project = UserRef(unique, DEFAULT), ProjectRef("demo", DEFAULT)
    query = ReadGrants(user, project)
    for _ in range(2):
        identity.perform(GrantRole(user, project, "service"))
    assert identity.observe([query]) == {query: frozenset({"service"})}
    for _ in range(2):
        identity.perform(RevokeRole(user, project, "service"))
    assert identity.observe([query]) == {query: frozenset()}


def test_what_a_grant_needs_is_named_when_it_is_missing(
    identity: KeystoneIdentity, unique: str
) -> None:
    demo, there = UserRef("demo", DEFAULT), ProjectRef("demo", DEFAULT)
    nobody, nowhere = UserRef(unique, DEFAULT), ProjectRef(unique, DEFAULT)
    assert f"no user {unique}" in refused(identity, GrantRole(nobody, there, "service"))
    assert f"no project {unique}" in refused(identity, GrantRole(demo, nowhere, "service"))
    assert f"no role {unique}" in refused(identity, GrantRole(demo, there, unique))


def test_what_was_looked_up_in_vain_is_looked_up_again(
    identity: KeystoneIdentity, rest: Rest, unique: str
) -> None:
    user, project = UserRef("demo", DEFAULT), ProjectRef(unique, DEFAULT)
    identity.observe([FindRole(unique), FindProject(project)])
    identity.perform(CreateRole(unique))
    identity.perform(CreateProject(project))
    identity.perform(GrantRole(user, project, unique))
    query = ReadGrants(user, project)
    assert identity.observe([query]) == {query: frozenset({unique})}
    rest.clean("project", name=unique)
    rest.clean("role", name=unique)


def test_a_service_is_created_once(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    step = CreateService(unique, "s3", "S3 of Swift")
    for _ in range(2):
        identity.perform(step)
    (made,) = catalogue.find("service", type=unique)
    assert (made["name"], made["enabled"]) == ("s3", True)
    assert made["description"] == "S3 of Swift"
    identity.perform(DisableService(unique, "s3"))
    assert "exists, but is disabled" in refused(identity, step)
    for _ in range(2):
        identity.perform(EnableService(unique, "s3"))
    assert catalogue.find("service", type=unique)[0]["enabled"] is True


def test_a_service_goes_again_but_not_with_endpoints(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    identity.perform(CreateService(unique, "s3", "d"))
    identity.perform(endpoint(unique))
    assert "it has 1 endpoints by now" in refused(identity, WithdrawService(unique, "s3"))
    identity.perform(WithdrawEndpoint(unique, "s3", "public", "RegionOne", A))
    for _ in range(2):
        identity.perform(WithdrawService(unique, "s3"))
    assert catalogue.find("service", type=unique) == []


def test_a_service_that_is_not_there_or_several_times_gets_no_endpoint(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    assert f"no services 's3' of type {unique}" in refused(identity, endpoint(unique))
    for _ in range(2):
        catalogue.make("service", type=unique, name="s3")
    assert f"2 services 's3' of type {unique}" in refused(identity, endpoint(unique))
    (first, _) = catalogue.find("service", type=unique)
    catalogue.change("service", first["id"], enabled=False)
    identity.perform(endpoint(unique))
    (made,) = endpoints(catalogue, unique)
    assert made["service_id"] != first["id"]


def test_an_endpoint_is_created_once(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    identity.perform(CreateService(unique, "s3", "d"))
    for _ in range(2):
        identity.perform(endpoint(unique))
    (made,) = endpoints(catalogue, unique)
    assert (made["url"], made["region_id"], made["interface"]) == (A, "RegionOne", "public")
    said = refused(identity, endpoint(unique, B))
    assert f"exists by now, as {A}" in said
    catalogue.change("endpoint", made["id"], enabled=False)
    assert "exists by now" in refused(identity, endpoint(unique))


def test_a_typing_error_does_not_make_a_region(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    identity.perform(CreateService(unique, "s3", "d"))
    said = refused(identity, endpoint(unique, region="RegionOnn"))
    assert said == "Keystone has no region 'RegionOnn', so no endpoint is created in it."
    assert [region["id"] for region in catalogue.find("region")] == ["RegionOne"]
    assert endpoints(catalogue, unique) == []


def test_an_endpoint_is_updated_in_place_and_back(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    identity.perform(CreateService(unique, "s3", "d"))
    identity.perform(endpoint(unique))
    (made,) = endpoints(catalogue, unique)
    catalogue.change("endpoint", made["id"], enabled=False)
    declared = Endpoint(unique, "s3", "public", "RegionOne", B)
    facts = identity.observe(declared.queries())
    change = declared.diff(facts)
    assert change is not None
    (step,) = change.steps
    assert isinstance(step, UpdateEndpoint)
    for _ in range(2):
        identity.perform(step)
    (now,) = endpoints(catalogue, unique)
    assert (now["id"], now["url"], now["enabled"]) == (made["id"], B, True)
    assert declared.diff(identity.observe(declared.queries())) is None

    back = inverse(step)
    assert back is not None
    for _ in range(2):
        identity.perform(back)
    (again,) = endpoints(catalogue, unique)
    assert (again["id"], again["url"], again["enabled"]) == (made["id"], A, False)


def test_an_endpoint_that_changed_meanwhile_is_left_alone(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    identity.perform(CreateService(unique, "s3", "d"))
    identity.perform(endpoint(unique))
    (made,) = endpoints(catalogue, unique)
    changed = UpdateEndpoint(
        made["id"], unique, "public", "RegionOne", B, "http://before", was_enabled=True
    )
    assert f"has the URL {A}, not http://before" in refused(identity, changed)
    deletion = DeleteEndpoint(made["id"], unique, "public", "RegionOne", B)
    assert f"its URL is {A}, not {B}" in refused(identity, deletion)
    assert endpoints(catalogue, unique) == [made]


def test_a_duplicate_goes_by_its_id_and_the_other_stays(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    service = catalogue.make("service", type=unique, name="s3")
    common = {"service_id": service, "interface": "public", "region_id": "RegionOne"}
    first = catalogue.make("endpoint", url=A, **common)
    second = catalogue.make("endpoint", url=A, **common)
    declared = Endpoint(unique, "s3", "public", "RegionOne", A)
    facts = identity.observe([ListCatalogue()])
    assert declared.diff(facts) is None
    (note,) = declared.notes(facts)
    assert first in note.text
    assert second in note.text
    withdrawal = WithdrawEndpoint(unique, "s3", "public", "RegionOne", A)
    assert "2 endpoints have the URL" in refused(identity, withdrawal)
    for _ in range(2):
        identity.perform(DeleteEndpoint(first, unique, "public", "RegionOne", A))
    assert [found["id"] for found in endpoints(catalogue, unique)] == [second]


def test_only_the_endpoint_that_was_made_is_withdrawn(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    withdrawal = WithdrawEndpoint(unique, "s3", "public", "RegionOne", A)
    identity.perform(withdrawal)
    identity.perform(CreateService(unique, "s3", "d"))
    identity.perform(endpoint(unique, B))
    identity.perform(endpoint(unique, A, interface="internal"))
    identity.perform(withdrawal)
    assert {found["url"] for found in endpoints(catalogue, unique)} == {A, B}


def test_a_plan_done_at_keystone_leaves_nothing_to_plan(
    identity: KeystoneIdentity, catalogue: Rest, unique: str
) -> None:
    from setup_tool.core.plan import IDENTITY
    from setup_tool.declare.make_plan import make_plan
    from setup_tool.resources.identity.catalogue_service import CatalogueService

    declared = [
        CatalogueService(unique, "s3", "S3 of Swift"),
        *(Endpoint(unique, "s3", side, "RegionOne", A) for side in ("public", "internal")),
    ]
    queries = [query for resource in declared for query in resource.queries()]
    plan = make_plan(declared, {IDENTITY: identity.observe(queries)})
    assert len(plan.changes) == 3
    for change in plan.changes:
        for step in change.steps:
            identity.perform(step)  # type: ignore[arg-type]
    after = identity.observe(queries)
    assert make_plan(declared, {IDENTITY: after}).is_empty
    fact = after[ListCatalogue()]
    assert isinstance(fact, CatalogueFact)
    assert len(endpoints(catalogue, unique)) == 2
