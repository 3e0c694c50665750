"""Keystone as values: what is asked, what it answers, what is done there.

Natural keys (names, types, interfaces) go in; ids stay inside the adapter, except
where only an id can tell two equal things apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.secret import Secret


@dataclass(frozen=True, slots=True)
class DomainRef:
    """A domain by id or by name, as configuration files write either."""

    id: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        return self.name or self.id or "Default"


@dataclass(frozen=True, slots=True)
class UserRef:
    """A user by name and domain."""

    name: str
    domain: DomainRef

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ProjectRef:
    """A project by name and domain."""

    name: str
    domain: DomainRef

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Login:
    """A user, its password and the project it works in, as found in a service's file."""

    user: UserRef
    password: Secret
    project: ProjectRef
    auth_url: str


@dataclass(frozen=True, slots=True)
class ListCatalogue:
    """All regions, services and endpoints; answered by `CatalogueFact`."""


@dataclass(frozen=True, slots=True)
class FindRole:
    """Whether a role exists; answered by ``bool``."""

    name: str


@dataclass(frozen=True, slots=True)
class FindProject:
    """Whether a project exists and is enabled; answered by `Presence`."""

    project: ProjectRef


@dataclass(frozen=True, slots=True)
class FindUser:
    """Whether a user exists and is enabled; answered by `Presence`."""

    user: UserRef


@dataclass(frozen=True, slots=True)
class IsOurUser:
    """Whether a user has this description, by which we know those we made; answered by ``bool``."""

    user: UserRef
    description: str


@dataclass(frozen=True, slots=True)
class ReadGrants:
    """The names of the roles a user has on a project; answered by ``frozenset[str]``.

    Direct grants, those through groups and implied ones count: what a token would
    hold. Empty when the user or the project does not exist.
    """

    user: UserRef
    project: ProjectRef


@dataclass(frozen=True, slots=True)
class TryLogin:
    """Whether a login works, tried exactly once; answered by `LoginAnswer`."""

    login: Login


IdentityQuery = (
    ListCatalogue | FindRole | FindProject | FindUser | IsOurUser | ReadGrants | TryLogin
)


class Presence(Enum):
    """Whether something is there."""

    ABSENT = "absent"
    DISABLED = "disabled"
    ENABLED = "enabled"


class LoginAnswer(Enum):
    """What Keystone said to a login. Only a 401 is REFUSED; a 5xx or no answer is UNKNOWN."""

    WORKS = "works"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A service of the catalogue."""

    id: str
    type: str
    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """An endpoint of the catalogue; ``url`` as stored, templates not filled in."""

    id: str
    service_id: str
    interface: str
    region: str
    url: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class CatalogueFact:
    """The whole catalogue.

    ``in_place``: what is there can be changed. Where not (Identity v2.0), services are as
    they were made, and the endpoints of a service in a region share a record with one id,
    which a changed copy takes the place of.
    """

    regions: tuple[str, ...]
    services: tuple[ServiceRecord, ...]
    endpoints: tuple[EndpointRecord, ...]
    in_place: bool = True


IdentityFact = CatalogueFact | Presence | LoginAnswer | bool | frozenset[str]
IdentityFacts = Mapping[IdentityQuery, IdentityFact]


@dataclass(frozen=True, slots=True)
class CreateRole:
    """Make a role."""

    name: str


@dataclass(frozen=True, slots=True)
class CreateProject:
    """Make an enabled project."""

    project: ProjectRef


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Make an enabled user with this password; ``description`` tells later that we made it."""

    user: UserRef
    password: Secret
    description: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Remove a user that `CreateUser` made, as its description must still say."""

    user: UserRef
    description: str


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Give an existing user this password; the one it had cannot come back."""

    user: UserRef
    password: Secret


@dataclass(frozen=True, slots=True)
class EnableUser:
    """Enable a disabled user."""

    user: UserRef


@dataclass(frozen=True, slots=True)
class EnableProject:
    """Enable a disabled project."""

    project: ProjectRef


@dataclass(frozen=True, slots=True)
class GrantRole:
    """Give a user a role on a project."""

    user: UserRef
    project: ProjectRef
    role: str


@dataclass(frozen=True, slots=True)
class CreateService:
    """Make an enabled service of the catalogue."""

    type: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class EnableService:
    """Enable a disabled service."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Make an enabled endpoint; its region must exist."""

    service_type: str
    service_name: str
    interface: str
    region: str
    url: str


@dataclass(frozen=True, slots=True)
class UpdateEndpoint:
    """Give an endpoint another URL: in place, or in a copy where Keystone has no other way.

    ``old_url`` must still be there. Enables it too, unless ``enabled`` says otherwise.
    """

    id: str
    service_type: str
    interface: str
    region: str
    url: str
    old_url: str
    was_enabled: bool
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class DeleteEndpoint:
    """Remove one endpoint that an operator named by its id."""

    id: str
    service_type: str
    interface: str
    region: str
    url: str


@dataclass(frozen=True, slots=True)
class DisableUser:
    """Disable a user that `EnableUser` enabled."""

    user: UserRef


@dataclass(frozen=True, slots=True)
class DisableProject:
    """Disable a project that `EnableProject` enabled."""

    project: ProjectRef


@dataclass(frozen=True, slots=True)
class RevokeRole:
    """Take back a role on a project that `GrantRole` gave."""

    user: UserRef
    project: ProjectRef
    role: str


@dataclass(frozen=True, slots=True)
class WithdrawService:
    """Remove a service that `CreateService` made; refused while it has endpoints."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class DisableService:
    """Disable a service that `EnableService` enabled."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class WithdrawEndpoint:
    """Remove the endpoint that `CreateEndpoint` made; it must still have this URL."""

    service_type: str
    service_name: str
    interface: str
    region: str
    url: str


IdentityStep = (
    CreateRole
    | CreateProject
    | CreateUser
    | DeleteUser
    | SetPassword
    | EnableUser
    | EnableProject
    | GrantRole
    | CreateService
    | EnableService
    | CreateEndpoint
    | UpdateEndpoint
    | DeleteEndpoint
    | DisableUser
    | DisableProject
    | RevokeRole
    | WithdrawService
    | DisableService
    | WithdrawEndpoint
)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Our own login: its token, who it is, and the catalogue it sees.

    ``endpoints`` are (service type, interface, region, URL), templates filled in for
    our project.
    """

    auth_url: str
    token: Secret
    user_id: str
    user: str
    project_id: str
    project: str
    roles: frozenset[str]
    endpoints: tuple[tuple[str, str, str, str], ...]
    ca_bundle: str | None = None
    verify: bool = True

    def urls(self, service: str, interface: str, region: str | None = None) -> tuple[str, ...]:
        """Return the different URLs of a service type's interface, of one region or of all."""
        return tuple(
            dict.fromkeys(
                url
                for kind, face, where, url in self.endpoints
                if (kind, face) == (service, interface) and region in {None, where}
            )
        )
