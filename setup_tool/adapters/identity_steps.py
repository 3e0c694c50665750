"""Steps at Keystone: each looks at what is there, so that doing it twice is doing it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.adapters.keystone import ConflictError, MissingError
from setup_tool.core.errors import SetupToolError
from setup_tool.core.identity import (
    CreateEndpoint,
    CreateProject,
    CreateRole,
    CreateService,
    CreateUser,
    DeleteEndpoint,
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
    from setup_tool.adapters.keystone_names import Found, Names
    from setup_tool.core.identity import IdentityStep, ProjectRef, UserRef
    from setup_tool.core.secret import Secret

_PLAN_AGAIN = "It changed since it was looked at: plan again."


class Steps:
    """Does steps at one Keystone."""

    def __init__(self, keystone: Keystone, names: Names) -> None:
        self._keystone = keystone
        self._names = names

    def perform(self, step: IdentityStep) -> None:  # noqa: C901, PLR0912 - a table
        """Do one step; done already is no error. Raises `SetupToolError` otherwise."""
        self._names.forget_missing()
        match step:
            case CreateRole(name):
                self._create_role(name)
            case CreateProject(project):
                self._create_project(project)
            case CreateUser(user, password):
                self._create_user(user, password)
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
                self._create_service(step)
            case EnableService(kind, name):
                self._switch_service(kind, name, enabled=True)
            case DisableService(kind, name):
                self._switch_service(kind, name, enabled=False)
            case WithdrawService(kind, name):
                self._withdraw_service(kind, name)
            case CreateEndpoint():
                self._create_endpoint(step)
            case UpdateEndpoint():
                self._update_endpoint(step)
            case DeleteEndpoint(id=known_id, url=url):
                self._delete_endpoint(known_id, url)
            case WithdrawEndpoint():
                self._withdraw_endpoint(step)

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
                raise SetupToolError(f"{error} {_PLAN_AGAIN}") from None

    def _create_user(self, user: UserRef, password: Secret) -> None:
        domain_id = self._names.domain_id(user.domain)
        if domain_id is None:
            raise SetupToolError(
                f"User {user} cannot be created: Keystone has no domain {user.domain}."
            )
        try:
            self._keystone.call(
                f"create user {user}",
                lambda client: client.users.create(
                    user.name, domain=domain_id, password=password.reveal(), enabled=True
                ),
            )
        except ConflictError as error:
            raise SetupToolError(f"{error} {_PLAN_AGAIN}") from None

    def _set_password(self, user: UserRef, password: Secret) -> None:
        found = self._user(user)
        self._keystone.call(
            f"set the password of user {user}",
            lambda client: client.users.update(found.id, password=password.reveal()),
        )

    def _switch_user(self, user: UserRef, *, enabled: bool) -> None:
        found = self._user(user)
        doing = f"{_verb(enabled)} user {user}"
        self._keystone.call(doing, lambda client: client.users.update(found.id, enabled=enabled))

    def _switch_project(self, project: ProjectRef, *, enabled: bool) -> None:
        found = self._project(project)
        self._keystone.call(
            f"{_verb(enabled)} project {project}",
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

    def _create_service(self, step: CreateService) -> None:
        # Keystone would make a second one of the same type and name.
        existing = self._services(step.type, step.name)
        if not existing:
            self._keystone.call(
                f"create service {step.name}",
                lambda client: client.services.create(
                    step.name, step.type, enabled=True, description=step.description
                ),
            )
        elif not any(service.enabled for service in existing):
            raise SetupToolError(f"Service {step.name} exists, but is disabled. {_PLAN_AGAIN}")

    def _switch_service(self, kind: str, name: str, *, enabled: bool) -> None:
        service = self._service(kind, name)
        self._keystone.call(
            f"{_verb(enabled)} service {name}",
            lambda client: client.services.update(service.id, enabled=enabled),
        )

    def _withdraw_service(self, kind: str, name: str) -> None:
        if not self._services(kind, name):
            return
        service = self._service(kind, name)
        endpoints = self._keystone.call(
            "list endpoints", lambda client: client.endpoints.list(service=service.id)
        )
        if endpoints:  # Keystone would delete them with the service
            raise SetupToolError(
                f"Service {name} is not removed: it has {len(endpoints)} endpoints by now."
            )
        self._keystone.call(
            f"delete service {name}", lambda client: client.services.delete(service.id)
        )

    def _create_endpoint(self, step: CreateEndpoint) -> None:
        # Keystone would make the region when there is none.
        try:
            self._keystone.call(
                f"find region {step.region}", lambda client: client.regions.get(step.region)
            )
        except MissingError:
            raise SetupToolError(
                f"Keystone has no region '{step.region}', so no endpoint is created in it."
            ) from None
        service = self._service(step.service_type, step.service_name)
        existing = self._endpoints(service.id, step.interface, step.region)
        if not existing:
            self._keystone.call(
                f"create the {step.interface} endpoint of {step.service_type}",
                lambda client: client.endpoints.create(
                    service.id, step.url, step.interface, step.region, enabled=True
                ),
            )
        elif not any(endpoint.url == step.url and endpoint.enabled for endpoint in existing):
            raise SetupToolError(
                f"The {step.interface} endpoint of {step.service_type} in region {step.region} "
                f"exists by now, as {existing[0].url}. {_PLAN_AGAIN}"
            )

    def _update_endpoint(self, step: UpdateEndpoint) -> None:
        doing = f"update the {step.interface} endpoint of {step.service_type}"
        found = self._keystone.call(doing, lambda client: client.endpoints.get(step.id))
        if found.url == step.url and found.enabled == step.enabled:
            return
        if found.url not in (step.old_url, step.url):
            raise SetupToolError(
                f"Endpoint {step.id} has the URL {found.url}, not {step.old_url}. {_PLAN_AGAIN}"
            )
        self._keystone.call(
            doing,
            lambda client: client.endpoints.update(step.id, url=step.url, enabled=step.enabled),
        )

    def _delete_endpoint(self, known_id: str, url: str) -> None:
        doing = f"delete endpoint {known_id}"
        try:
            found = self._keystone.call(doing, lambda client: client.endpoints.get(known_id))
            if found.url != url:
                raise SetupToolError(
                    f"Endpoint {known_id} is not removed: its URL is {found.url}, not {url}. "
                    f"{_PLAN_AGAIN}"
                )
            self._keystone.call(doing, lambda client: client.endpoints.delete(known_id))
        except MissingError:
            return

    def _withdraw_endpoint(self, step: WithdrawEndpoint) -> None:
        if not self._services(step.service_type, step.service_name):
            return
        service = self._service(step.service_type, step.service_name)
        existing = self._endpoints(service.id, step.interface, step.region)
        ours = [endpoint for endpoint in existing if endpoint.url == step.url]
        if len(ours) > 1:
            raise SetupToolError(
                f"{len(ours)} endpoints have the URL {step.url}, so none is removed. Remove one "
                f"by its id: {', '.join(sorted(endpoint.id for endpoint in ours))}."
            )
        for endpoint in ours:
            self._delete_endpoint(endpoint.id, step.url)

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

    def _services(self, kind: str, name: str) -> list[Any]:
        services = self._keystone.call(
            "list services", lambda client: client.services.list(name=name or None, type=kind)
        )
        return [
            service
            for service in services
            if service.type == kind and (getattr(service, "name", "") or "") == name
        ]

    def _service(self, kind: str, name: str) -> Any:
        found = self._services(kind, name)
        if len(found) > 1:
            found = [service for service in found if service.enabled]
        if len(found) != 1:
            raise SetupToolError(
                f"Keystone has {len(found) or 'no'} services '{name}' of type {kind}, and one is "
                f"needed. {_PLAN_AGAIN}"
            )
        return found[0]

    def _endpoints(self, service_id: str, interface: str, region: str) -> list[Any]:
        found = self._keystone.call(
            "list endpoints",
            lambda client: client.endpoints.list(
                service=service_id, interface=interface, region_id=region
            ),
        )
        wanted = (service_id, interface, region)
        return [one for one in found if (one.service_id, one.interface, one.region_id) == wanted]


def _verb(enabled: bool) -> str:  # noqa: FBT001 - read with its one argument's name
    return "enable" if enabled else "disable"
