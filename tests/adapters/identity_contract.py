"""What any Keystone has to be for the adapters, whatever its version: run by subclasses.

What it makes it leaves behind: for clouds that are thrown away.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from setup_tool.adapters.identity import KeystoneIdentity
from setup_tool.adapters.keys import KeystoneKeys
from setup_tool.core.credential import Credential, KeyPair
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.identity import (
    CatalogueFact,
    CreateEndpoint,
    CreateProject,
    CreateRole,
    CreateService,
    CreateUser,
    DeleteEndpoint,
    DisableProject,
    DisableUser,
    DomainRef,
    EnableProject,
    EnableUser,
    EndpointRecord,
    FindProject,
    FindRole,
    FindUser,
    GrantRole,
    IdentityStep,
    ListCatalogue,
    Login,
    LoginAnswer,
    Presence,
    ProjectRef,
    ReadGrants,
    RevokeRole,
    SetPassword,
    TryLogin,
    UserRef,
    WithdrawEndpoint,
    WithdrawService,
)
from setup_tool.core.plan import IDENTITY, Plan
from setup_tool.core.secret import Secret
from setup_tool.credentials.issue import issue
from setup_tool.declare.make_plan import make_plan
from setup_tool.resources.identity.catalogue_service import CatalogueService
from setup_tool.resources.identity.endpoint import Endpoint
from setup_tool.resources.identity.inverse import inverse

if TYPE_CHECKING:
    from setup_tool.adapters.cloud_login import CloudLogin

DEFAULT = DomainRef(name="Default")
A, B, C = (f"http://127.0.0.1:1/{name}" for name in "abc")
SIDES = ("public", "internal", "admin")


class LogIn(Protocol):
    """Logs in as `admin`, or as `demo`, who has a role on project `demo` and no keys."""

    def __call__(self, user: str = "admin", **changes: str) -> CloudLogin: ...


class IdentityContract:
    """``log_in`` is a fixture of each subclass's module."""

    @pytest.fixture
    def identity(self, log_in: LogIn) -> KeystoneIdentity:
        return KeystoneIdentity(log_in())

    @pytest.fixture
    def name(self) -> str:
        return f"test-{uuid.uuid4().hex[:12]}"

    def test_the_login_tells_who_and_where(self, log_in: LogIn) -> None:
        here = KeystoneIdentity(log_in("demo")).whereabouts()
        assert (here.user, here.project) == ("demo", "demo")
        assert here.urls("identity", "public", "RegionOne")
        assert here.urls("identity", "admin")
        assert "member" in {role.lower() for role in here.roles}

    def test_the_catalogue_has_what_is_there(self, identity: KeystoneIdentity) -> None:
        found = catalogue(identity)
        assert found.regions == ("RegionOne",)
        (keystone,) = (one for one in found.services if one.type == "identity")
        assert keystone.enabled
        sides = [one.interface for one in found.endpoints if one.service_id == keystone.id]
        assert sorted(sides) == ["admin", "internal", "public"]
        assert {one.region for one in found.endpoints} == {"RegionOne"}

    def test_a_role_is_made_once(self, identity: KeystoneIdentity, name: str) -> None:
        assert identity.observe([FindRole(name)]) == {FindRole(name): False}
        for _ in range(2):
            identity.perform(CreateRole(name))
        assert identity.observe([FindRole(name)]) == {FindRole(name): True}

    def test_a_project_is_made_switched_off_and_on(
        self, identity: KeystoneIdentity, name: str
    ) -> None:
        project = ProjectRef(name, DEFAULT)
        for step, presence in (
            (CreateProject(project), Presence.ENABLED),
            (DisableProject(project), Presence.DISABLED),
            (EnableProject(project), Presence.ENABLED),
        ):
            for _ in range(2):
                identity.perform(step)
                query = FindProject(project)
                assert identity.observe([query]) == {query: presence}

    def test_a_user_has_the_password_it_was_given(
        self, identity: KeystoneIdentity, name: str
    ) -> None:
        user, project = UserRef(name, DEFAULT), ProjectRef("demo", DEFAULT)
        one, two = (TryLogin(Login(user, Secret(word), project, "")) for word in ("one", "two"))
        there = FindUser(user)
        expected: list[tuple[IdentityStep | None, TryLogin, LoginAnswer, Presence]] = [
            (None, one, LoginAnswer.REFUSED, Presence.ABSENT),
            (CreateUser(user, Secret("one")), one, LoginAnswer.WORKS, Presence.ENABLED),
            (SetPassword(user, Secret("two")), two, LoginAnswer.WORKS, Presence.ENABLED),
            (DisableUser(user), two, LoginAnswer.WORKS, Presence.DISABLED),  # not tried again
            (EnableUser(user), two, LoginAnswer.WORKS, Presence.ENABLED),
        ]
        for step, query, answer, presence in expected:
            if step is not None:
                identity.perform(step)
            assert identity.observe([query, there]) == {query: answer, there: presence}
        assert "plan again" in refused(identity, CreateUser(user, Secret("three")))
        fresh = KeystoneIdentity(identity._login)
        assert fresh.observe([one, two]) == {one: LoginAnswer.REFUSED, two: LoginAnswer.WORKS}

    def test_a_role_is_granted_and_revoked_twice(
        self, identity: KeystoneIdentity, name: str
    ) -> None:
        user, project = UserRef(name, DEFAULT), ProjectRef(name, DEFAULT)
        query = ReadGrants(user, project)
        assert identity.observe([query]) == {query: frozenset()}
        for step in (CreateRole(name), CreateProject(project), CreateUser(user, Secret("word"))):
            identity.perform(step)
        for step, held in (
            (GrantRole(user, project, name), frozenset({name})),
            (RevokeRole(user, project, name), frozenset()),
        ):
            for _ in range(2):
                identity.perform(step)
                assert identity.observe([query]) == {query: held}

    def test_the_declared_catalogue_is_made_and_mended(
        self, identity: KeystoneIdentity, name: str
    ) -> None:
        assert len(carry_out(identity, name, (A, B, C))) == 4
        assert urls(identity, name) == {"public": A, "internal": B, "admin": C}
        assert carry_out(identity, name, (A, B, C)) == []

        steps = carry_out(identity, name, (C, B, A))
        assert len(steps) == 2
        assert urls(identity, name) == {"public": C, "internal": B, "admin": A}
        for step in steps:  # done already
            identity.perform(step)
        assert urls(identity, name) == {"public": C, "internal": B, "admin": A}

        for step in reversed(steps):
            back = inverse(step)
            assert back is not None
            for _ in range(2):
                identity.perform(back)
        assert urls(identity, name) == {"public": A, "internal": B, "admin": C}

    def test_what_was_made_can_be_withdrawn(self, identity: KeystoneIdentity, name: str) -> None:
        steps = carry_out(identity, name, (A, A, A))
        for step in reversed(steps[1:]):
            back = inverse(step)
            assert isinstance(back, WithdrawEndpoint)
            assert "endpoints by now" in refused(identity, WithdrawService(name, name))
            for _ in range(2):
                identity.perform(back)
        assert urls(identity, name) == {}
        for _ in range(2):
            identity.perform(WithdrawService(name, name))
        assert not any(one.type == name for one in catalogue(identity).services)

    def test_a_duplicate_is_told_of_and_goes_by_its_id(
        self, identity: KeystoneIdentity, name: str
    ) -> None:
        carry_out(identity, name, (A, B, C))
        right = records(identity, name)
        self.duplicate(identity, name, B)
        both = records(identity, name)
        extra = {one.id for one in both} - {one.id for one in right}
        assert len(extra) == 1
        declared = declaration(name, (A, B, C))
        plan = planned(identity, declared)
        assert plan.is_empty
        assert any("is there 2 times" in note.text for note in plan.notes)

        mended = declaration(name, (A, B, C), frozenset(extra))
        steps = done(identity, planned(identity, mended))
        assert all(isinstance(step, DeleteEndpoint) for step in steps)
        assert steps
        assert records(identity, name) == right
        assert planned(identity, mended).is_empty

    def duplicate(self, identity: KeystoneIdentity, name: str, url: str) -> None:
        """Make a second public endpoint of a service, past the adapter's own check."""
        (service,) = (one for one in catalogue(identity).services if one.type == name)
        keystone = identity._keystone
        if catalogue(identity).in_place:
            keystone.call(
                "make a duplicate",
                lambda client: client.endpoints.create(service.id, url, "public", "RegionOne"),
            )
        else:
            keystone.call(
                "make a duplicate",
                lambda client: client.endpoints.create(service.id, "RegionOne", {"public": url}),
            )

    def test_what_changed_meanwhile_is_left_alone(
        self, identity: KeystoneIdentity, name: str
    ) -> None:
        carry_out(identity, name, (A, B, C))
        plan = planned(identity, declaration(name, (B, B, C)))
        carry_out(identity, name, (C, B, C))
        (change,) = plan.changes
        assert "plan again" in refused(identity, change.steps[0])  # type: ignore[arg-type]
        create = CreateEndpoint(name, name, "public", "RegionOne", A)
        assert f"exists by now, as {C}" in refused(identity, create)
        known_id = next(one.id for one in records(identity, name) if one.interface == "public")
        deletion = DeleteEndpoint(known_id, name, "public", "RegionOne", A)
        assert f"its URL is {C}, not {A}" in refused(identity, deletion)
        assert urls(identity, name) == {"public": C, "internal": B, "admin": C}

    def test_a_typing_error_does_not_make_a_region(
        self, identity: KeystoneIdentity, name: str
    ) -> None:
        identity.perform(CreateService(name, name, "A test"))
        create = CreateEndpoint(name, name, "public", "RegionOnn", A)
        assert refused(identity, create).startswith("Keystone has no region 'RegionOnn'")
        assert catalogue(identity).regions == ("RegionOne",)

    def test_keys_are_issued_used_again_and_removed(self, log_in: LogIn) -> None:
        keys, admin = KeystoneKeys(log_in("demo")), KeystoneKeys(log_in())
        owner = keys.owner(None, None, None)
        assert keys.owner("demo", "demo", "Default") == owner
        assert admin.owner("demo", "demo", None) == admin.owner("demo", "demo", "default") == owner
        before = keys.find(owner)
        first = issue(keys, owner, new=True)
        assert first.created
        assert {*keys.find(owner)} == {*admin.find(owner)} == {*before, first.credential}
        second = admin.create(owner)
        assert {*keys.find(owner)} == {*before, first.credential, second}
        for made in (first.credential, second):
            for _ in range(2):
                keys.delete(made)
        assert keys.find(owner) == before

    def test_a_key_of_a_runs_own_works_as_far_as_it_is_chosen(self, log_in: LogIn) -> None:
        keys = KeystoneKeys(log_in())
        owner = keys.owner(None, None, None)
        pair = KeyPair(f"test-{uuid.uuid4().hex}", Secret("canary-secret"))
        made = keys.create_chosen(owner, pair)
        assert made in keys.find(owner)
        chosen = catalogue(KeystoneIdentity(log_in())).in_place
        assert (made == Credential(owner, pair)) is chosen
        keys.delete(made)
        assert made not in keys.find(owner)

    def test_who_is_not_there_is_named(self, log_in: LogIn, name: str) -> None:
        admin = KeystoneKeys(log_in())
        with pytest.raises(DeclarationError, match=f"no user '{name}'"):
            admin.owner(name, "demo", None)
        with pytest.raises(DeclarationError, match=f"no project '{name}'"):
            admin.owner("demo", name, None)
        with pytest.raises(DeclarationError, match="'demo' has no role on project 'admin'"):
            admin.owner("demo", "admin", None)
        with pytest.raises(DeclarationError, match=f"has no role on a project '{name}'"):
            KeystoneKeys(log_in("demo")).owner(None, name, None)

    def test_another_project_of_ones_own_is_found(self, log_in: LogIn, name: str) -> None:
        identity, project = KeystoneIdentity(log_in()), ProjectRef(name, DEFAULT)
        demo = UserRef("demo", DEFAULT)
        for step in (CreateProject(project), CreateRole(name), GrantRole(demo, project, name)):
            identity.perform(step)
        found = KeystoneKeys(log_in("demo")).owner(None, name, None)
        assert (found.user, found.project) == ("demo", name)
        assert KeystoneKeys(log_in()).owner("demo", name, None) == found

    def test_who_is_no_administrator_is_told_so(self, log_in: LogIn) -> None:
        with pytest.raises(SetupToolError, match="does not let user 'demo' on project 'demo'"):
            KeystoneIdentity(log_in("demo")).observe([ListCatalogue()])


def catalogue(identity: KeystoneIdentity) -> CatalogueFact:
    found = identity.observe([ListCatalogue()])[ListCatalogue()]
    assert isinstance(found, CatalogueFact)
    return found


def records(identity: KeystoneIdentity, kind: str) -> set[EndpointRecord]:
    found = catalogue(identity)
    ids = {service.id for service in found.services if service.type == kind}
    return {record for record in found.endpoints if record.service_id in ids}


def urls(identity: KeystoneIdentity, kind: str) -> dict[str, str]:
    found = records(identity, kind)
    assert all(record.enabled and record.region == "RegionOne" for record in found)
    by_side = {record.interface: record.url for record in found}
    assert len(by_side) == len(found)
    return by_side


def declaration(
    kind: str, wanted: tuple[str, str, str], remove_ids: frozenset[str] = frozenset()
) -> list[Any]:
    return [
        CatalogueService(kind, kind, "A test"),
        *(
            Endpoint(kind, kind, side, "RegionOne", url, remove_ids=remove_ids)
            for side, url in zip(SIDES, wanted, strict=True)
        ),
    ]


def planned(identity: KeystoneIdentity, declared: list[Any]) -> Plan:
    return make_plan(declared, {IDENTITY: identity.observe([ListCatalogue()])})


def done(identity: KeystoneIdentity, plan: Plan) -> list[Any]:
    steps = [step for change in plan.changes for step in change.steps]
    for step in steps:
        identity.perform(step)  # type: ignore[arg-type]
    return steps


def carry_out(identity: KeystoneIdentity, kind: str, wanted: tuple[str, str, str]) -> list[Any]:
    """Plan and do it; return the steps. Nothing may be left to plan."""
    declared = declaration(kind, wanted)
    steps = done(identity, planned(identity, declared))
    assert planned(identity, declared).is_empty
    return steps


def refused(identity: KeystoneIdentity, step: IdentityStep) -> str:
    with pytest.raises(SetupToolError) as caught:
        identity.perform(step)
    return str(caught.value)
