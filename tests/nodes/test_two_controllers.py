"""Two controllers behind an address of Keystone's, with TLS by an authority of one's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.waiting import wait_until
from tests.lab_fixture import request
from tests.nodes import places
from tests.nodes.network import ipv4
from tests.nodes.places import PLACES

if TYPE_CHECKING:
    from tests.nodes.cloud import Cloud

_VIPS = {ipv4(places.S3_VIP), ipv4(places.KEYSTONE_VIP)}


@pytest.fixture(scope="module")
def served(cloud: Cloud) -> Cloud:
    """A cloud with both controllers, to which setup-tool has given S3."""
    cloud.hosts.up("ctl2")
    cloud.apply()
    return cloud


def endpoints(cloud: Cloud) -> list[dict[str, Any]]:
    answer = request(
        "GET",
        f"{places.KEYSTONE}/v3/endpoints",
        headers=cloud.hosts.user("admin", "admin").login.headers,
        authority=cloud.hosts.seed.authority,
    )
    found: list[dict[str, Any]] = json.loads(answer.body)["endpoints"]
    return found


def test_nothing_published_points_at_one_machine(served: Cloud) -> None:
    urls = [endpoint["url"] for endpoint in endpoints(served)]
    assert urls.count(places.S3) == 3
    hosts = {url.split("/")[2].rpartition(":")[0] for url in urls}
    assert hosts == _VIPS


def test_what_is_written_on_the_proxies_points_at_no_controller(served: Cloud) -> None:
    written = served.hosts["proxy1"].sh("cat /etc/swift/proxy-server.conf")
    section = written.partition("\n[filter:s3token]\n")[2].partition("\n[")[0]
    lines = [line for line in section.splitlines() if line and not line.startswith("#")]
    assert f"auth_uri = {places.KEYSTONE}/v3" in lines
    assert f"auth_url = {places.KEYSTONE}" in lines
    for name in ("ctl1", "ctl2"):
        assert ipv4(PLACES[name].numbers[0]) not in section


@pytest.mark.parametrize("lost", ["ctl1", "ctl2"])
def test_either_controller_may_fail(served: Cloud, lost: str) -> None:
    demo = served.hosts.user()
    served.hosts[lost].sh("systemctl stop keystone")
    wait_until(lambda: lost not in served.hosts.balanced())
    try:
        bucket = f"/without-{lost}"
        assert demo.s3("PUT", bucket, at=places.S3).status == 200
        assert served.plan()["converged"]
    finally:
        served.hosts[lost].sh("systemctl start keystone")
        served.hosts.await_service(lost)
