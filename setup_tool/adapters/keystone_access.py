"""What Keystone answered a login with, in either version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.keystone_version import DEFAULT_DOMAIN_ID, Version
from setup_tool.core.secret import Secret
from setup_tool.declare.urls import INTERFACES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keystoneauth1.access import AccessInfo

_DEFAULT_DOMAIN = (DEFAULT_DOMAIN_ID, "Default")


@dataclass(frozen=True, slots=True)
class Found:
    """A user, a project or a role, with the name asked for."""

    id: str
    name: str
    domain_id: str | None
    enabled: bool


@dataclass(frozen=True, slots=True)
class Access:
    """A token and whose it is. In v2.0 everybody is of the default domain."""

    info: AccessInfo

    @property
    def version(self) -> Version:
        """The API that gave the token."""
        from keystoneauth1.access import AccessInfoV2

        return Version.V2 if isinstance(self.info, AccessInfoV2) else Version.V3

    @property
    def token(self) -> Secret:
        """The token itself."""
        return Secret(self.info.auth_token or "")

    @property
    def user(self) -> Found:
        """Who logged in."""
        info = self.info
        return Found(info.user_id or "", info.username or "", self.user_domain[0], enabled=True)

    @property
    def is_for_project(self) -> bool:
        """Whether the token is for a project, not for a domain, the whole system, or nothing."""
        return self.info.project_id is not None

    @property
    def project(self) -> Found:
        """What the token is for."""
        info, domain = self.info, self.project_domain[0]
        return Found(info.project_id or "", info.project_name or "", domain, enabled=True)

    @property
    def is_delegated(self) -> bool:
        """Whether it acts for somebody by an application credential, a trust or OAuth."""
        info: Any = self.info
        found = info.trust_id
        if self.version is Version.V3:
            found = found or info.application_credential_id or info.oauth_access_token_id
        return bool(found)

    @property
    def user_domain(self) -> tuple[str | None, str | None]:
        """The id and the name of the user's domain."""
        if self.version is Version.V2:
            return _DEFAULT_DOMAIN
        return self.info.user_domain_id, self.info.user_domain_name

    @property
    def project_domain(self) -> tuple[str | None, str | None]:
        """The id and the name of the project's domain."""
        if self.version is Version.V2:
            return _DEFAULT_DOMAIN
        return self.info.project_domain_id, self.info.project_domain_name

    @property
    def roles(self) -> frozenset[str]:
        """The names of the roles that the token holds."""
        return frozenset(self.info.role_names or ())

    @property
    def endpoints(self) -> tuple[tuple[str, str, str, str], ...]:
        """The catalogue: service type, interface, region, URL."""
        return tuple(
            (service["type"], *endpoint)
            for service in self.info.service_catalog.catalog
            for record in service["endpoints"]
            for endpoint in _endpoints(record)
        )

    def v2_url(self, interface: str, region: str | None) -> str | None:
        """Return where the catalogue has an interface of Keystone's v2.0 API.

        Of several regions the login's is meant, else the first.
        """
        found = [one for one in self.endpoints if one[:2] == ("identity", interface)]
        best = next((one for one in found if one[2] == region), next(iter(found), None))
        return Version.V2.at(best[3]) if best else None


def _endpoints(record: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Return interface, region and URL of an endpoint; v2.0 has the three URLs in one."""
    region = record.get("region_id") or record.get("region") or ""
    if "interface" in record:
        yield record["interface"], region, record["url"]
        return
    for interface in INTERFACES:
        if url := record.get(f"{interface}URL"):
            yield interface, region, url
