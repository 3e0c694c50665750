"""A cloud of Debian hosts gets S3, by a login that becomes root with sudo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.declare.versions import release_of
from tests.nodes import places
from tests.nodes.network import ipv4

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nodes.asking import User
    from tests.nodes.cloud import Cloud

RELEASES = {"ctl1": ("keystone", "22.0.2"), "proxy1": ("swift-proxy", "2.30.1")}
pytestmark = pytest.mark.live("Keystone 22.0.2", "Swift 2.30.1")


@pytest.fixture(scope="module")
def demo(cloud: Cloud) -> User:
    return cloud.hosts.user("demo")


def test_they_are_of_the_releases_that_the_mark_names(cloud: Cloud) -> None:
    for name, (package, release) in RELEASES.items():
        version = cloud.hosts[name].sh(f"dpkg-query --show --showformat='${{Version}}' {package}")
        assert release_of(version) == release


def test_the_plan_for_hosts_as_debian_sets_them_up_changes_each_proxy(cloud: Cloud) -> None:
    planned = cloud.plan()
    assert not planned["converged"]
    edited = [
        change["target"]
        for change in planned["changes"]
        if change["summary"] == "edit /etc/swift/proxy-server.conf"
    ]
    assert edited == ["proxy1", "proxy2", "proxy3"]


def test_apply_gives_them_s3_and_finds_nothing_left_to_do(cloud: Cloud, demo: User) -> None:
    cloud.apply()
    planned = cloud.plan()
    assert planned["converged"]
    assert planned["changes"] == []
    assert demo.s3("PUT", "/first", at=places.S3).status == 200
    assert demo.s3("PUT", "/first/key", b"first", at=places.S3_TLS).status == 200
    assert demo.s3("GET", "/first/key", at=places.S3).body == b"first"
    assert demo.native("GET", "/first/key", at=places.S3).body == b"first"


def test_verify_passes_through_the_balancer_and_each_proxy(cloud: Cloud) -> None:
    report = cloud.run("verify", "-i", cloud.inventory(), "--format", "json").document
    assert report["passed"]
    asked = {check["target"] for check in report["checks"]}
    assert asked >= {places.S3, *(f"http://{ipv4(number)}:8080" for number in (21, 22, 23))}


def test_a_key_is_issued_listed_rotated_and_revoked_there(cloud: Cloud, tmp_path: Path) -> None:
    """What operators know of a key is kept by this Keystone, and goes over to the next key."""
    words = ("--user", "alice", "--project", "demo")
    place = ("--directory", str(tmp_path / "keys"), "--format", "json", "--client", "eucarc")
    issued = cloud.run("credentials", "issue", *words, "--label", "backup", *place).document
    rotated = cloud.run("credentials", "rotate", *words, *place, "--yes").document
    assert rotated["old"] == issued["access"]
    listed = cloud.run("credentials", "list", *words, "--label", "backup", "--format", "json")
    (key,) = listed.document["keys"]
    assert (key["access"], key["replaces"]) == (rotated["access"], issued["access"])
    assert key["checked"]
    cloud.run("verify", "--eucarc", str(tmp_path / "keys/eucarc"), "--s3")
    cloud.run("credentials", "revoke", rotated["access"], "--yes")
    assert cloud.run("credentials", "list", *words).out == "No keys.\n"
