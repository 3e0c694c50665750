"""Keystone behind TLS by an authority of the cloud's own, and a proxy that does not know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nodes import places
from tests.nodes.cloud import Cloud

if TYPE_CHECKING:
    from tests.nodes.hosts import Hosts

CONF = "/etc/swift/proxy-server.conf"
AUTHORITY = "/usr/local/share/ca-certificates/cloud.crt"
KEPT = "/etc/swift/authority.pem"


@pytest.fixture(scope="module")
def cloud(hosts: Hosts) -> Cloud:
    """A cloud whose only proxy is told of the authority by authtoken's ``cafile`` alone."""
    hosts.up("proxy1", "ctl2")
    hosts["proxy1"].sh(
        f"mv {AUTHORITY} {KEPT}; update-ca-certificates --fresh >/dev/null; "
        f"sed -i 's|^auth_type = password|&\\ncafile = {KEPT}|' {CONF}; "
        "systemctl restart swift-proxy"
    )
    hosts.await_service("proxy1")
    return Cloud(hosts)


def test_a_proxy_whose_s3token_could_not_log_in_is_told_of_and_put_back(cloud: Cloud) -> None:
    proxy, demo = cloud.hosts["proxy1"], cloud.hosts.user()
    before = proxy.sh(f"cat {CONF}")
    (note,) = [n for n in cloud.plan()["notes"] if places.KEYSTONE in n["text"]]
    assert note["target"] == "proxy1"
    assert "could not be asked from here with its certificate verified" in note["text"]
    assert "put a private one into /usr/local/share/ca-certificates (Debian)" in note["text"]
    said = cloud.apply(status=1).err
    assert "signed S3 request" in said
    assert "the node put its old files and service back" in said
    assert proxy.sh(f"cat {CONF}") == before
    assert demo.native("PUT", "/native", at=places.S3).status in {201, 202}


def test_with_the_authority_in_the_node_s_store_it_gets_s3(cloud: Cloud) -> None:
    cloud.hosts["proxy1"].sh(f"cp {KEPT} {AUTHORITY}; update-ca-certificates >/dev/null")
    cloud.apply()
    planned = cloud.plan()
    assert planned["changes"] == []
    assert not [note for note in planned["notes"] if places.KEYSTONE in note["text"]]
    assert cloud.hosts.user().s3("GET", "/", at=places.S3).status == 200


def test_the_client_files_name_the_balancer_and_no_machine_behind_it(cloud: Cloud) -> None:
    folder = cloud.folder / "files"
    cloud.run("credentials", "issue", "--os-cloud", "demo", "--directory", str(folder))
    written = {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert {"eucarc", ".s3cfg", "config", "credentials"} <= set(written)
    everything = "".join(written.values())
    assert places.S3 in everything
    assert set(cloud.hosts.running) - {"bastion"} == {"balancer", "ctl1", "ctl2", "proxy1"}
    behind = {cloud.hosts[name].address for name in cloud.hosts.running if name != "balancer"}
    assert [address for address in behind if address in everything] == []
    assert not [name for name in cloud.hosts.running if name in everything]
