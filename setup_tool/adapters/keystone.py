"""Calls to Keystone whose failures become sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from setup_tool.adapters.keystone_access import Access
from setup_tool.adapters.keystone_version import Version
from setup_tool.core.errors import (
    DeclarationError,
    OverloadedError,
    SetupToolError,
    UnreachableError,
)
from setup_tool.declare.urls import port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from setup_tool.adapters.cloud_login import CloudLogin

T = TypeVar("T")

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409
_GATEWAY_ERRORS = {502, 503, 504}
_TOO_MANY, _SERVER_ERROR = 429, 500
_LONGEST_MESSAGE = 200
_ADMIN_PORT = 35357
"""Where v2.0's admin API listens unless an operator moved it (``admin_port``)."""
PLAN_AGAIN = "It changed since it was looked at: plan again."
_NEEDS_ADMIN = (
    "A login with role admin is needed: name its entry of clouds.yaml as os_cloud or OS_CLOUD."
)
_NO_ADMIN_API = (
    "What is administrative has an address of its own in Identity v2.0: the adminURL of service "
    "identity in the catalogue, or auth_url where that names port 35357. Correct the one, or name "
    "in the other where it can be reached from here."
)
# Keystone 30.0.0, api/users.py: "Delegated tokens cannot access credentials directly"; before
# the fixes of 2026: "Using method 'application_credential' is not allowed for managing ...".
_ABOUT_DELEGATION = ("elegated token", "'application_credential'")
_NOT_DELEGATED = (
    "Log in with a user name and a password: an application credential may not do this."
)


class MissingError(SetupToolError):
    """What was asked for is not there (404)."""


class ConflictError(SetupToolError):
    """What was to be made exists, or stands in the way (409)."""


class ForbiddenError(SetupToolError):
    """Our login may not do this (403)."""


class LoginRefusedError(UnreachableError):
    """Keystone does not take our login (401), and will not take it later."""


_KINDS: dict[int, type[SetupToolError]] = {
    _NOT_FOUND: MissingError,
    _CONFLICT: ConflictError,
    _TOO_MANY: OverloadedError,
}


class Keystone:
    """One login at one Keystone.

    The first call logs in; the token serves all that follow, also those made through
    another `Keystone` with the same `CloudLogin`.
    """

    def __init__(self, login: CloudLogin) -> None:
        self.login = login
        self._whose = login.origin
        if login.user:
            self._whose = f"user '{login.user}' on project '{login.project}' ({login.origin})"
        self._client: Any = None
        self._admin_url: str | None = None

    def access(self) -> Access:
        """Return what the login was answered with.

        Raises `UnreachableError` when it is refused or not answered, and
        `DeclarationError` when it is for no project.
        """
        session = self.login.session
        plugin: Any = session.auth
        found = self._translated("the login", lambda: Access(plugin.get_access(session)))
        if not found.is_for_project:
            raise DeclarationError(
                f"The {self.login.origin} logs in without a project, so its roles and the "
                "catalogue are not known. Name one (project_name, OS_PROJECT_NAME)."
            )
        self._whose = (
            f"user '{found.user.name}' on project '{found.project.name}' ({self.login.origin})"
        )
        return found

    def call(self, doing: str, action: Callable[[Any], T], *, secret: bool = False) -> T:
        """Call Keystone through python-keystoneclient's v3 client, or what stands for it in v2.0.

        ``doing`` is a verb with its object, as "list users". What Keystone says to a request
        with a secret is not repeated, as it may quote it. Raises `MissingError`,
        `ConflictError`, `ForbiddenError`, `UnreachableError` or `SetupToolError`.
        """
        access = self.access()
        if self._client is None:
            self._client = self._opened(access)
        client = self._client
        return self._translated(doing, lambda: action(client), secret=secret)

    def _opened(self, access: Access) -> Any:
        login = self.login
        if access.version is Version.V3:
            from keystoneclient.v3.client import Client

            return Client(
                session=login.session, endpoint_override=login.auth_url, connect_retries=0
            )
        from setup_tool.adapters.keystone_v2 import V2Client

        own_url = public_url = self._admin_url = login.auth_url
        if port(own_url) == _ADMIN_PORT:
            public_url = access.v2_url("public", login.region) or own_url
        else:
            self._admin_url = access.v2_url("admin", login.region) or own_url
        return V2Client(login.session, own_url, public_url, self._admin_url)

    def _translated(self, doing: str, action: Callable[[], T], *, secret: bool = False) -> T:
        from keystoneauth1 import exceptions

        # Raised outside of the handler: keystoneauth's exceptions carry the request.
        failure: SetupToolError
        try:
            return action()
        except exceptions.HttpError as error:
            failure = self._refusal(doing, error, secret=secret)
        except (exceptions.ClientException, KeyError, TypeError) as error:
            # The latter two: JSON, but not what Keystone says.
            failure = self._silence(doing, error)
        raise failure

    def _refusal(self, doing: str, error: Any, *, secret: bool) -> SetupToolError:
        status = int(error.http_status or 0)
        where, advice = self._asked(error.url)
        said = "" if secret else _said(error)
        if status == _UNAUTHORIZED:
            return LoginRefusedError(
                f"{where} refuses the login of {self._whose}: the name, the password or a domain "
                "is wrong, or the user has no role on that project."
            )
        if status in _GATEWAY_ERRORS or (status >= _SERVER_ERROR and doing == "the login"):
            return UnreachableError(
                f"{where} answers {status} to {_noun(doing)}. Check that it runs."
            )
        if doing == "the login":
            return UnreachableError(
                f"{where} answers {status} to the login. Check that auth_url of "
                f"{self.login.origin} is Keystone's."
            )
        if status == _FORBIDDEN:
            delegated = any(word in said for word in _ABOUT_DELEGATION)
            reason = _NOT_DELEGATED if delegated else _NEEDS_ADMIN
            return ForbiddenError(f"{where} does not let {self._whose} {doing}{said}. {reason}")
        kind = _KINDS.get(status, OverloadedError if status >= _SERVER_ERROR else SetupToolError)
        hint = f" {advice}" if status == _NOT_FOUND and self._admin_url else ""
        return kind(f"{where} answers {status} to the attempt to {doing}{said}.{hint}")

    def _silence(self, doing: str, error: Exception) -> UnreachableError:
        from keystoneauth1 import exceptions

        sent = (getattr(cause, "request", None) for cause in _causes(error))
        url = next((found.url for found in sent if found is not None), None)
        where, advice = self._asked(url)
        if isinstance(error, exceptions.SSLError):
            return UnreachableError(
                f"{where} cannot be reached (TLS): {_reason(error)}. If its certificate is signed "
                f"by a CA of your own, name that as cacert in the {self.login.origin}."
            )
        if isinstance(error, exceptions.ConnectTimeout):
            seconds = self.login.session.timeout
            return UnreachableError(
                f"{where} did not answer {_noun(doing)} within {seconds:g} s. {advice}"
            )
        if isinstance(error, exceptions.ConnectionError):
            return UnreachableError(
                f"{where} cannot be reached (connect): {_reason(error)}. {advice}"
            )
        return UnreachableError(
            f"{where} could not be understood when asked for {_noun(doing)} "
            f"({type(error).__name__}). {advice}"
        )

    def _asked(self, url: str | None) -> tuple[str, str]:
        """Return which side of Keystone a URL is of, and what to look at where it fails."""
        auth_url, admin_url = self.login.auth_url, self._admin_url
        if admin_url and url and url.startswith(admin_url):
            return f"Keystone's admin API at {admin_url}", _NO_ADMIN_API
        return f"Keystone at {auth_url}", (
            f"Check auth_url of {self.login.origin}, and that Keystone runs."
        )


def verb(*, enabled: bool) -> str:
    """Return the word for bringing something into a state."""
    return "enable" if enabled else "disable"


def _noun(doing: str) -> str:
    return doing if doing.startswith("the ") else f"the attempt to {doing}"


def _said(error: Any) -> str:
    """Return Keystone's own words about an error, on one line."""
    words = re.sub(r"\s+", " ", str(error.message or ""))
    words = re.sub(r" \(HTTP \d+\)| \(Request-ID: [^)]*\)", "", words).strip().rstrip(".")
    return f" (it says: {words[:_LONGEST_MESSAGE]})" if words else ""


def _reason(error: BaseException) -> str:
    """Return the innermost cause of a failed connection that the system has words for."""
    words = [cause.strerror for cause in _causes(error) if isinstance(cause, OSError)]
    return next((word for word in reversed(words) if word), "the connection broke")


def _causes(error: BaseException, seen: frozenset[int] = frozenset()) -> Iterator[BaseException]:
    if id(error) in seen:
        return
    yield error
    inner = (error.__cause__, error.__context__, getattr(error, "reason", None), *error.args)
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _causes(cause, seen | {id(error)})
