"""Which of Keystone's APIs is used: what is said, what is asked, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.cloud_login import open_session
from setup_tool.adapters.identity import KeystoneIdentity
from setup_tool.adapters.keystone_version import Choice, Version, read_choice
from setup_tool.core.errors import DeclarationError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.impostor import Impostor

HERE = "http://127.0.0.1:5000"
OPENRC = {"OS_USERNAME": "admin", "OS_PASSWORD": "canary-password", "OS_TENANT_NAME": "admin"}
V2, V3 = Version.V2, Version.V3


def choice(url: str = HERE, **options: str) -> Choice:
    return read_choice(options, url, "OS_* environment")


def refusal(**environ: str) -> str:
    with pytest.raises(DeclarationError) as caught:
        open_session(None, {"OS_AUTH_URL": HERE, **OPENRC, **environ})
    assert "canary" not in str(caught.value)
    assert caught.value.exit_status == 2
    return str(caught.value)


def paths(impostor: Impostor) -> list[str]:
    return [f"{method} {path}" for method, path, *_ in impostor.seen]


@pytest.mark.parametrize(
    ("options", "url", "said", "otherwise"),
    [
        ({}, HERE, None, V3),
        ({}, f"{HERE}/v2.0", None, V2),
        ({}, f"{HERE}/identity/v2.0", None, V2),
        ({}, f"{HERE}/v3", V3, V3),
        ({"identity_api_version": "3"}, HERE, V3, V3),
        ({"identity_api_version": "3"}, f"{HERE}/v2.0", V3, V3),
        ({"identity_api_version": "2.0"}, HERE, V2, V2),
        ({"identity_api_version": "2"}, f"{HERE}/v2.0", V2, V2),
        ({"auth_type": "v2password"}, HERE, V2, V2),
        ({"auth_type": "v3password"}, f"{HERE}/v2.0", V3, V3),
        ({"auth_type": "v3applicationcredential"}, HERE, V3, V3),
        ({"auth_type": "password"}, HERE, None, V3),
    ],
)
def test_the_version_is_what_is_said_or_what_keystone_serves(
    options: dict[str, str], url: str, said: Version | None, otherwise: Version
) -> None:
    assert choice(url, **options) == Choice(said, otherwise)


def test_a_version_is_put_in_the_place_of_another() -> None:
    assert V2.at(f"{HERE}/v3/") == f"{HERE}/v2.0"
    assert V3.at(f"{HERE}/identity/v2.0") == f"{HERE}/identity/v3"
    assert V3.at(HERE) == f"{HERE}/v3"


def test_what_contradicts_itself_is_refused() -> None:
    assert "identity_api_version 2.0 with auth_type v3password" in refusal(
        OS_IDENTITY_API_VERSION="2.0", OS_AUTH_TYPE="v3password"
    )
    assert "is for Identity v2.0, and its auth_url for v3" in refusal(
        OS_IDENTITY_API_VERSION="2.0", OS_AUTH_URL=f"{HERE}/v3"
    )
    assert "identity_api_version 4, which Keystone never had" in refusal(
        OS_IDENTITY_API_VERSION="4"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_domain_name", "Users"),
        ("user_domain_id", "0123456789abcdef"),
        ("project_domain_name", "Projects"),
        ("project_domain_id", "0123456789abcdef"),
        ("default_domain_id", "0123456789abcdef"),
        ("system_scope", "all"),
    ],
)
def test_a_domain_of_its_own_is_refused_in_v2(name: str, value: str) -> None:
    said = refusal(OS_IDENTITY_API_VERSION="2.0", **{f"OS_{name.upper()}": value})
    assert f"says {name} {value}, and Identity v2.0" in said
    assert "Give Keystone's v3 URL where it serves v3" in said


def test_the_default_domain_may_be_named_in_v2(impostor: Impostor) -> None:
    login = impostor.let_in_v2().login(
        OS_AUTH_URL=impostor.url,
        OS_IDENTITY_API_VERSION="2.0",
        OS_USER_DOMAIN_NAME="Default",
        OS_PROJECT_DOMAIN_ID="default",
    )
    assert login.auth_url == f"{impostor.url}/v2.0"
    assert KeystoneIdentity(login).whereabouts().project == "admin"
    assert paths(impostor) == ["POST /v2.0/tokens"]


@pytest.mark.parametrize("variable", ["OS_TENANT_NAME", "OS_TENANT_ID", "OS_PROJECT_NAME"])
def test_an_old_openrc_logs_in_through_v2(impostor: Impostor, variable: str) -> None:
    changes = {"OS_PROJECT_NAME": "", variable: "service"}
    login = impostor.let_in_v2().login(OS_AUTH_URL=f"{impostor.url}/v2.0/", **changes)
    here = KeystoneIdentity(login).whereabouts()
    assert login.project == "service"
    assert (here.user_id, here.user, here.project_id, here.project) == (
        "u1",
        "admin",
        "p1",
        "admin",
    )
    assert here.roles == {"admin"}
    assert here.token.reveal() == "canary-token"
    name = b"tenantId" if variable == "OS_TENANT_ID" else b"tenantName"
    assert b'"%s": "service"' % name in impostor.seen[-1][3]
    assert paths(impostor) == ["GET /", "POST /v2.0/tokens"]


def test_an_entry_of_clouds_yaml_may_be_for_v2(impostor: Impostor, tmp_path: Path) -> None:
    text = f"""
clouds:
  old:
    auth:
      auth_url: {impostor.let_in_v2().url}/v2.0
      username: admin
      password: canary-password
      tenant_name: admin
    identity_api_version: 2.0
"""
    (tmp_path / "clouds.yaml").write_text(text)
    login = open_session("old", {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")})
    assert (login.auth_url, login.project) == (f"{impostor.url}/v2.0", "admin")
    assert KeystoneIdentity(login).whereabouts().auth_url == f"{impostor.url}/v2.0"
    assert paths(impostor) == ["POST /v2.0/tokens"]


@pytest.mark.parametrize("ending", ["", "/", "/v2.0", "/v2.0/"])
@pytest.mark.parametrize("served", [("v2.0", "v3.8"), ("v3.14",), ("v3.0", "v2.0")])
def test_version_3_is_used_where_keystone_serves_it(
    impostor: Impostor, ending: str, served: tuple[str, ...]
) -> None:
    login = impostor.let_in().serves(*served).login(OS_AUTH_URL=f"{impostor.url}{ending}")
    identity = KeystoneIdentity(login)
    for _ in range(2):
        # not where the document's links lead, which only Keystone's own hosts may reach
        assert identity.whereabouts().auth_url == f"{impostor.url}/v3"
    assert login.auth_url == f"{impostor.url}/v3"
    assert paths(impostor) == ["GET /", "POST /v3/auth/tokens"]


@pytest.mark.parametrize("ending", ["", "/v2.0"])
def test_version_2_is_used_where_there_is_nothing_else(impostor: Impostor, ending: str) -> None:
    login = impostor.let_in_v2().serves("v2.0").login(OS_AUTH_URL=f"{impostor.url}{ending}")
    assert KeystoneIdentity(login).whereabouts().auth_url == f"{impostor.url}/v2.0"
    assert paths(impostor) == ["GET /", "POST /v2.0/tokens"]


def test_essex_and_folsom_called_theirs_beta(impostor: Impostor) -> None:
    values = [{"id": "v2.0", "status": "beta", "links": []}]
    impostor.let_in_v2().say("GET", "/", 300, {"versions": {"values": values}})
    KeystoneIdentity(impostor.login(OS_AUTH_URL=impostor.url)).whereabouts()
    assert paths(impostor) == ["GET /", "POST /v2.0/tokens"]


def test_a_login_with_a_domain_finds_no_v3_to_log_in_to(impostor: Impostor) -> None:
    impostor.let_in_v2().serves("v2.0")
    login = impostor.login(OS_AUTH_URL=impostor.url, OS_USER_DOMAIN_NAME="Users")
    with pytest.raises(DeclarationError, match="says user_domain_name Users, and Identity"):
        KeystoneIdentity(login).whereabouts()
    assert paths(impostor) == ["GET /"]


@pytest.mark.parametrize("answer", ["nothing", "a page", "a refusal", "a list", "a word", "ours"])
def test_where_versions_are_not_told_the_url_decides(impostor: Impostor, answer: str) -> None:
    if answer == "a page":
        impostor.say_html("GET", "/", 200)
    elif answer == "a refusal":
        impostor.say("GET", "/", 401, {"error": {"code": 401}})
    elif answer != "nothing":
        body = {"a list": [], "a word": "welcome", "ours": {"versions": [{"id": "v2.15"}]}}
        impostor.say("GET", "/", 300, body[answer])
    impostor.let_in().let_in_v2()
    KeystoneIdentity(impostor.login(OS_AUTH_URL=impostor.url)).whereabouts()
    assert impostor.seen[-1][1] == "/v3/auth/tokens"
    KeystoneIdentity(impostor.login(OS_AUTH_URL=f"{impostor.url}/v2.0")).whereabouts()
    assert impostor.seen[-1][1] == "/v2.0/tokens"
    assert not any(
        "canary" in str((headers, body)) for m, _, headers, body in impostor.seen if m == "GET"
    )


def test_a_keystone_that_is_silent_when_asked_for_its_versions_is_unreachable(
    impostor: Impostor,
) -> None:
    impostor.drops = True
    login = impostor.login(OS_AUTH_URL=impostor.url)
    with pytest.raises(UnreachableError, match=r"cannot be reached \(connect\): the connection"):
        KeystoneIdentity(login).whereabouts()


def test_other_ways_to_log_in_are_taken_for_v3s(impostor: Impostor) -> None:
    login = impostor.let_in().login(
        OS_AUTH_TYPE="v3token",
        OS_TOKEN="canary-own-token",
        OS_PROJECT_DOMAIN_ID="default",
        OS_AUTH_URL=impostor.url,
        OS_USERNAME="",
        OS_PASSWORD="",
    )
    assert login.auth_url == f"{impostor.url}/v3"
    assert KeystoneIdentity(login).whereabouts().user == "admin"
    assert paths(impostor) == ["POST /v3/auth/tokens"]
