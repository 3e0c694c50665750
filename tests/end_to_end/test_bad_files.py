"""Configuration files on nodes that are missing, damaged, or odd but legal."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.refusals import InventoryText, apply
from tests.laws.light import restart_command, start
from tests.node.places import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cloud import Cloud

PATH = "~/other/proxy-server.conf"
TEXT = """[DEFAULT]
bind_port = 8080

[pipeline:main]
pipeline = catch_errors cache authtoken keystoneauth copy slo proxy-logging proxy-server

[app:proxy-server]
use = egg:swift#proxy

[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
auth_url = {keystone}
username = swift
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default

[filter:keystoneauth]
use = egg:swift#keystoneauth
"""
TEXT_OF_TEMPAUTH = """[DEFAULT]
bind_port = {port}

[pipeline:main]
pipeline = catch_errors healthcheck cache tempauth slo proxy-server

[app:proxy-server]
use = egg:swift#proxy

[filter:tempauth]
use = egg:swift#tempauth
user_admin_admin = t0psecret .admin
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the inventory says that proxy1 has its file, and what a good one says."""

    cloud: Cloud
    file: Path
    inventory: str
    good: str

    def refused(self, *words: str) -> str:
        return apply(self.cloud, self.inventory, "--limit", "proxy1", *words)

    def plan(self) -> Any:
        return self.cloud.plan("--limit", "proxy1", inventory=self.inventory)

    def diff(self) -> list[str]:
        """Return the plan's changes of the file, the lines of context left out."""
        (change, *_) = self.plan()["changes"]
        assert change["summary"] == f"edit {PATH}"
        return [line for line in change["diff"][2:] if line[0] in "+-"]


@pytest.fixture
def place(served: Cloud, tmp_path: Path) -> Iterator[Place]:
    """Another file for proxy1, not there yet; the one its service reads stays out of it."""
    lab = served.lab
    folders = [lab.layout.nodes / node / "other" for node in ("proxy1", "proxy2")]
    for folder in folders:
        folder.mkdir()
    inventory = InventoryText.of(served).said("proxy_conf", PATH)
    good = TEXT.format(keystone=lab.record.url("keystone"), password=_swift_password(served))
    yield Place(
        served,
        folders[0] / "proxy-server.conf",
        inventory.written(tmp_path / "inventory.yaml"),
        good,
    )
    for folder in folders:
        shutil.rmtree(folder)


def _swift_password(cloud: Cloud) -> str:
    return str(json.loads(cloud.lab.layout.passwords.read_bytes())["swift"])


def _make_directory(path: Path) -> None:
    path.mkdir()


def _make_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda _: None, "it does not exist"),
        (_make_dangling_link, "it does not exist"),
        (_make_directory, "it is a directory"),
        (_make_pipe, "it is not a regular file"),
    ],
    ids=["missing", "dangling link", "directory", "pipe"],
)
def test_a_file_that_is_none_is_refused_with_what_is_there(
    place: Place, make: Callable[[Path], None], what: str
) -> None:
    make(place.file)
    said = place.refused()
    assert said.startswith(f"proxy1: {PATH} cannot be used: {what}.")
    assert "Say in the inventory where the file is" in said


def test_a_file_that_cannot_be_read_is_refused_whoever_logs_in(
    place: Place, tmp_path: Path
) -> None:
    """Root may read whatever has bytes; reading this one fails for root too."""
    nobodys = "/proc/self/mem"
    inventory = InventoryText.of(place.cloud).said("proxy_conf", nobodys)
    said = apply(place.cloud, inventory.written(tmp_path / "unreadable.yaml"))
    assert said.splitlines() == [
        f"{node}: {nobodys} cannot be used: it may not be read by this login. Say in the inventory "
        "where the file is, or take the node out of its group."
        for node in ("proxy1", "proxy2")
    ]


def test_all_nodes_with_a_bad_file_are_named_at_once(place: Place) -> None:
    place.file.touch()
    first, second = apply(place.cloud, place.inventory).splitlines()
    assert first == f"proxy1: {PATH} is empty. Restore it from the package or a backup first."
    assert second.startswith(f"proxy2: {PATH} cannot be used: it does not exist.")


@pytest.mark.parametrize(
    ("damage", "line", "what"),
    [
        (lambda good: good + b"# Z\xfcrich\n", "# Z", "this is not UTF-8 text. Convert the file"),
        (lambda good: b"\xef\xbb\xbf" + good, "[DEFAULT]", "a byte order mark"),
        (lambda good: good.replace(b"[DEFAULT]\n", b""), "bind_port", "before the first section"),
        (
            lambda good: good + b"[filter:authtoken]\ndelay_auth_decision = 1\n",
            "",
            "the section [filter:authtoken] is there already, at line 10.",
        ),
        (
            lambda good: good + b"use = egg:swift#tempauth\n",
            "use = egg:swift#tempauth",
            "the option use is in [filter:keystoneauth] already, at line 20.",
        ),
        (
            lambda good: good.replace(b" proxy-server\n", b"\n"),
            "pipeline = ",
            "the pipeline does not end in proxy-server",
        ),
        (
            lambda good: good.replace(b" authtoken", b" tempauth authtoken"),
            "pipeline = ",
            "the pipeline has both tempauth and keystoneauth",
        ),
    ],
    ids=[
        "not UTF-8",
        "byte order mark",
        "no header",
        "section twice",
        "option twice",
        "no proxy-server",
        "tempauth and keystoneauth",
    ],
)
def test_a_damaged_file_is_refused_with_its_line(
    place: Place, damage: Callable[[bytes], bytes], line: str, what: str
) -> None:
    content = damage(place.good.encode())
    place.file.write_bytes(content)
    texts = content.decode("latin-1").splitlines()
    place_in_file = f", line {_last(texts, line or '[filter:authtoken]')}"
    said = place.refused()
    assert said.startswith(f"proxy1: {PATH}{place_in_file}: ")
    assert what in said
    assert place.file.read_bytes() == content


def _last(texts: list[str], part: str) -> int:
    """Return the number of the last line that holds a text."""
    return max(number for number, text in enumerate(texts, 1) if part in text)


def test_a_file_without_a_main_pipeline_is_no_proxys(place: Place) -> None:
    place.file.write_text(place.good.replace("pipeline:main", "pipeline:other"))
    assert place.refused() == (
        f"proxy1: {PATH}: there is no [pipeline:main], so this is no proxy-server.conf."
    )


def test_a_login_that_keystone_refuses_is_refused_without_its_password(place: Place) -> None:
    place.file.write_text(place.good.replace("username = swift", "username = nobody"))
    said = place.refused()
    assert said.startswith(f"proxy1: {PATH}: Keystone refuses the login in [filter:authtoken], ")
    assert "user nobody" in said
    assert "Put the right login into the file" in said


def test_a_pipeline_on_several_lines_keeps_its_lines(place: Place) -> None:
    place.file.write_text(
        place.good.replace(
            " catch_errors cache authtoken keystoneauth",
            "\n    catch_errors\n    cache authtoken\n    # a remark\n    keystoneauth",
        )
    )
    assert place.diff()[:2] == ["-    cache authtoken", "+    cache authtoken s3api s3token"]
    assert "a remark" not in str(place.diff())


@pytest.fixture
def light_service(served: Cloud, tmp_path: Path) -> Iterator[Place]:
    """A service on proxy1 that restarts at once, whose file has Windows line ends."""
    port = free_port()
    folder = served.lab.layout.nodes / "proxy1/windows"
    folder.mkdir()
    conf = folder / "proxy-server.conf"
    text = TEXT_OF_TEMPAUTH.format(port=port)
    conf.write_text(text, newline="\r\n")
    restart = restart_command(conf, port)
    start(conf, port)
    inventory = InventoryText.of(served).of_node(
        "proxy1",
        proxy_conf="~/windows/proxy-server.conf",
        state_dir="~/windows/state",
        proxy_restart=restart,
        proxy_reload="",
        proxy_health_url=f"http://127.0.0.1:{port}/healthcheck",
    )
    yield Place(served, conf, inventory.written(tmp_path / "light.yaml"), text)
    os.kill(int(Path(f"{conf}.pid").read_text()), signal.SIGKILL)
    shutil.rmtree(folder)


def test_windows_line_ends_stay_and_only_the_edited_lines_differ(light_service: Place) -> None:
    before = light_service.file.read_bytes()
    light_service.cloud.run("apply", "-i", light_service.inventory, "--limit", "proxy1", "--yes")
    after = light_service.file.read_bytes()
    assert after.count(b"\n") == after.count(b"\r\n") == after.count(b"\r")
    changed = [line for line in difflib.ndiff(_lines(before), _lines(after)) if line[0] in "+-"]
    assert changed == [
        "- pipeline = catch_errors healthcheck cache tempauth slo proxy-server\r\n",
        "+ pipeline = catch_errors healthcheck cache s3api tempauth slo proxy-server\r\n",
        "+ account_autocreate = true\r\n",
        "+ \r\n",
        "+ [filter:s3api]\r\n",
        "+ use = egg:swift#s3api\r\n",
        "+ location = RegionOne\r\n",
    ]
    assert light_service.plan()["converged"] is True


def _lines(content: bytes) -> list[str]:
    return content.decode().splitlines(keepends=True)
