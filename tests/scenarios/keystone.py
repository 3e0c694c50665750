"""A Keystone that is a value: it answers queries, and steps make another one of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from setup_tool.core.identity import (
    CatalogueFact,
    CreateEndpoint,
    CreateProject,
    CreateRole,
    CreateService,
    CreateUser,
    DeleteEndpoint,
    DeleteUser,
    EnableProject,
    EnableService,
    EnableUser,
    EndpointRecord,
    FindProject,
    FindRole,
    FindUser,
    GrantRole,
    IsOurUser,
    ListCatalogue,
    LoginAnswer,
    Presence,
    ReadGrants,
    ServiceRecord,
    SetPassword,
    TryLogin,
    UpdateEndpoint,
    WithdrawEndpoint,
    WithdrawService,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.core.identity import (
        IdentityFact,
        IdentityQuery,
        IdentityStep,
        ProjectRef,
        UserRef,
    )


@dataclass(frozen=True, slots=True)
class User:
    """A user; ``roles`` by project."""

    password: str
    state: str = "enabled"
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Keystone:
    """What Keystone holds. Names of the domain Default stand alone, others as NAME@DOMAIN.

    ``answers`` is what every login gets instead, where it is given.
    """

    regions: tuple[str, ...]
    roles: frozenset[str]
    projects: Mapping[str, str]
    users: Mapping[str, User]
    services: tuple[ServiceRecord, ...]
    endpoints: tuple[EndpointRecord, ...]
    answers: str | None = None

    def answer(self, query: IdentityQuery) -> IdentityFact:  # noqa: PLR0911 - a table
        match query:
            case ListCatalogue():
                return CatalogueFact(self.regions, self.services, self.endpoints)
            case FindRole(name):
                return name in self.roles
            case FindProject(project):
                return Presence(self.projects.get(_named(project), "absent"))
            case FindUser(user):
                found = self.users.get(_named(user))
                return Presence(found.state if found else "absent")
            case IsOurUser(user, description):
                found = self.users.get(_named(user))
                return found is not None and found.description == description
            case ReadGrants(user, project):
                found = self.users.get(_named(user))
                return frozenset(found.roles.get(_named(project), ()) if found else ())
            case TryLogin(login):
                if self.answers:
                    return LoginAnswer(self.answers)
                found = self.users.get(_named(login.user))
                right = found is not None and found.password == login.password.reveal()
                works = right and found is not None and found.state == "enabled"
                return LoginAnswer.WORKS if works else LoginAnswer.REFUSED

    def after(self, step: IdentityStep) -> Keystone:  # noqa: C901, PLR0911, PLR0912 - a table
        """Return Keystone as it is when the step was done."""
        match step:
            case CreateRole(name):
                return replace(self, roles=self.roles | {name})
            case CreateProject(project) | EnableProject(project):
                return replace(self, projects={**self.projects, _named(project): "enabled"})
            case CreateUser(user, password, description):
                made = User(password.reveal(), "enabled", {}, description)
                return replace(self, users={**self.users, _named(user): made})
            case DeleteUser(user, description):
                assert self.users[_named(user)].description == description
                left = {name: one for name, one in self.users.items() if name != _named(user)}
                return replace(self, users=left)
            case WithdrawEndpoint():
                kept = tuple(
                    e
                    for e in self.endpoints
                    if (e.interface, e.region, e.url) != (step.interface, step.region, step.url)
                )
                assert len(kept) == len(self.endpoints) - 1
                return replace(self, endpoints=kept)
            case WithdrawService(kind, name):
                gone = next(s for s in self.services if (s.type, s.name) == (kind, name))
                assert not any(e.service_id == gone.id for e in self.endpoints)
                return replace(self, services=tuple(s for s in self.services if s != gone))
            case SetPassword(user, password):
                return self._with(user, password=password.reveal())
            case EnableUser(user):
                return self._with(user, state="enabled")
            case GrantRole(user, project, role):
                roles = dict(self.users[_named(user)].roles)
                roles[_named(project)] = (*roles.get(_named(project), ()), role)
                return self._with(user, roles=roles)
            case CreateService(kind, name):
                made = ServiceRecord(f"the {kind}", kind, name, enabled=True)
                return replace(self, services=(*self.services, made))
            case EnableService(kind, name):
                return replace(
                    self,
                    services=tuple(
                        replace(s, enabled=True) if (s.type, s.name) == (kind, name) else s
                        for s in self.services
                    ),
                )
            case CreateEndpoint(kind, _, interface, region, url):
                service = next(s.id for s in self.services if s.type == kind)
                made_at = EndpointRecord(
                    f"{kind} {interface} {region}", service, interface, region, url, enabled=True
                )
                return replace(self, endpoints=(*self.endpoints, made_at))
            case UpdateEndpoint():
                return replace(
                    self,
                    endpoints=tuple(
                        replace(e, url=step.url, enabled=step.enabled) if e.id == step.id else e
                        for e in self.endpoints
                    ),
                )
            case DeleteEndpoint(gone):
                return replace(self, endpoints=tuple(e for e in self.endpoints if e.id != gone))
        raise AssertionError(f"a plan has no {type(step).__name__}")

    def lines(self) -> list[str]:
        """Return the endpoints as type, interface, region and URL, sorted."""
        types = {service.id: service.type for service in self.services}
        return sorted(
            f"{types[e.service_id]} {e.interface} {e.region} {e.url}" for e in self.endpoints
        )

    def _with(self, user: UserRef, **changed: Any) -> Keystone:
        name = _named(user)
        return replace(self, users={**self.users, name: replace(self.users[name], **changed)})


def read_keystone(said: Mapping[str, Any]) -> Keystone:
    """Return the Keystone of a scenario.

    ``catalogue`` has a line for each endpoint: type, interface, region, URL, and
    ``disabled`` where it is. Its id is what the line says without the URL, with a number
    from the second of its kind on. ``disabled_services`` are types.
    """
    services: dict[str, ServiceRecord] = {}
    endpoints: list[EndpointRecord] = []
    disabled = said.get("disabled_services", ())
    for line in said["catalogue"]:
        kind, interface, region, url, *state = line.split()
        assert state in ([], ["disabled"]), line
        services[kind] = ServiceRecord(f"the {kind}", kind, kind, enabled=kind not in disabled)
        same = sum(e.id.startswith(f"{kind} {interface} {region}") for e in endpoints)
        name = f"{kind} {interface} {region}" + (f" {same + 1}" if same else "")
        endpoints.append(
            EndpointRecord(name, services[kind].id, interface, region, url, enabled=not state)
        )
    return Keystone(
        regions=tuple(said["regions"]),
        roles=frozenset(said["roles"]),
        projects=said["projects"],
        users={name: User(**user) for name, user in said["users"].items()},
        services=tuple(services.values()),
        endpoints=tuple(endpoints),
        answers=said.get("answers"),
    )


def _named(thing: UserRef | ProjectRef) -> str:
    domain = thing.domain.name or thing.domain.id
    return thing.name if domain in {"Default", "default", None} else f"{thing.name}@{domain}"
