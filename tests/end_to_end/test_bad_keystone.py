"""Keystone that is away, is something else, or does not let us; names that it does not know."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.adapters.impostor import serving
from tests.end_to_end.refusals import (
    FAILED,
    UNREACHABLE,
    InventoryText,
    apply,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.adapters.impostor import Impostor
    from tests.cloud import Cloud


@dataclass(frozen=True, slots=True)
class Login:
    """The cloud, with a clouds.yaml of the test's own."""

    cloud: Cloud
    file: Path

    def with_changes(self, *, api_timeout: float = 30, **auth: str) -> dict[str, str]:
        """Return the environment whose entry `lab` has other values for logging in."""
        document = json.loads(self.cloud.lab.layout.clouds.read_bytes())
        document["clouds"]["lab"]["auth"] |= auth
        document["clouds"]["lab"]["api_timeout"] = api_timeout
        self.file.write_text(json.dumps(document))
        return {"OS_CLIENT_CONFIG_FILE": str(self.file)}

    def refused(self, status: int, *, api_timeout: float = 30, **auth: str) -> str:
        environment = self.with_changes(api_timeout=api_timeout, **auth)
        return apply(self.cloud, self.cloud.inventory, status=status, **environment)


@pytest.fixture
def login(served: Cloud, tmp_path: Path) -> Login:
    return Login(served, tmp_path / "clouds.yaml")


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    with serving() as found:
        yield found


def test_a_keystone_that_is_down_is_named(login: Login) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v3"
        said = login.refused(UNREACHABLE, auth_url=url)
    assert said == (
        f"Keystone at {url} cannot be reached (connect): Connection refused. Check auth_url of "
        f"cloud 'lab' of {login.file}, and that Keystone runs."
    )


def test_a_keystone_that_hangs_is_given_up(login: Login, impostor: Impostor) -> None:
    impostor.silent = True
    said = login.refused(UNREACHABLE, auth_url=f"{impostor.url}/v3", api_timeout=0.5)
    assert said.startswith(
        f"Keystone at {impostor.url}/v3 did not answer the login within 0.5 s. Check auth_url of "
    )


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (
            lambda it: it.say_html("POST", "/v3/auth/tokens", 200),
            "/v3/auth/tokens is not Keystone: it says 200 with text/html where JSON is due.",
        ),
        (
            lambda it: it.say_html("POST", "/v3/auth/tokens", 404),
            "/v3 answers 404 to the login. Check that auth_url of",
        ),
        (
            lambda it: it.say_html("POST", "/v3/auth/tokens", 503),
            "/v3 answers 503 to the login. Check that it runs.",
        ),
        (
            lambda it: it.let_in().say_html("GET", "/v3/regions", 503),
            "/v3 answers 503 to the attempt to list regions. Check that it runs.",
        ),
    ],
    ids=["HTML", "404", "503", "503 after the login"],
)
def test_what_answers_and_is_no_keystone_in_order_is_described(
    login: Login, impostor: Impostor, prepare: Callable[[Impostor], None], sentence: str
) -> None:
    prepare(impostor)
    said = login.refused(UNREACHABLE, auth_url=impostor.url)
    assert f"{impostor.url}{sentence}" in said
    assert {method for method, *_ in impostor.seen} <= {"GET", "POST"}
    assert [path for method, path, *_ in impostor.seen if method == "POST"] == ["/v3/auth/tokens"]


def test_a_wrong_password_is_refused_and_not_shown(login: Login) -> None:
    said = login.refused(UNREACHABLE, password="canary-wrong")
    assert "refuses the login of user 'admin' on project 'admin'" in said
    assert f"(cloud 'lab' of {login.file})" in said
    assert "canary" not in said


def test_a_project_that_does_not_exist_is_named(login: Login) -> None:
    said = login.refused(UNREACHABLE, project_name="nothing")
    assert "on project 'nothing'" in said
    assert "or the user has no role on that project" in said


def test_a_login_without_admin_rights_is_told_what_it_lacks(served: Cloud, tmp_path: Path) -> None:
    inventory = InventoryText.of(served).said("os_cloud", "lab-demo")
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"), status=FAILED)
    assert "does not let user 'demo' on project 'demo' (cloud 'lab-demo' of " in said
    assert "A login with role admin is needed" in said


def test_a_cloud_that_clouds_yaml_does_not_have_is_refused(served: Cloud, tmp_path: Path) -> None:
    named = InventoryText.of(served).said("os_cloud", "nothere")
    unnamed = InventoryText.of(served).said("os_cloud", "")
    for text, environment in ((named, {}), (unnamed, {"OS_CLOUD": "nothere"})):
        path = text.written(tmp_path / "inventory.yaml")
        said = apply(served, path, **environment)
        assert said.startswith(f"{served.lab.layout.clouds} has no cloud 'nothere'; it names lab, ")
        assert "Set os_cloud in the inventory, or OS_CLOUD, to one of these." in said


def test_no_credentials_at_all_are_refused(served: Cloud, tmp_path: Path) -> None:
    inventory = InventoryText.of(served).said("os_cloud", "")
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"), OS_CLOUD="")
    assert said.startswith("There are no credentials for Keystone.")
    assert "OS_AUTH_URL" in said


def test_a_clouds_yaml_that_is_not_there_or_damaged_is_named(served: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "clouds.yaml"
    said = apply(served, served.inventory, OS_CLIENT_CONFIG_FILE=str(file))
    assert said == f"OS_CLIENT_CONFIG_FILE names {file}, which is not a file."
    file.write_text("clouds: [")
    said = apply(served, served.inventory, OS_CLIENT_CONFIG_FILE=str(file))
    assert said.startswith(f"{file} cannot be read as YAML, so cloud 'lab' is not known.")


def test_a_region_that_does_not_exist_is_not_made_by_a_typo(served: Cloud, tmp_path: Path) -> None:
    inventory = InventoryText.of(served).said("region", "Nowhere")
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"))
    assert "Keystone has no region 'Nowhere'; it has RegionOne. Correct `region`" in said


def test_an_endpoint_to_remove_that_is_none_of_ours_is_noted(served: Cloud) -> None:
    plan = served.plan("--remove-endpoint", "0123456789")
    assert plan["converged"] is True
    (note,) = plan["notes"]
    assert note["target"] == "identity"
    assert "Nothing is removed for --remove-endpoint 0123456789" in note["text"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--user", "nobody"), "Keystone has no user 'nobody'. Check the spelling."),
        (("--user", "demo", "--project", "nothing"), "Keystone has no project 'nothing'."),
        (("--user", "demo", "--project", "demo", "--domain", "no"), "has no domain 'no'"),
        (("--user", "bob", "--project", "demo"), "'bob' has no role on project 'demo'"),
        (("--project", "nothing"), "no role on a project 'nothing'"),
        (
            ("--region", "Nowhere"),
            "no public s3 or ec2 endpoint in region 'Nowhere'; it has s3 in Reg",
        ),
    ],
    ids=["user", "project", "domain", "role", "own project", "region"],
)
def test_no_key_is_made_for_what_does_not_exist(
    served: Cloud, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    bundle = tmp_path / "bundle"
    assert sentence in refused(served, "credentials", "issue", *words, "-d", str(bundle))
    assert not bundle.exists()


def test_a_user_cannot_have_a_key_made_for_another(served: Cloud, tmp_path: Path) -> None:
    words = ("--os-cloud", "lab-demo", "--user", "alice", "--project", "demo")
    bundle = tmp_path / "bundle"
    said = refused(served, "credentials", "issue", *words, "-d", str(bundle), status=FAILED)
    assert "Without it, only one's own keys can be issued." in said
    assert not bundle.exists()
