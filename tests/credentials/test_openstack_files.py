"""``clouds.yaml`` and ``openrc`` log a user in, once the password is given."""

import os
import pty
import select
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from openstack.config import OpenStackConfig

from setup_tool.core.credential import Owner
from tests.credentials.samples import ALICE, ODD, OF_V2, contents, texts

CLOUDS = "openstack/demo/clouds.yaml"
OPENRC = "openstack/demo/openrc"
SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "mksh") if shutil.which(shell)]
IN_V2 = replace(ALICE, user_domain=None, project_domain=None)
PASSWORD = "kanarienvogel im '$kennwort\\"


def entry(owner: Owner = ALICE, **options: Any) -> Any:
    return yaml.safe_load(texts(owner, **options)[CLOUDS])["clouds"]["demo"]


def test_the_entry_says_who_logs_in_where() -> None:
    assert entry() == {
        "auth": {
            "auth_url": "https://keystone:5000/v3",
            "username": "alice",
            "user_domain_name": "Default",
            "project_name": "demo",
            "project_domain_id": "default",
        },
        "region_name": "RegionOne",
        "interface": "public",
        "identity_api_version": "3",
        "cacert": "/etc/ssl/my ca.pem",
    }


def test_a_login_for_identity_v2_has_no_domains() -> None:
    found = entry(IN_V2, urls=OF_V2)
    assert set(found["auth"]) == {"auth_url", "username", "project_name"}
    assert found["identity_api_version"] == "2.0"


def test_any_name_can_stand_in_the_entry() -> None:
    auth = entry(ODD)["auth"]
    assert (auth["username"], auth["project_name"]) == (ODD.user, ODD.project)


def test_the_password_is_found_in_the_file_beside_it(tmp_path: Path) -> None:
    clouds, secure = tmp_path / "clouds.yaml", tmp_path / "secure.yaml"
    clouds.write_text(texts()[CLOUDS])
    comment = [line[2:] for line in texts()[CLOUDS].splitlines() if line.startswith("#   ")]
    secure.write_text("\n".join(comment[1:]).replace("...", "geheim"))
    loader = OpenStackConfig([str(clouds)], secure_files=[str(secure)], load_envvars=False)
    assert loader.get_one("demo").config["auth"]["password"] == "geheim"


@pytest.mark.parametrize("path", [CLOUDS, OPENRC])
def test_no_key_is_in_them(path: str) -> None:
    assert all(isinstance(part, str) for part in contents()[path])
    assert "0123abc" not in texts()[path]


@pytest.fixture
def openrc(tmp_path: Path) -> Callable[..., Path]:
    def write(owner: Owner = ALICE, **options: Any) -> Path:
        path = tmp_path / "openrc"
        path.write_text(texts(owner, **options)[OPENRC])
        return path

    return write


def sourced(shell: str, path: Path, **before: str) -> dict[str, str]:
    """Return the variables after sourcing with the password on stdin."""
    ran = subprocess.run(
        [shutil.which(shell), "-c", 'set -eu; . "$1"; env -0', "sh", str(path)],
        env={"PATH": os.environ["PATH"]} | before,
        input=PASSWORD.encode(),
        capture_output=True,
        check=True,
    )
    pairs = (line.partition("=") for line in ran.stdout.decode().split("\0"))
    return {name: value for name, _, value in pairs if name.startswith("OS_")}


@pytest.mark.parametrize("shell", SHELLS)
def test_sourcing_asks_for_the_password_alone(shell: str, openrc: Callable[..., Path]) -> None:
    assert sourced(shell, openrc(ODD)) == {
        "OS_AUTH_URL": "https://keystone:5000/v3",
        "OS_IDENTITY_API_VERSION": "3",
        "OS_USERNAME": ODD.user,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_NAME": ODD.project,
        "OS_PROJECT_DOMAIN_ID": "default",
        "OS_REGION_NAME": "RegionOne",
        "OS_INTERFACE": "public",
        "OS_CACERT": "/etc/ssl/my ca.pem",
        "OS_PASSWORD": PASSWORD,
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_of_another_login_stays(shell: str, openrc: Callable[..., Path]) -> None:
    path = openrc(IN_V2, urls=OF_V2)
    stale = {"OS_CLOUD": "a", "OS_USER_DOMAIN_ID": "b", "OS_TOKEN": "c", "OS_CACERT": "d"}
    stale |= {"OS_AUTH_TYPE": "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_ID": "e"}
    found = sourced(shell, path, **stale)
    assert found == sourced(shell, path)
    assert (found["OS_TENANT_NAME"], found["OS_IDENTITY_API_VERSION"]) == ("demo", "2.0")


def on_a_terminal(shell: str, path: Path, *typed: tuple[str, str]) -> str:
    """Return what a terminal shows; each answer is typed when its question stands there."""
    child, terminal = pty.fork()
    if not child:
        words = [shell, "--norc"] if shell == "bash" else [shell]
        os.execve(shutil.which(shell), words, {"PATH": os.defpath, "PS1": "> "})  # noqa: S606 - no shell in between
    shown, again = "", b""
    for question, answer in [("> ", f". {path}\n"), *typed, ("> ", "stty -a\n"), ("> ", "exit\n")]:
        at, patience = len(shown), 30
        while question not in shown[at:]:
            if not select.select([terminal], [], [], 1)[0]:
                patience -= 1
                assert patience, shown
                os.write(terminal, again)
                continue
            shown += os.read(terminal, 4096).decode()
        os.write(terminal, answer.encode())
        # A shell that is just about to read does not hear it; people press it once more.
        again = b"\x03" if answer.endswith("\x03") else b""
    os.waitpid(child, 0)
    os.close(terminal)
    return shown


@pytest.mark.parametrize("answer", [f"{PASSWORD}\n", "half\x03"])
@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_the_password_is_not_seen_and_the_terminal_left_as_it_was(
    shell: str, answer: str, openrc: Callable[..., Path]
) -> None:
    shown = on_a_terminal(shell, openrc(), ("Password of alice: ", answer))
    assert "kanarienvogel" not in shown
    assert "half" not in shown
    assert " echo " in shown.rpartition("Password of alice: ")[2]
