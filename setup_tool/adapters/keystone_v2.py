"""Keystone v2.0 behind those calls of keystoneclient's v3 client that the adapters make.

What v2.0 calls a tenant is a project here, and everything is in the default domain. Imported
late, and only where a login is for v2.0.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from keystoneauth1 import exceptions
from keystoneclient.v2_0.client import Client

from setup_tool.adapters.keystone_version import DEFAULT_DOMAIN_ID, default_domain_of
from setup_tool.core.errors import SetupToolError
from setup_tool.core.identity import DomainRef
from setup_tool.declare.urls import INTERFACES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keystoneauth1.session import Session


@dataclass(frozen=True, slots=True)
class Record:
    """An endpoint of v2.0: the URLs of a service in a region, by interface."""

    id: str
    service_id: str
    region: str
    urls: Mapping[str, str]
    enabled: bool


class V2Client:
    """Keystone v2.0, which has two sides.

    ``own_url`` leads to what everybody may ask for, ``public_url`` to the same where
    ``own_url`` is the admin API. The users, tenants, roles, services and endpoints are on the
    admin API at ``admin_url`` alone.
    """

    def __init__(self, session: Session, own_url: str, public_url: str, admin_url: str) -> None:
        admin, own = _client(session, admin_url), _client(session, own_url)
        self.users = _Users(admin)
        self.projects = _Projects(admin)
        self.roles = _Roles(admin)
        self.role_assignments = _Assignments(admin)
        self.domains = _Domains()
        self.services = _Services(admin)
        self.endpoints = _Endpoints(admin)
        self.regions = _Regions(self.endpoints)
        self.auth = _Auth(_client(session, public_url))
        self.ec2 = own.ec2


class _Users:
    def __init__(self, admin: Any) -> None:
        self._users = admin.users

    def list(self, name: str, domain: str | None = None) -> list[SimpleNamespace]:
        _check(domain, f"User {name}")
        return [_in_default(found) for found in self._users.list()]

    def get(self, known_id: str) -> SimpleNamespace:
        return _in_default(self._users.get(known_id))

    def create(self, name: str, *, domain: str, password: str, enabled: bool) -> None:
        _check(domain, f"User {name}")
        self._users.create(name, password=password, enabled=enabled)

    def update(
        self, known_id: str, *, password: str | None = None, enabled: bool | None = None
    ) -> None:
        if password is not None:
            self._users.update_password(known_id, password)
        if enabled is not None:
            self._users.update_enabled(known_id, enabled)


class _Projects:
    def __init__(self, admin: Any) -> None:
        self._tenants = admin.tenants

    def list(self, name: str, domain: str | None = None) -> list[SimpleNamespace]:
        _check(domain, f"Project {name}")
        return [_in_default(found) for found in self._tenants.list()]

    def get(self, known_id: str) -> SimpleNamespace:
        return _in_default(self._tenants.get(known_id))

    def create(self, name: str, domain: str, *, enabled: bool) -> None:
        _check(domain, f"Project {name}")
        self._tenants.create(name, enabled=enabled)

    def update(self, known_id: str, *, enabled: bool) -> None:
        self._tenants.update(known_id, enabled=enabled)


class _Roles:
    def __init__(self, admin: Any) -> None:
        self._roles = admin.roles

    def list(self, name: str) -> list[Any]:
        return [found for found in self._roles.list() if found.name == name]

    def create(self, name: str) -> None:
        self._roles.create(name)

    def grant(self, role: str, *, user: str, project: str) -> None:
        with suppress(exceptions.Conflict):  # v3 lets it be granted twice
            self._roles.add_user_role(user, role, project)

    def revoke(self, role: str, *, user: str, project: str) -> None:
        self._roles.remove_user_role(user, role, project)


class _Assignments:
    """The roles that count: in v2.0 as well, those of groups are among them."""

    def __init__(self, admin: Any) -> None:
        self._roles = admin.roles

    def list(self, user: str, project: str, **_as_in_v3: bool) -> list[SimpleNamespace]:
        found = self._roles.roles_for_user(user, project)
        return [SimpleNamespace(role={"id": role.id, "name": role.name}) for role in found]


class _Domains:
    def list(self, name: str) -> list[SimpleNamespace]:
        known_id = default_domain_of(DomainRef(name=name), "What is asked for")
        return [SimpleNamespace(id=known_id, name=name)]


class _Services:
    def __init__(self, admin: Any) -> None:
        self._services = admin.services

    def list(self, **_filters: str | None) -> list[Any]:
        found: list[Any] = self._services.list()
        return found

    def create(self, name: str, kind: str, *, enabled: bool, description: str) -> None:
        del enabled  # all are
        self._services.create(name, kind, description)

    def update(self, known_id: str, *, enabled: bool) -> None:
        raise SetupToolError(
            f"Service {known_id} cannot be {'enabled' if enabled else 'disabled'}: Identity v2.0 "
            "has no way to change a service."
        )

    def delete(self, known_id: str) -> None:
        self._services.delete(known_id)


class _Endpoints:
    def __init__(self, admin: Any) -> None:
        self._endpoints = admin.endpoints

    def records(self) -> list[Record]:
        """Return the endpoints as v2.0 keeps them."""
        return [
            Record(
                found.id,
                found.service_id,
                getattr(found, "region", "") or "",
                {name: url for name in INTERFACES if (url := getattr(found, f"{name}url", None))},
                enabled=getattr(found, "enabled", True),
            )
            for found in self._endpoints.list()
        ]

    def list(self, service: str | None = None) -> list[SimpleNamespace]:
        """Return an endpoint for each URL, as v3 has them; those of a record share its id."""
        return [
            SimpleNamespace(
                id=record.id,
                service_id=record.service_id,
                interface=interface,
                region=record.region,
                url=url,
                enabled=record.enabled,
            )
            for record in self.records()
            if service in (None, record.service_id)
            for interface, url in record.urls.items()
        ]

    def create(self, service_id: str, region: str, urls: Mapping[str, str]) -> str:
        made = self._endpoints.create(
            region, service_id, urls["public"], urls.get("admin"), urls.get("internal")
        )
        return str(made.id)

    def delete(self, known_id: str) -> None:
        self._endpoints.delete(known_id)


class _Regions:
    """v2.0 has no regions of their own: those that endpoints name are what there is."""

    def __init__(self, endpoints: _Endpoints) -> None:
        self._endpoints = endpoints

    def list(self) -> list[SimpleNamespace]:
        names = {record.region for record in self._endpoints.records() if record.region}
        return [SimpleNamespace(id=name) for name in sorted(names)]


class _Auth:
    def __init__(self, public: Any) -> None:
        self._tenants = public.tenants

    def projects(self) -> list[SimpleNamespace]:
        """Return the projects of our own user."""
        return [_in_default(found) for found in self._tenants.list()]


def _client(session: Session, url: str) -> Any:
    return Client(session=session, endpoint_override=url, connect_retries=0)


def _in_default(found: Any) -> SimpleNamespace:
    return SimpleNamespace(
        id=found.id,
        name=found.name,
        domain_id=DEFAULT_DOMAIN_ID,
        enabled=getattr(found, "enabled", True),
    )


def _check(domain_id: str | None, what: str) -> None:
    default_domain_of(DomainRef(id=domain_id), what)
