"""Steps at Keystone: each looks at what is there, so that doing it twice is doing it once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from setup_tool.adapters.endpoint_steps import EndpointSteps
from setup_tool.adapters.joined_endpoints import JoinedEndpointSteps
from setup_tool.adapters.keystone import PLAN_AGAIN, ConflictError, MissingError, verb
from setup_tool.adapters.keystone_version import Version
from setup_tool.adapters.service_steps import ServiceSteps
from setup_tool.core.errors import SetupToolError
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
    EnableProject,
    EnableService,
    EnableUser,
    GrantRole,
    RevokeRole,
    SetPassword,
    UpdateEndpoint,
    WithdrawEndpoint,
    WithdrawService,
)

if TYPE_CHECKING:
    from setup_tool.adapters.keystone import Keystone
    from setup_tool.adapters.keystone_access import Found
    from setup_tool.adapters.keystone_names import Names
    from setup_tool.core.identity import IdentityStep, ProjectRef, UserRef
    from setup_tool.core.secret import Secret


class Steps:
    """Does steps at one Keystone."""

    def __init__(self, keystone: Keystone, names: Names) -> None:
        self._keystone = keystone
        self._names = names
        self._services = ServiceSteps(keystone)

    def perform(self, step: IdentityStep) -> None:  # noqa: C901, PLR0912 - a table
        """Do one step; done already is no error. Raises `SetupToolError` otherwise."""
        self._names.forget_missing()
        match step:
            case CreateRole(name):
                self._create_role(name)
            case CreateProject(project):
                self._create_project(project)
            case CreateUser():
                self._create_user(step)
            case DeleteUser(user, description):
                self._delete_user(user, description)
            case SetPassword(user, password):
                self._set_password(user, password)
            case EnableUser(user):
                self._switch_user(user, enabled=True)
            case DisableUser(user):
                self._switch_user(user, enabled=False)
            case EnableProject(project):
                self._switch_project(project, enabled=True)
            case DisableProject(project):
                self._switch_project(project, enabled=False)
            case GrantRole() | RevokeRole():
                self._assign(step)
            case CreateService():
                self._services.create(step)
            case EnableService(kind, name):
                self._services.switch(kind, name, enabled=True)
            case DisableService(kind, name):
                self._services.switch(kind, name, enabled=False)
            case WithdrawService(kind, name):
                self._services.withdraw(kind, name)
            case CreateEndpoint():
                self._endpoints.create(step)
            case UpdateEndpoint():
                self._endpoints.update(step)
            case DeleteEndpoint():
                self._endpoints.delete(step)
            case WithdrawEndpoint():
                self._endpoints.withdraw(step)

    @property
    def _endpoints(self) -> EndpointSteps | JoinedEndpointSteps:
        if self._keystone.access().version is Version.V2:
            return JoinedEndpointSteps(self._keystone, self._services)
        return EndpointSteps(self._keystone, self._services)

    def _create_role(self, name: str) -> None:
        try:
            self._keystone.call(f"create role {name}", lambda client: client.roles.create(name))
        except ConflictError as error:
            if self._names.role(name) is None:
                raise SetupToolError(
                    f"{error} Is there one whose name differs in upper and lower case only?"
                ) from None

    def _create_project(self, project: ProjectRef) -> None:
        domain_id = self._names.domain_id(project.domain)
        if domain_id is None:
            raise SetupToolError(
                f"Project {project} cannot be created: Keystone has no domain {project.domain}."
            )
        try:
            self._keystone.call(
                f"create project {project}",
                lambda client: client.projects.create(project.name, domain_id, enabled=True),
            )
        except ConflictError as error:
            found = self._names.project(project)
            if found is None or not found.enabled:
                raise SetupToolError(f"{error} {PLAN_AGAIN}") from None

    def _create_user(self, step: CreateUser) -> None:
        user, password = step.user, step.password
        more = {} if step.description is None else {"description": step.description}
        domain_id = self._names.domain_id(user.domain)
        if domain_id is None:
            raise SetupToolError(
                f"User {user} cannot be created: Keystone has no domain {user.domain}."
            )
        try:
            self._keystone.call(
                f"create user {user}",
                lambda client: client.users.create(
                    user.name, domain=domain_id, password=password.reveal(), enabled=True, **more
                ),
            )
        except ConflictError as error:
            raise SetupToolError(f"{error} {PLAN_AGAIN}") from None

    def _delete_user(self, user: UserRef, description: str) -> None:
        found = self._names.user(user)
        if found is None:
            return
        if not self._names.is_described(user, description):
            raise SetupToolError(
                f"User {user} is not removed: its description does not say any more that "
                f"setup-tool made it. {PLAN_AGAIN}"
            )
        with suppress(MissingError):
            self._keystone.call(f"delete user {user}", lambda client: client.users.delete(found.id))
        self._names.forget()

    def _set_password(self, user: UserRef, password: Secret) -> None:
        found = self._user(user)
        self._keystone.call(
            f"set the password of user {user}",
            lambda client: client.users.update(found.id, password=password.reveal()),
        )

    def _switch_user(self, user: UserRef, *, enabled: bool) -> None:
        found = self._user(user)
        doing = f"{verb(enabled=enabled)} user {user}"
        self._keystone.call(doing, lambda client: client.users.update(found.id, enabled=enabled))

    def _switch_project(self, project: ProjectRef, *, enabled: bool) -> None:
        found = self._project(project)
        self._keystone.call(
            f"{verb(enabled=enabled)} project {project}",
            lambda client: client.projects.update(found.id, enabled=enabled),
        )

    def _assign(self, step: GrantRole | RevokeRole) -> None:
        user, project = self._user(step.user), self._project(step.project)
        role = self._names.role(step.role)
        if role is None:
            raise SetupToolError(f"Keystone has no role {step.role} to grant or revoke.")
        if isinstance(step, GrantRole):
            self._keystone.call(
                f"grant role {step.role} to {step.user} on {step.project}",
                lambda client: client.roles.grant(role.id, user=user.id, project=project.id),
            )
            return
        try:
            self._keystone.call(
                f"revoke role {step.role} from {step.user} on {step.project}",
                lambda client: client.roles.revoke(role.id, user=user.id, project=project.id),
            )
        except MissingError:
            return

    def _user(self, user: UserRef) -> Found:
        found = self._names.user(user)
        if found is None:
            raise SetupToolError(f"Keystone has no user {user} in domain {user.domain}.")
        return found

    def _project(self, project: ProjectRef) -> Found:
        found = self._names.project(project)
        if found is None:
            raise SetupToolError(f"Keystone has no project {project} in domain {project.domain}.")
        return found
