"""How a step at Keystone is undone."""

from __future__ import annotations

from setup_tool.core.identity import (
    CreateEndpoint,
    CreateService,
    DisableProject,
    DisableService,
    DisableUser,
    EnableProject,
    EnableService,
    EnableUser,
    GrantRole,
    IdentityStep,
    RevokeRole,
    UpdateEndpoint,
    WithdrawEndpoint,
    WithdrawService,
)


def inverse(step: IdentityStep) -> IdentityStep | None:  # noqa: PLR0911 - a table
    """Return the step that undoes one that was done; None where nothing should.

    A role, project or user that was made stays: by then others may use it, and Keystone
    deletes their grants with it. A password that was replaced is not
    known. A deleted endpoint stays deleted: an operator named it by an id that cannot
    come back. A withdrawn one, known by its URL, can be made again; a user that is removed cannot,
    since its password is gone. The other steps that undo have no inverse of their own.
    """
    match step:
        case EnableUser(user):
            return DisableUser(user)
        case EnableProject(project):
            return DisableProject(project)
        case GrantRole(user, project, role):
            return RevokeRole(user, project, role)
        case CreateService(kind, name):
            return WithdrawService(kind, name)
        case EnableService(kind, name):
            return DisableService(kind, name)
        case CreateEndpoint(kind, name, interface, region, url):
            return WithdrawEndpoint(kind, name, interface, region, url)
        case WithdrawEndpoint(kind, name, interface, region, url):
            return CreateEndpoint(kind, name, interface, region, url)
        case WithdrawService(kind, name):
            return CreateService(kind, name, "")
        case UpdateEndpoint():
            return UpdateEndpoint(
                id=step.id,
                service_type=step.service_type,
                interface=step.interface,
                region=step.region,
                url=step.old_url,
                old_url=step.url,
                was_enabled=step.enabled,
                enabled=step.was_enabled,
            )
    return None
