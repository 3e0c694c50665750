from __future__ import annotations

import pytest

from setup_tool.core.identity import (
    CreateProject,
    CreateRole,
    CreateUser,
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
    SetPassword,
    UserRef,
)
from setup_tool.core.plan import IDENTITY, Action, Stage
from setup_tool.core.secret import Secret
from setup_tool.resources.identity.grant import Grant
from setup_tool.resources.identity.project import Project
from setup_tool.resources.identity.role import Role
from setup_tool.resources.identity.service_user import ServiceUser

DOMAIN = DomainRef(name="Default")
SWIFT = UserRef("swift", DOMAIN)
SERVICE = ProjectRef("service", DOMAIN)
PASSWORD = Secret("canary-of-swift")


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
    user = ServiceUser(SWIFT, PASSWORD)
    assert user.queries() == (FindUser(SWIFT),)
    change = user.diff({FindUser(SWIFT): Presence.DISABLED})
    assert change is not None
    assert (change.action, change.steps) == (Action.UPDATE, (EnableUser(SWIFT),))
    assert change.reasons == ("A service logs in as swift, which is disabled.",)


def test_an_enabled_user_needs_nothing() -> None:
    facts = {FindUser(SWIFT): Presence.ENABLED}
    assert ServiceUser(SWIFT, PASSWORD).diff(facts) is None
    assert ServiceUser(SWIFT, PASSWORD).notes(facts) == ()


def test_a_missing_user_is_made_with_the_password_that_its_service_has() -> None:
    change = ServiceUser(SWIFT, PASSWORD).diff({FindUser(SWIFT): Presence.ABSENT})
    assert change is not None
    assert (change.action, change.steps) == (Action.CREATE, (CreateUser(SWIFT, PASSWORD),))
    assert "canary" not in repr(change)


def test_a_password_is_reset_only_where_that_was_said() -> None:
    change = ServiceUser(SWIFT, PASSWORD, set_password=True).diff(
        {FindUser(SWIFT): Presence.ENABLED}
    )
    assert change is not None
    assert change.steps == (SetPassword(SWIFT, PASSWORD),)
    assert "canary" not in repr(change)


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


def test_a_grant_asks_for_the_roles_held_and_has_nothing_to_note() -> None:
    grant = Grant(SWIFT, SERVICE, "service")
    assert grant.queries() == (ReadGrants(SWIFT, SERVICE),)
    assert grant.notes({}) == ()


def test_a_disabled_user_gets_its_grant_all_the_same() -> None:
    facts = {FindUser(SWIFT): Presence.DISABLED, ReadGrants(SWIFT, SERVICE): frozenset[str]()}
    change = Grant(SWIFT, SERVICE, "service").diff(facts)
    assert change is not None
    assert change.steps == (GrantRole(SWIFT, SERVICE, "service"),)
