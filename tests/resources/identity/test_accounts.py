from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import (
    CreateProject,
    CreateRole,
    DomainRef,
    EnableProject,
    EnableUser,
    FindProject,
    FindRole,
    FindUser,
    GrantRole,
    Presence,
    ProjectRef,
    ReadGrants,
    UserRef,
)
from setup_tool.core.plan import IDENTITY, Action, Stage
from setup_tool.resources.identity.grant import Grant
from setup_tool.resources.identity.project import Project
from setup_tool.resources.identity.role import Role
from setup_tool.resources.identity.user_enabled import UserEnabled

DOMAIN = DomainRef(name="Default")
SWIFT = UserRef("swift", DOMAIN)
SERVICE = ProjectRef("service", DOMAIN)


def test_a_role_that_is_there_needs_nothing() -> None:
    role = Role("service")
    assert role.diff({FindRole("service"): True}) is None
    assert role.notes({FindRole("service"): True}) == ()


def test_a_missing_role_is_created() -> None:
    role = Role("service")
    assert role.queries() == (FindRole("service"),)
    change = role.diff({FindRole("service"): False})
    assert change is not None
    assert (change.target, change.stage) == (IDENTITY, Stage.ACCOUNTS)
    assert (change.action, change.summary) == (Action.CREATE, "create role service")
    assert change.steps == (CreateRole("service"),)


@pytest.mark.parametrize(
    ("presence", "action", "step", "summary"),
    [
        (Presence.ABSENT, Action.CREATE, CreateProject(SERVICE), "create project service"),
        (Presence.DISABLED, Action.UPDATE, EnableProject(SERVICE), "enable project service"),
    ],
)
def test_a_project_is_made_or_enabled(
    presence: Presence, action: Action, step: object, summary: str
) -> None:
    project = Project(SERVICE)
    assert project.queries() == (FindProject(SERVICE),)
    change = project.diff({FindProject(SERVICE): presence})
    assert change is not None
    assert (change.action, change.steps, change.summary) == (action, (step,), summary)


def test_an_enabled_project_needs_nothing() -> None:
    facts = {FindProject(SERVICE): Presence.ENABLED}
    assert Project(SERVICE).diff(facts) is None
    assert Project(SERVICE).notes(facts) == ()


def test_a_disabled_user_is_enabled_with_the_reason_said() -> None:
    user = UserEnabled(SWIFT)
    assert user.queries() == (FindUser(SWIFT),)
    change = user.diff({FindUser(SWIFT): Presence.DISABLED})
    assert change is not None
    assert (change.action, change.steps) == (Action.UPDATE, (EnableUser(SWIFT),))
    assert change.reasons == ("A service logs in as swift, which is disabled.",)


def test_an_enabled_user_needs_nothing() -> None:
    facts = {FindUser(SWIFT): Presence.ENABLED}
    assert UserEnabled(SWIFT).diff(facts) is None
    assert UserEnabled(SWIFT).notes(facts) == ()


@pytest.mark.parametrize("resource", [UserEnabled(SWIFT), Grant(SWIFT, SERVICE, "service")])
def test_a_user_that_does_not_exist_refuses_the_plan(resource: UserEnabled | Grant) -> None:
    facts = {FindUser(SWIFT): Presence.ABSENT, ReadGrants(SWIFT, SERVICE): frozenset[str]()}
    with pytest.raises(DeclarationError, match="no user swift in domain Default"):
        resource.diff(facts)


@pytest.mark.parametrize(
    ("held", "granted"),
    [
        (frozenset({"service"}), False),
        (frozenset({"admin", "service", "reader"}), False),
        (frozenset({"Service"}), False),
        (frozenset({"admin"}), True),
        (frozenset[str](), True),
    ],
)
def test_a_role_is_granted_when_it_is_not_held_in_any_spelling(
    held: frozenset[str],
    granted: bool,  # noqa: FBT001
) -> None:
    grant = Grant(SWIFT, SERVICE, "service", reasons=("s3token needs it.",))
    change = grant.diff({FindUser(SWIFT): Presence.ENABLED, ReadGrants(SWIFT, SERVICE): held})
    assert (change is not None) is granted
    if change is not None:
        assert change.steps == (GrantRole(SWIFT, SERVICE, "service"),)
        assert change.reasons == ("s3token needs it.",)
        assert change.summary == "grant role service to user swift on project service"


def test_a_grant_asks_for_the_user_too_and_has_nothing_to_note() -> None:
    grant = Grant(SWIFT, SERVICE, "service")
    assert grant.queries() == (FindUser(SWIFT), ReadGrants(SWIFT, SERVICE))
    assert grant.notes({}) == ()


def test_a_disabled_user_gets_its_grant_all_the_same() -> None:
    facts = {FindUser(SWIFT): Presence.DISABLED, ReadGrants(SWIFT, SERVICE): frozenset[str]()}
    change = Grant(SWIFT, SERVICE, "service").diff(facts)
    assert change is not None
    assert change.steps == (GrantRole(SWIFT, SERVICE, "service"),)
