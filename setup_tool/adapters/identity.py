"""Keystone as an administrator sees it: fulfils `setup_tool.ports.Identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.adapters.identity_steps import Steps
from setup_tool.adapters.keystone import Keystone, MissingError
from setup_tool.adapters.keystone_names import Names
from setup_tool.adapters.keystone_version import Version
from setup_tool.core.errors import SetupToolError, UnreachableError
from setup_tool.core.identity import (
    CatalogueFact,
    CreateUser,
    EnableUser,
    EndpointRecord,
    FindProject,
    FindRole,
    FindUser,
    IsOurUser,
    ListCatalogue,
    LoginAnswer,
    Presence,
    ReadGrants,
    ServiceRecord,
    SetPassword,
    TryLogin,
    Whereabouts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.adapters.keystone_access import Found
    from setup_tool.core.identity import (
        IdentityFact,
        IdentityFacts,
        IdentityQuery,
        IdentityStep,
        Login,
        UserRef,
    )
    from setup_tool.core.secret import Secret

_UNAUTHORIZED = 401


class KeystoneIdentity:
    """Keystone v3 or v2.0, asked through python-keystoneclient. For one thread.

    Logs in at first use, with one token for everything.
    """

    def __init__(self, login: CloudLogin) -> None:
        self._login = login
        self._keystone = Keystone(login)
        self._names = Names(self._keystone)
        self._steps = Steps(self._keystone, self._names)
        self._tried: dict[tuple[UserRef, Secret], LoginAnswer] = {}

    def observe(self, queries: Sequence[IdentityQuery]) -> IdentityFacts:
        """Answer all queries afresh; see `setup_tool.ports.Identity`.

        A password that worked or was refused is not tried again as long as this
        object lives, unless its user was made, enabled or given a password since: a
        refused one counts towards Keystone's lockout.
        """
        self._names.forget()
        return {query: self._answer(query) for query in dict.fromkeys(queries)}

    def perform(self, step: IdentityStep) -> None:
        """Do one thing; see `setup_tool.ports.Identity`."""
        self._steps.perform(step)
        if isinstance(step, CreateUser | SetPassword | EnableUser):
            self._tried = {key: said for key, said in self._tried.items() if key[0] != step.user}

    def whereabouts(self) -> Whereabouts:
        """Return who we are and where; see `setup_tool.ports.Identity`."""
        access = self._keystone.access()
        return Whereabouts(
            auth_url=self._login.auth_url,
            token=access.token,
            user_id=access.user.id,
            user=access.user.name,
            project_id=access.project.id,
            project=access.project.name,
            roles=access.roles,
            endpoints=access.endpoints,
            ca_bundle=self._login.ca_bundle,
            verify=self._login.verify,
        )

    def _answer(self, query: IdentityQuery) -> IdentityFact:  # noqa: PLR0911 - a table
        match query:
            case ListCatalogue():
                return self._catalogue()
            case FindRole(name):
                return self._names.role(name) is not None
            case FindUser(user):
                return _presence(self._names.user(user))
            case FindProject(project):
                return _presence(self._names.project(project))
            case IsOurUser(user, description):
                return self._names.is_described(user, description)
            case ReadGrants():
                return self._grants(query)
            case TryLogin(login):
                return self._try(login)

    def _catalogue(self) -> CatalogueFact:
        call = self._keystone.call
        try:
            regions = call("list regions", lambda client: client.regions.list())
        except MissingError as error:
            raise SetupToolError(
                f"{error} v3 has regions from Icehouse on: for an older Keystone say "
                f"identity_api_version 2.0 in the {self._login.origin}."
            ) from None
        services = call("list services", lambda client: client.services.list())
        endpoints = call("list endpoints", lambda client: client.endpoints.list())
        return CatalogueFact(
            regions=tuple(sorted(region.id for region in regions)),
            services=tuple(
                ServiceRecord(
                    service.id,
                    service.type,
                    getattr(service, "name", "") or "",
                    getattr(service, "enabled", True),
                )
                for service in services
            ),
            endpoints=tuple(
                EndpointRecord(
                    endpoint.id,
                    endpoint.service_id,
                    endpoint.interface,
                    _region(endpoint),
                    endpoint.url,
                    getattr(endpoint, "enabled", True),
                )
                for endpoint in endpoints
            ),
            in_place=self._keystone.access().version is Version.V3,
        )

    def _grants(self, query: ReadGrants) -> frozenset[str]:
        user = self._names.user(query.user)
        project = self._names.project(query.project)
        if user is None or project is None:
            return frozenset()
        try:
            assignments = self._keystone.call(
                "list role assignments",
                lambda client: client.role_assignments.list(
                    user=user.id, project=project.id, effective=True, include_names=True
                ),
            )
        except MissingError:  # deleted since it was looked up
            return frozenset()
        roles = [assignment.role for assignment in assignments]
        if all("name" in role for role in roles):
            return frozenset(role["name"] for role in roles)
        # Keystone before Newton does not know include_names.
        known = self._keystone.call("list roles", lambda client: client.roles.list())
        names = {role.id: role.name for role in known}
        return frozenset(names[role["id"]] for role in roles if role["id"] in names)

    def _try(self, login: Login) -> LoginAnswer:
        key = (login.user, login.password)
        if key not in self._tried:
            answer = self._answer_to(login)
            if answer is LoginAnswer.UNKNOWN:
                return answer
            self._tried[key] = answer
        return self._tried[key]

    def _answer_to(self, login: Login) -> LoginAnswer:
        """Log in once, for no project: one the user has no role on would be a 401 as well.

        It is the Keystone we administer that is asked, not the login's own URL, which
        may be one that only the nodes reach.
        """
        from keystoneauth1 import exceptions

        from setup_tool.adapters.keystone_plugin import unscoped_plugin

        version = self._keystone.access().version
        plugin = unscoped_plugin(version, self._login.auth_url, login.user, login.password)
        try:
            plugin.get_access(self._login.session)
        except exceptions.MissingAuthMethods:  # the password is right, but not enough
            return LoginAnswer.UNKNOWN
        except exceptions.HttpError as error:
            refused = error.http_status == _UNAUTHORIZED
            return LoginAnswer.REFUSED if refused else LoginAnswer.UNKNOWN
        except (exceptions.ClientException, UnreachableError, KeyError):
            return LoginAnswer.UNKNOWN
        return LoginAnswer.WORKS


def _presence(found: Found | None) -> Presence:
    if found is None:
        return Presence.ABSENT
    return Presence.ENABLED if found.enabled else Presence.DISABLED


def _region(endpoint: Any) -> str:
    return getattr(endpoint, "region_id", "") or getattr(endpoint, "region", "") or ""
