from __future__ import annotations

import typing

import pytest

from setup_tool.core.identity import (
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
    GrantRole,
    IdentityStep,
    ProjectRef,
    RevokeRole,
    SetPassword,
    UpdateEndpoint,
    UserRef,
    WithdrawEndpoint,
    WithdrawService,
)
from setup_tool.core.secret import Secret
from setup_tool.resources.identity.inverse import inverse

USER = UserRef("swift", DomainRef("default"))
PROJECT = ProjectRef("service", DomainRef("default"))
MOVED = UpdateEndpoint("e1", "s3", "public", "R", "http://new", "http://old", was_enabled=False)

PAIRS: list[tuple[IdentityStep, IdentityStep]] = [
    (EnableUser(USER), DisableUser(USER)),
    (EnableProject(PROJECT), DisableProject(PROJECT)),
    (GrantRole(USER, PROJECT, "service"), RevokeRole(USER, PROJECT, "service")),
    (CreateService("s3", "s3", "d"), WithdrawService("s3", "s3")),
    (EnableService("s3", "s3"), DisableService("s3", "s3")),
    (
        CreateEndpoint("s3", "s3", "public", "R", "http://a"),
        WithdrawEndpoint("s3", "s3", "public", "R", "http://a"),
    ),
    (
        MOVED,
        UpdateEndpoint(
            "e1",
            "s3",
            "public",
            "R",
            "http://old",
            "http://new",
            was_enabled=True,
            enabled=False,
        ),
    ),
]
WITHDRAWN: list[tuple[IdentityStep, IdentityStep]] = [
    (
        WithdrawEndpoint("s3", "s3", "public", "R", "http://a"),
        CreateEndpoint("s3", "s3", "public", "R", "http://a"),
    ),
    (WithdrawService("s3", "s3"), CreateService("s3", "s3", "")),
]
NEVER_UNDONE: list[IdentityStep] = [
    CreateRole("service"),
    CreateProject(PROJECT),
    CreateUser(USER, Secret("p")),
    DeleteUser(USER, "d"),
    SetPassword(USER, Secret("p")),
    DeleteEndpoint("e1", "s3", "public", "R", "http://a"),
]


@pytest.mark.parametrize(("step", "undone_by"), [*PAIRS, *WITHDRAWN])
def test_a_step_has_the_inverse_that_puts_things_back(
    step: IdentityStep, undone_by: IdentityStep
) -> None:
    assert inverse(step) == undone_by


@pytest.mark.parametrize("step", NEVER_UNDONE)
def test_what_others_may_use_by_now_is_not_undone(step: IdentityStep) -> None:
    assert inverse(step) is None


def test_undoing_an_update_twice_is_the_update() -> None:
    back = inverse(MOVED)
    assert back is not None
    assert inverse(back) == MOVED


def test_every_step_has_been_thought_of() -> None:
    undoing = {type(undone_by) for _, undone_by in PAIRS}
    doing = {type(step) for step, _ in PAIRS} | {type(step) for step in NEVER_UNDONE}
    assert doing | undoing == set(typing.get_args(IdentityStep))
