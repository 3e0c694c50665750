"""What happens to Keystone's accounts and catalogue behind our back, and what a run makes of it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.adapters.rest import Rest
from tests.end_to_end.bundles import issue
from tests.end_to_end.native import Account
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cloud import Cloud

WELL = {200, 204}
LOCATION = "elsewhere-1"
INTERFACES = {"public", "internal", "admin"}


@pytest.fixture(scope="module")
def cloud(untouched: Cloud) -> Cloud:
    """The module's cloud, after its first apply; its gateways have a region of their own."""
    untouched.apply(s3_location=LOCATION)
    return untouched


@pytest.fixture
def keystone(cloud: Cloud) -> Rest:
    return Rest(cloud.lab)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nothing answers as long as the test lasts."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def service(keystone: Rest) -> dict[str, Any]:
    (found,) = keystone.find("service", type="s3")
    return found


def endpoints(keystone: Rest) -> dict[str, dict[str, Any]]:
    """Return the endpoints of S3 by their ids."""
    found = keystone.find("endpoint", service_id=service(keystone)["id"])
    return {endpoint["id"]: endpoint for endpoint in found}


def by_interface(keystone: Rest) -> dict[str, dict[str, Any]]:
    found = endpoints(keystone).values()
    assert len(found) == 3
    return {endpoint["interface"]: endpoint for endpoint in found}


def summaries(cloud: Cloud) -> list[str]:
    return [change["summary"] for change in cloud.plan()["changes"]]


def test_the_region_written_into_client_files_is_the_one_the_gateway_answers_to(
    cloud: Cloud, keystone: Rest, tmp_path: Path
) -> None:
    assert {each["region"] for each in endpoints(keystone).values()} == {"RegionOne"}
    bundle = issue(cloud, tmp_path / "keys")
    assert bundle.document["region"] == LOCATION
    assert bundle.options(".s3cfg", "default")["bucket_location"] == LOCATION
    assert bundle.options(".aws/config", "profile demo")["region"] == LOCATION
    sourced = bundle.sourced()
    assert {sourced["AWS_REGION"], sourced["AWS_DEFAULT_REGION"]} == {LOCATION}
    verified = cloud.run("verify", "--eucarc", str(bundle.eucarc), "--format", "json")
    assert verified.document["passed"] is True


def test_endpoints_that_drifted_are_put_right_and_keep_their_ids(
    cloud: Cloud, keystone: Rest
) -> None:
    before = by_interface(keystone)
    keystone.change("endpoint", before["public"]["id"], url="http://192.0.2.7:8080")
    keystone.change("endpoint", before["internal"]["id"], enabled=False)
    keystone.send("DELETE", f"/endpoints/{before['admin']['id']}")
    assert summaries(cloud) == [
        "update public endpoint of s3 in region RegionOne",
        "enable internal endpoint of s3 in region RegionOne",
        "create admin endpoint of s3 in region RegionOne",
    ]

    cloud.run("apply", "-i", cloud.inventory, "--yes")

    after = by_interface(keystone)
    assert after["public"] == before["public"]
    assert after["internal"] == before["internal"]
    assert after["admin"]["id"] != before["admin"]["id"]
    assert after["admin"]["url"] == before["admin"]["url"]
    assert cloud.plan()["converged"] is True


def test_a_duplicate_endpoint_is_told_of_and_removed_only_by_its_id(
    cloud: Cloud, keystone: Rest
) -> None:
    ours = by_interface(keystone)
    fields = ("service_id", "interface", "region_id")
    public = ours["public"]
    duplicate = keystone.make(
        "endpoint", url="http://192.0.2.7:8080", **{name: public[name] for name in fields}
    )
    plan = cloud.plan()
    assert (plan["converged"], plan["changes"]) == (True, [])
    (note,) = plan["notes"]
    assert public["id"] in note["text"]
    assert duplicate in note["text"]
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert set(endpoints(keystone)) == {duplicate, *(each["id"] for each in ours.values())}

    cloud.run("apply", "-i", cloud.inventory, "--yes", "--remove-endpoint", duplicate)

    assert by_interface(keystone) == ours
    assert cloud.plan() == {"converged": True, "changes": [], "notes": []}


def test_a_disabled_service_is_enabled(cloud: Cloud, keystone: Rest) -> None:
    before = service(keystone)
    keystone.change("service", before["id"], enabled=False)
    assert summaries(cloud) == ["enable service s3 of type s3"]
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert service(keystone) == before


def test_what_is_gone_is_published_again_but_not_where_nothing_answers(
    cloud: Cloud, keystone: Rest, closed_port: int
) -> None:
    keystone.send("DELETE", f"/services/{service(keystone)['id']}")
    url = f"http://127.0.0.1:{closed_port}"
    words = ("apply", "-i", cloud.inventory_with(s3_url=url), "--yes")
    ran = cloud.run(*words, status=1)
    assert "nothing may be published that does not answer" in ran.err
    assert f"No answer from 127.0.0.1:{closed_port}" in ran.err
    assert keystone.find("service", type="s3") == []
    urls = [endpoint["url"] for endpoint in keystone.find("endpoint")]
    assert not any(each.startswith(url) for each in urls)

    cloud.run("apply", "-i", cloud.inventory, "--yes")

    published = by_interface(keystone)
    assert set(published) == INTERFACES
    assert {each["url"] for each in published.values()} == {cloud.lab.record.url("front")}


def test_a_published_url_is_not_changed_to_one_where_nothing_answers(
    cloud: Cloud, keystone: Rest, closed_port: int
) -> None:
    before = endpoints(keystone)
    inventory = cloud.inventory_with(s3_url=f"http://127.0.0.1:{closed_port}")
    ran = cloud.run("apply", "-i", inventory, "--yes", status=1)
    assert "'update public endpoint of s3 in region RegionOne' was left out" in ran.err
    assert endpoints(keystone) == before


def test_a_role_that_was_taken_away_is_granted_again(cloud: Cloud, keystone: Rest) -> None:
    (swift,), (project,), (role,) = (
        keystone.find(kind, name=name)
        for kind, name in (("user", "swift"), ("project", "service"), ("role", "service"))
    )
    path = f"/projects/{project['id']}/users/{swift['id']}/roles"
    before = keystone.send("GET", path)["roles"]
    keystone.send("DELETE", f"{path}/{role['id']}")
    assert summaries(cloud) == ["grant role service to user swift on project service"]
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert keystone.send("GET", path)["roles"] == before
    assert cloud.plan()["converged"] is True


def test_a_disabled_user_of_swift_is_enabled_and_native_swift_works_again(
    cloud: Cloud, keystone: Rest
) -> None:
    (swift,) = keystone.find("user", name="swift")
    keystone.change("user", swift["id"], enabled=False)
    assert Account.of(cloud.lab, "demo").status() not in WELL
    note = "note that swift-proxy has to read its files again"
    assert summaries(cloud) == [*[note] * 2, "enable user swift", *["reload swift-proxy"] * 2]
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert Account.of(cloud.lab, "demo").status() in WELL
    assert cloud.plan()["converged"] is True


def test_a_password_that_is_wrong_now_is_tried_once_and_refused_with_the_files_name(
    cloud: Cloud, keystone: Rest
) -> None:
    (swift,) = keystone.find("user", name="swift")
    right = json.loads(cloud.lab.layout.passwords.read_text())["swift"]
    keystone.change("user", swift["id"], password="another one")
    asked = len(cloud.lab.access_lines())
    try:
        ran = cloud.run("plan", "-i", cloud.inventory, status=2)
        lines = [line.split() for line in cloud.lab.access_lines()[asked:]]
    finally:
        keystone.change("user", swift["id"], password=right)
    refused = "Keystone refuses the login in [filter:authtoken], user swift"
    files = "proxy1: ~/etc/swift/proxy-server.conf, proxy2: ~/etc/swift/proxy-server.conf"
    assert f"{files}: {refused}" in ran.err
    logins = [words for words in lines if words[1:3] == ["POST", "/v3/auth/tokens"]]
    assert [words[3] for words in logins] == ["201", "401"]
    # Keystone revokes by the second: a token made in that of the change is void, too.
    wait_until(lambda: Account.of(cloud.lab, "demo").status() in WELL)


def test_a_password_that_was_changed_in_keystone_is_reset_when_that_is_said(
    cloud: Cloud, keystone: Rest
) -> None:
    (swift,) = keystone.find("user", name="swift")
    keystone.change("user", swift["id"], password="another one")
    ran = cloud.run("plan", "-i", cloud.inventory, status=2)
    assert "run again with --reset-service-password" in ran.err
    cloud.run("apply", "-i", cloud.inventory, "--yes", "--reset-service-password")
    assert cloud.plan()["converged"] is True
    wait_until(lambda: Account.of(cloud.lab, "demo").status() in WELL)


def test_a_service_user_that_was_deleted_is_made_again_when_that_is_said(
    cloud: Cloud, keystone: Rest, tmp_path: Path
) -> None:
    (swift,) = keystone.find("user", name="swift")
    keystone.send("DELETE", f"/users/{swift['id']}")
    ran = cloud.run("plan", "-i", cloud.inventory, status=2)
    assert "Keystone has no such user" in ran.err
    cloud.run("apply", "-i", cloud.inventory, "--yes", "--reset-service-password")
    assert cloud.plan()["converged"] is True
    wait_until(lambda: Account.of(cloud.lab, "demo").status() in WELL)
    eucarc = str(issue(cloud, tmp_path / "keys").eucarc)
    verified = cloud.run("verify", "--eucarc", eucarc, "--format", "json")
    assert verified.document["passed"] is True
