"""Calls to Keystone whose failures become sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from setup_tool.core.errors import DeclarationError, SetupToolError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keystoneauth1.access import AccessInfoV3

    from setup_tool.adapters.cloud_login import CloudLogin

T = TypeVar("T")

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 401, 403, 404, 409
_GATEWAY_ERRORS = {502, 503, 504}
_SERVER_ERROR = 500
_LONGEST_MESSAGE = 200
_NEEDS_ADMIN = (
    "A login with role admin is needed: name its entry of clouds.yaml as os_cloud or OS_CLOUD."
)
# Keystone 30.0.0, api/users.py: "Delegated tokens cannot access credentials directly".
_NOT_DELEGATED = (
    "Log in with a user name and a password: an application credential may not do this."
)


class MissingError(SetupToolError):
    """What was asked for is not there (404)."""


class ConflictError(SetupToolError):
    """What was to be made exists, or stands in the way (409)."""


class ForbiddenError(SetupToolError):
    """Our login may not do this (403)."""


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

    def access(self) -> AccessInfoV3:
        """Return what the login was answered with.

        Raises `UnreachableError` when it is refused or not answered, and
        `DeclarationError` when it is for no project.
        """
        session = self.login.session
        plugin: Any = session.auth
        found: AccessInfoV3 = self._translated("the login", lambda: plugin.get_access(session))
        if found.project_id is None:
            raise DeclarationError(
                f"The {self.login.origin} logs in without a project, so its roles and the "
                "catalogue are not known. Name one (project_name, OS_PROJECT_NAME)."
            )
        self._whose = (
            f"user '{found.username}' on project '{found.project_name}' ({self.login.origin})"
        )
        return found

    def call(self, doing: str, action: Callable[[Any], T], *, secret: bool = False) -> T:
        """Call Keystone through python-keystoneclient's v3 client.

        ``doing`` is a verb with its object, as "list users". What Keystone says to a request
        with a secret is not repeated, as it may quote it. Raises `MissingError`,
        `ConflictError`, `ForbiddenError`, `UnreachableError` or `SetupToolError`.
        """
        self.access()
        if self._client is None:
            from keystoneclient.v3.client import Client

            self._client = Client(
                session=self.login.session,
                endpoint_override=self.login.auth_url,
                connect_retries=0,
            )
        client = self._client
        return self._translated(doing, lambda: action(client), secret=secret)

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
        login = self.login
        said = "" if secret else _said(error)
        if status == _UNAUTHORIZED:
            return UnreachableError(
                f"Keystone at {login.auth_url} refuses the login of {self._whose}: the name, the "
                "password or a domain is wrong, or the user has no role on that project."
            )
        if status in _GATEWAY_ERRORS or (status >= _SERVER_ERROR and doing == "the login"):
            return UnreachableError(
                f"Keystone at {login.auth_url} answers {status} to {_noun(doing)}. Check that it "
                "runs."
            )
        if doing == "the login":
            return UnreachableError(
                f"Keystone at {login.auth_url} answers {status} to the login. Check that auth_url "
                f"of {login.origin} is Keystone's v3 URL."
            )
        if status == _FORBIDDEN:
            advice = _NOT_DELEGATED if "elegated token" in said else _NEEDS_ADMIN
            return ForbiddenError(
                f"Keystone at {login.auth_url} does not let {self._whose} {doing}{said}. {advice}"
            )
        kind = {_NOT_FOUND: MissingError, _CONFLICT: ConflictError}.get(status, SetupToolError)
        return kind(
            f"Keystone at {login.auth_url} answers {status} to the attempt to {doing}{said}."
        )

    def _silence(self, doing: str, error: Exception) -> UnreachableError:
        from keystoneauth1 import exceptions

        where = f"Keystone at {self.login.auth_url}"
        advice = f"Check auth_url of {self.login.origin}, and that Keystone runs."
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
