"""The login that a section for keystonemiddleware's auth_token holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import DomainRef, Login, ProjectRef, UserRef
from setup_tool.core.secret import Secret
from setup_tool.declare.inventory import LoginOverride
from setup_tool.declare.logins import read_login

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = "proxy1: /etc/swift/proxy-server.conf [filter:authtoken]"
SECTION = {
    "auth_url": "http://keystone:5000",
    "username": "swift",
    "password": "canary",
    "project_name": "service",
}
DEFAULT = DomainRef(id="default")
NOTHING: Mapping[str, str | None] = {}
WHOLE = LoginOverride(user="s3", password=Secret("canary-2"), project="services")


def login(said: Mapping[str, str | None] = NOTHING, override: LoginOverride | None = None) -> Login:
    section = {key: value for key, value in {**SECTION, **said}.items() if value is not None}
    return read_login(section.get, PLACE, override)


def refusal(said: Mapping[str, str | None], override: LoginOverride | None = None) -> str:
    with pytest.raises(DeclarationError) as caught:
        login(said, override)
    assert "canary" not in str(caught.value)
    return str(caught.value).removeprefix(f"{PLACE} ")


def test_a_login_is_a_user_a_password_a_project_and_where_they_hold() -> None:
    assert login() == Login(
        UserRef("swift", DEFAULT),
        Secret("canary"),
        ProjectRef("service", DEFAULT),
        "http://keystone:5000",
    )


@pytest.mark.parametrize(
    ("said", "user", "project"),
    [
        ({}, DEFAULT, DEFAULT),
        ({"user_domain_id": "x"}, DomainRef(id="x"), DEFAULT),
        ({"project_domain_name": "y"}, DEFAULT, DomainRef(name="y")),
        ({"user_domain_id": "x", "user_domain_name": "y"}, DomainRef(id="x"), DEFAULT),
        ({"default_domain_id": "x"}, DomainRef(id="x"), DomainRef(id="x")),
        ({"default_domain_name": "y"}, DomainRef(name="y"), DomainRef(name="y")),
        (
            {"default_domain_name": "y", "user_domain_id": "x"},
            DomainRef(id="x"),
            DomainRef(name="y"),
        ),
    ],
)
def test_domains_are_taken_by_id_or_by_name_as_they_are_written(
    said: dict[str, str], user: DomainRef, project: DomainRef
) -> None:
    found = login(said)
    assert (found.user.domain, found.project.domain) == (user, project)


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("username", "user_name"),
        ("username", "user-name"),
        ("project_name", "tenant_name"),
        ("project_name", "project-name"),
    ],
)
def test_options_are_found_under_their_older_names(newer: str, older: str) -> None:
    assert login({newer: None, older: SECTION[newer]}) == login()


@pytest.mark.parametrize("kind", ["password", "v3password"])
@pytest.mark.parametrize("option", ["auth_type", "auth_plugin"])
def test_a_login_by_password_is_one_by_any_name(option: str, kind: str) -> None:
    assert login({option: kind}) == login()


@pytest.mark.parametrize("missing", SECTION)
def test_a_login_that_lacks_something_is_refused_by_its_name(missing: str) -> None:
    assert refusal({missing: None}).startswith(f"has no {missing}, so its login cannot be used")
    assert refusal({missing: ""}).startswith(f"has no {missing}, so its login cannot be used")


@pytest.mark.parametrize("option", ["auth_type", "auth_plugin"])
def test_another_kind_of_login_is_refused_with_what_would_do(option: str) -> None:
    sentence = refusal({option: "v3token"})
    assert sentence.startswith("logs in with auth_type = v3token; s3token needs a password login.")
    assert "s3_login" in sentence


def test_a_login_in_another_section_is_refused_with_what_would_do() -> None:
    sentence = refusal({"auth_section": "service_auth"})
    assert sentence.startswith("points to another section with auth_section")
    assert "s3_login" in sentence


@pytest.mark.parametrize(
    ("override", "user", "project", "password"),
    [
        (LoginOverride(), UserRef("swift", DEFAULT), ProjectRef("service", DEFAULT), "canary"),
        (
            LoginOverride(user="s3", password=Secret("canary-2")),
            UserRef("s3", DEFAULT),
            ProjectRef("service", DEFAULT),
            "canary-2",
        ),
        (
            LoginOverride(project="services", project_domain="heat"),
            UserRef("swift", DEFAULT),
            ProjectRef("services", DomainRef(name="heat")),
            "canary",
        ),
        (
            LoginOverride(user_domain="heat"),
            UserRef("swift", DomainRef(name="heat")),
            ProjectRef("service", DEFAULT),
            "canary",
        ),
    ],
)
def test_what_the_inventory_says_holds_and_the_rest_stays(
    override: LoginOverride, user: UserRef, project: ProjectRef, password: str
) -> None:
    expected = Login(user, Secret(password), project, "http://keystone:5000")
    assert login(override=override) == expected


@pytest.mark.parametrize("said", [{"auth_type": "v3token"}, {"auth_section": "elsewhere"}])
def test_a_whole_login_of_the_inventory_needs_none_in_the_section(said: dict[str, str]) -> None:
    nothing = dict.fromkeys(("username", "password", "project_name"))
    found = login({**nothing, **said}, WHOLE)
    assert (found.user.name, found.project.name) == ("s3", "services")
    assert found.password == Secret("canary-2")


@pytest.mark.parametrize("option", ["www_authenticate_uri", "auth_uri"])
def test_a_whole_login_of_the_inventory_goes_where_users_are_told_to(option: str) -> None:
    section = {"auth_url": None, option: "http://cloud:5000"}
    assert login({**section, "auth_section": "elsewhere"}, WHOLE).auth_url == "http://cloud:5000"
    assert refusal(section).startswith("has no auth_url")


@pytest.mark.parametrize(
    "part",
    [
        LoginOverride(user="s3"),
        LoginOverride(password=Secret("canary-2"), project="services"),
        LoginOverride(user="s3", password=Secret("canary-2")),
        LoginOverride(project="services"),
    ],
)
def test_a_part_of_a_login_does_not_make_up_for_another_kind(part: LoginOverride) -> None:
    assert refusal({"auth_type": "v3token"}, part).startswith("logs in with auth_type = v3token")
