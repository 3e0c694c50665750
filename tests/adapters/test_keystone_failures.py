"""Keystone down, silent, refusing, or something else altogether."""

from __future__ import annotations

import dataclasses
import socket
import traceback
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.identity import KeystoneIdentity
from setup_tool.adapters.keystone_session import new_session
from setup_tool.core.errors import DeclarationError, SetupToolError, UnreachableError
from setup_tool.core.identity import (
    CreateService,
    DomainRef,
    FindUser,
    ListCatalogue,
    Login,
    LoginAnswer,
    ProjectRef,
    TryLogin,
    UserRef,
)
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from setup_tool.adapters.cloud_login import CloudLogin
    from tests.adapters.impostor import Impostor
    from tests.lab_fixture import RunningLab

DEFAULT = DomainRef(id="default")
SWIFT = TryLogin(
    Login(
        UserRef("swift", DEFAULT),
        Secret("canary-service-password"),
        ProjectRef("service", DEFAULT),
        "http://10.0.0.1:5000",
    )
)


def message(action: Callable[[], object], kind: type[SetupToolError]) -> str:
    """Return what an operator reads, and hold that nothing secret is anywhere near it."""
    with pytest.raises(kind) as caught:
        action()
    assert type(caught.value).exit_status == kind.exit_status
    chain = list(_chain(caught.value))
    everything = "".join(traceback.format_exception(caught.value))
    assert "canary" not in everything + repr([(error, vars(error)) for error in chain])
    # keystoneauth's exceptions carry the request, password and all.
    assert not any(type(error).__module__.startswith("keystoneauth") for error in chain)
    return str(caught.value)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


def test_a_keystone_that_is_down_is_named_with_the_phase(impostor: Impostor) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://user:canary@127.0.0.1:{unused.getsockname()[1]}/v3"
        identity = KeystoneIdentity(impostor.login(OS_AUTH_URL=url))
        said = message(identity.whereabouts, UnreachableError)
    assert said.startswith(f"Keystone at {url.replace('user:canary@', '')} cannot be reached")
    assert "(connect): Connection refused" in said


def test_a_keystone_that_says_nothing_is_not_waited_for_for_ever(impostor: Impostor) -> None:
    impostor.silent = True
    login = impostor.login()
    session = new_session(login.session.auth, verify=True, certificate=None, timeout=0.3)
    identity = KeystoneIdentity(dataclasses.replace(login, session=session))
    assert "did not answer the login within 0.3 s" in message(
        identity.whereabouts, UnreachableError
    )
    assert len(impostor.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_at_the_login_counts_as_unreachable(impostor: Impostor, status: int) -> None:
    impostor.say_html("POST", "/v3/auth/tokens", status)
    said = message(KeystoneIdentity(impostor.login()).whereabouts, UnreachableError)
    assert f"answers {status} to the login" in said


@pytest.mark.parametrize("status", [200, 201])
def test_a_web_page_is_not_taken_for_keystone(impostor: Impostor, status: int) -> None:
    impostor.say_html("POST", "/v3/auth/tokens", status)
    said = message(KeystoneIdentity(impostor.login()).whereabouts, UnreachableError)
    assert f"it says {status} with text/html where JSON is due" in said
    assert f"{impostor.url}/v3/auth/tokens" in said


def test_json_that_is_not_keystones_is_not_taken_for_it(impostor: Impostor) -> None:
    impostor.say("POST", "/v3/auth/tokens", 200, {"message": "welcome"})
    said = message(KeystoneIdentity(impostor.login()).whereabouts, UnreachableError)
    assert "could not be understood" in said
    impostor.let_in().say("GET", "/v3/regions", 200, {"message": "welcome"})
    identity = KeystoneIdentity(impostor.login())
    assert "could not be understood" in message(
        lambda: identity.observe([ListCatalogue()]), UnreachableError
    )


def test_a_url_that_is_not_keystones_is_named(impostor: Impostor) -> None:
    said = message(KeystoneIdentity(impostor.login()).whereabouts, UnreachableError)
    assert "answers 404 to the login" in said


def test_a_wrong_password_says_whose_login_it_is(log_in: Callable[..., CloudLogin]) -> None:
    identity = KeystoneIdentity(log_in(OS_PASSWORD="canary-wrong"))
    said = message(identity.whereabouts, UnreachableError)
    assert "refuses the login of user 'admin' on project 'admin' (OS_* environment)" in said


def test_a_login_for_no_project_is_refused(log_in: Callable[..., CloudLogin]) -> None:
    identity = KeystoneIdentity(log_in(OS_PROJECT_NAME="", OS_PROJECT_ID=""))
    assert "logs in without a project" in message(identity.whereabouts, DeclarationError)


def test_a_user_without_admin_right_is_told_what_is_missing(
    log_in: Callable[..., CloudLogin], running_lab: RunningLab
) -> None:
    identity = KeystoneIdentity(log_in("demo"))
    before = len(running_lab.access_lines())
    said = message(lambda: identity.observe([ListCatalogue()]), SetupToolError)
    assert "does not let user 'demo' on project 'demo'" in said
    assert "identity:list_services" in said
    assert "role admin is needed" in said
    said = message(lambda: identity.perform(CreateService("s3", "s3", "d")), SetupToolError)
    assert "list services" in said
    methods = [line.split()[1] for line in running_lab.access_lines()[before:]]
    assert methods.count("POST") == 1  # the login


@pytest.mark.parametrize("status", [500, 501])
def test_a_listing_that_fails_is_no_empty_listing(impostor: Impostor, status: int) -> None:
    impostor.let_in().say("GET", "/v3/regions", 200, {"regions": []})
    impostor.say("GET", "/v3/services", status, {"error": {"message": "it broke", "code": 500}})
    identity = KeystoneIdentity(impostor.login())
    said = message(lambda: identity.observe([ListCatalogue()]), SetupToolError)
    assert f"answers {status} to the attempt to list services" in said


def test_a_listing_behind_a_dead_gateway_counts_as_unreachable(impostor: Impostor) -> None:
    impostor.let_in().say_html("GET", "/v3/regions", 503)
    identity = KeystoneIdentity(impostor.login())
    said = message(lambda: identity.observe([ListCatalogue()]), UnreachableError)
    assert "answers 503 to the attempt to list regions" in said


def test_a_balancer_that_hangs_up_on_a_kept_connection_is_asked_again(impostor: Impostor) -> None:
    identity = _with_empty_catalogue(impostor)
    identity.whereabouts()
    impostor.hangs_up = 1
    assert identity.observe([ListCatalogue()])
    assert impostor.hangs_up == 0


def test_one_that_hangs_up_on_every_connection_is_asked_twice_at_most(impostor: Impostor) -> None:
    impostor.let_in()
    identity = KeystoneIdentity(impostor.login())
    identity.whereabouts()
    impostor.drops = True
    said = message(lambda: identity.observe([ListCatalogue()]), UnreachableError)
    assert "cannot be reached (connect): the connection broke" in said
    assert [method for method, *_ in impostor.seen] == ["POST", "GET", "GET"]


def test_what_must_not_be_sent_twice_goes_over_a_connection_of_its_own(impostor: Impostor) -> None:
    identity = _with_empty_catalogue(impostor)
    impostor.say("POST", "/v3/services", 201, {"service": {"id": "s", "type": "s3"}})
    identity.observe([ListCatalogue()])
    impostor.hangs_up = 2
    identity.perform(CreateService("s3", "s3", "d"))
    assert impostor.hangs_up == 1
    posts = [path for method, path, *_ in impostor.seen if method == "POST"]
    assert posts == ["/v3/auth/tokens", "/v3/services"]


def _with_empty_catalogue(impostor: Impostor) -> KeystoneIdentity:
    impostor.let_in()
    for listing in ("regions", "services", "endpoints"):
        impostor.say("GET", f"/v3/{listing}", 200, {listing: []})
    return KeystoneIdentity(impostor.login())


@pytest.mark.parametrize(
    "cut", [{"truncated": True}, {"links": {"next": "http://127.0.0.1/v3/users?marker=x"}}]
)
def test_a_listing_that_is_cut_short_is_refused(impostor: Impostor, cut: dict[str, object]) -> None:
    impostor.let_in().say("GET", "/v3/users", 200, {"users": [], **cut})
    identity = KeystoneIdentity(impostor.login())
    query = FindUser(UserRef("swift", DEFAULT))
    said = message(lambda: identity.observe([query]), SetupToolError)
    assert f"cut the listing {impostor.url}/v3/users short" in said


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_only_a_401_says_that_a_password_is_wrong(impostor: Impostor, status: int) -> None:
    identity = KeystoneIdentity(impostor.let_in().login())
    identity.whereabouts()
    impostor.say("POST", "/v3/auth/tokens", status, {"error": {"message": "no", "code": status}})
    assert identity.observe([SWIFT]) == {SWIFT: LoginAnswer.UNKNOWN}
    impostor.say("POST", "/v3/auth/tokens", 401, {"error": {"message": "no", "code": 401}})
    assert identity.observe([SWIFT]) == {SWIFT: LoginAnswer.REFUSED}


@pytest.mark.parametrize("page", [200, 201, 503])
def test_a_web_page_says_nothing_of_a_password(impostor: Impostor, page: int) -> None:
    identity = KeystoneIdentity(impostor.let_in().login())
    identity.whereabouts()
    impostor.say_html("POST", "/v3/auth/tokens", page)
    assert identity.observe([SWIFT]) == {SWIFT: LoginAnswer.UNKNOWN}


def test_a_password_that_is_only_half_of_a_login_is_not_called_wrong(impostor: Impostor) -> None:
    identity = KeystoneIdentity(impostor.let_in().login())
    identity.whereabouts()
    receipt = {"receipt": {"methods": ["password"], "expires_at": "2999-01-01T00:00:00Z"}}
    receipt["required_auth_methods"] = [["password", "totp"]]  # type: ignore[assignment]
    impostor.say("POST", "/v3/auth/tokens", 401, receipt)
    impostor.extra_headers["Openstack-Auth-Receipt"] = "canary-receipt"
    assert identity.observe([SWIFT]) == {SWIFT: LoginAnswer.UNKNOWN}
