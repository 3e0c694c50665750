"""A rollback goes through proxies behind a balancer as apply did, and stops at the first fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.nodes import places

if TYPE_CHECKING:
    from tests.nodes.cloud import Cloud

PROXIES = ("proxy1", "proxy2", "proxy3")
CONF = "/etc/swift/proxy-server.conf"


def files(cloud: Cloud) -> dict[str, str]:
    """Return each proxy's file with its owner and mode."""
    return {
        name: cloud.hosts[name].sh(f"stat -c '%U:%G %a' {CONF}; cat {CONF}") for name in PROXIES
    }


def all_serve(cloud: Cloud) -> bool:
    return set(PROXIES) <= cloud.hosts.balanced()


def test_the_proxies_go_back_one_by_one_and_serve_what_they_did(cloud: Cloud) -> None:
    demo = cloud.hosts.user("demo")
    first = files(cloud)
    cloud.apply()
    applied = files(cloud)
    assert demo.s3("PUT", "/kept", at=places.S3).status == 200
    assert demo.native("PUT", "/kept/object", b"kept", at=places.S3).status == 201

    ran = cloud.run("rollback", "-i", cloud.inventory(), "--yes")
    assert files(cloud) == first
    ends = [ran.err.index(f"{name}: done") for name in PROXIES]
    starts = [ran.err.index(f"{name}: transaction started") for name in PROXIES]
    assert starts[0] < ends[0] < starts[1] < ends[1] < starts[2] < ends[2]
    assert ran.err.count(": canary native Swift request") == len(PROXIES)
    assert ran.err.count(": undrain swift-proxy") == len(PROXIES)
    wait_until(lambda: all_serve(cloud))
    assert demo.native("GET", "/kept/object", at=places.S3).body == b"kept"
    assert demo.s3("GET", "/kept/object", at=places.S3).status != 200
    assert cloud.run("rollback", "-i", cloud.inventory(), "--yes").status == 0, "forth again"
    assert files(cloud) == applied
    assert demo.s3("GET", "/kept/object", at=places.S3).body == b"kept"
    assert cloud.plan()["converged"]


def test_a_proxy_that_fails_stops_it_and_the_rest_serve_on_as_they_are(cloud: Cloud) -> None:
    demo = cloud.hosts.user("demo")
    document = cloud.run("rollback", "-i", cloud.inventory(), "--list", "--format", "json").document
    (apply,) = (run["run"] for run in document["runs"] if run["command"] == "apply")
    words = ("rollback", "-i", cloud.inventory(), "--to", apply, "--yes")
    applied = files(cloud)
    cloud.hosts["proxy2"].sh(f"chattr +i {CONF}")
    try:
        ran = cloud.run(*words, status=1)
        left = files(cloud)
    finally:
        cloud.hosts["proxy2"].sh(f"chattr -i {CONF}")
    assert "proxy2: the change failed" in ran.err
    assert "proxy3: transaction started" not in ran.err
    assert left["proxy1"] != applied["proxy1"]
    assert (left["proxy2"], left["proxy3"]) == (applied["proxy2"], applied["proxy3"])
    assert demo.s3("GET", "/kept/object", at=f"http://{cloud.hosts['proxy3'].address}:8080").body
    wait_until(lambda: all_serve(cloud))

    cloud.run(*words)
    back = files(cloud)
    assert all(back[name] != applied[name] for name in PROXIES)
    assert back["proxy1"] == left["proxy1"]
