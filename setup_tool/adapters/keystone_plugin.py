"""keystoneauth's login plugins for what an operator's configuration says. Imported late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystoneauth1 import discover, exceptions
from keystoneauth1.identity import v2, v3
from keystoneauth1.identity.base import BaseIdentityPlugin

from setup_tool.adapters.keystone_session import QuietSession
from setup_tool.adapters.keystone_version import (
    DEFAULT_DOMAIN_ID,
    Version,
    check_without_domains,
    default_domain_of,
)
from setup_tool.core.errors import UnreachableError
from setup_tool.declare.urls import without_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keystoneauth1.access import AccessInfo
    from keystoneauth1.session import Session

    from setup_tool.adapters.keystone_version import Choice
    from setup_tool.core.identity import UserRef
    from setup_tool.core.secret import Secret

_SCOPE_OPTIONS = (
    "username",
    "user_id",
    "user_domain_id",
    "user_domain_name",
    "project_id",
    "project_name",
    "project_domain_id",
    "project_domain_name",
    "domain_id",
    "domain_name",
    "system_scope",
    "trust_id",
)


def password_plugin(
    options: Mapping[str, Any], auth_url: str, choice: Choice, origin: str
) -> BaseIdentityPlugin:
    """Return a login with user name and password, with its version or to be found out.

    Raises `DeclarationError` for one that is for v2.0 and names a domain: later, at the login,
    where Keystone has to be asked.
    """

    def make(version: Version) -> v2.Password | v3.Password:
        url = version.at(auth_url)
        if version is Version.V3:
            return _v3_password(options, url)
        check_without_domains(options, origin)
        return _v2_password(options, url)

    if choice.said is not None:
        return make(choice.said)
    return DiscoveredPassword(auth_url, choice.otherwise, make)


def unscoped_plugin(
    version: Version, auth_url: str, user: UserRef, password: Secret
) -> BaseIdentityPlugin:
    """Return a login for no project, which tells whether a password is right."""
    if version is Version.V2:
        default_domain_of(user.domain, f"User {user}")
        return v2.Password(auth_url, username=user.name, password=password.reveal())
    domain = user.domain
    return v3.Password(
        auth_url=auth_url,
        username=user.name,
        password=password.reveal(),
        user_domain_id=domain.id or (None if domain.name else DEFAULT_DOMAIN_ID),
        user_domain_name=None if domain.id else domain.name,
        unscoped=True,
    )


class DiscoveredPassword(BaseIdentityPlugin):
    """A login whose version is the best that Keystone says it serves.

    ``auth_url`` has a version from the first login on. Only the versions are taken from
    Keystone's answer: the addresses in it are often ones that only its own hosts reach
    (``public_endpoint`` in keystone.conf).
    """

    def __init__(
        self,
        auth_url: str,
        otherwise: Version,
        make: Callable[[Version], v2.Password | v3.Password],
    ) -> None:
        super().__init__(auth_url=auth_url)
        self._otherwise = otherwise
        self._make = make
        self._plugin: v2.Password | v3.Password | None = None

    def get_auth_ref(self, session: Session, **kwargs: Any) -> AccessInfo:
        """Log in, after having asked Keystone for its versions the first time."""
        if self._plugin is None:
            served = _served_versions(session, f"{without_version(self.auth_url or '')}/")
            chosen = next((v for v in (Version.V3, Version.V2) if v in served), self._otherwise)
            self._plugin = self._make(chosen)
            self.auth_url = self._plugin.auth_url
        return self._plugin.get_auth_ref(session, **kwargs)


def _served_versions(session: Session, url: str) -> set[Version]:
    """Return the versions that Keystone says it serves, none where something else answers.

    Raises keystoneauth's `ConnectionError` where nothing does. Asked without the login:
    keystoneauth would answer a 401 with it, which is under way.
    """
    anonymous = QuietSession(
        session=session.session,
        verify=session.verify,
        cert=session.cert,
        timeout=session.timeout,
        user_agent="setup-tool",
    )
    try:
        found = discover.Discover(anonymous, url, authenticated=False).raw_version_data(
            allow_experimental=True,
            allow_unknown=True,  # v2.0 was "beta" up to Grizzly
        )
        names = [str(one.get("id")) for one in found]
    except exceptions.ConnectionError:
        raise
    except (exceptions.ClientException, UnreachableError, AttributeError, TypeError):
        return set()
    return {version for version in Version for name in names if name.startswith(version.value)}


def _v3_password(options: Mapping[str, Any], auth_url: str) -> v3.Password:
    scope = {name: options[name] for name in _SCOPE_OPTIONS if options.get(name)}
    # Where no domain is said, the default one is meant, as openstackclient has it.
    for whose, known_by_id in (("user", "user_id"), ("project", "project_id")):
        said = {known_by_id, f"{whose}_domain_id", f"{whose}_domain_name"} & set(scope)
        if not said and (whose == "user" or "project_name" in scope):
            scope[f"{whose}_domain_id"] = options.get("default_domain_id") or DEFAULT_DOMAIN_ID
    return v3.Password(auth_url=auth_url, password=options["password"], **scope)


def _v2_password(options: Mapping[str, Any], auth_url: str) -> v2.Password:
    return v2.Password(
        auth_url,
        username=options.get("username"),
        user_id=options.get("user_id"),
        password=options["password"],
        tenant_id=options.get("project_id") or options.get("tenant_id"),
        tenant_name=options.get("project_name") or options.get("tenant_name"),
        trust_id=options.get("trust_id"),
    )
