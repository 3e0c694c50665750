"""Files on real hosts that belong to another system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.nodes.cloud import Cloud

CONF = "/etc/swift/proxy-server.conf"
CHECKOUT = "/srv/config"


@pytest.fixture(scope="module")
def managed(cloud: Cloud) -> Cloud:
    """A proxy whose file is a link into a checkout, and one whose file Ansible wrote."""
    cloud.hosts["proxy1"].sh(
        f"git init -q {CHECKOUT} && mkdir {CHECKOUT}/swift && "
        f"mv {CONF} {CHECKOUT}/swift/ && ln -s {CHECKOUT}/swift/proxy-server.conf {CONF}"
    )
    cloud.hosts["proxy2"].sh(f"sed -i '1i # Ansible managed' {CONF}")
    return cloud


def edits(planned: Any) -> dict[str, Any]:
    return {
        change["target"]: change
        for change in planned["changes"]
        if change["summary"] == f"edit {CONF}"
    }


def test_the_plan_names_the_system_and_what_to_put_there(managed: Cloud) -> None:
    planned = edits(managed.plan())
    linked, written, own = (planned[name] for name in ("proxy1", "proxy2", "proxy3"))
    assert any(f"lies in the checkout {CHECKOUT}" in reason for reason in linked["reasons"])
    assert linked["instead"][0] == "In the repository:"
    assert any("line 1 says: Ansible managed" in reason for reason in written["reasons"])
    assert "  [filter:s3token]" in written["instead"]
    assert "  password = ********" in written["instead"]
    assert own["instead"] == []


def test_the_file_in_the_checkout_is_changed_where_it_lies(managed: Cloud) -> None:
    managed.apply()
    proxy = managed.hosts["proxy1"]
    assert proxy.sh(f"readlink {CONF}").strip() == f"{CHECKOUT}/swift/proxy-server.conf"
    assert "s3token" in proxy.sh(f"cat {CHECKOUT}/swift/proxy-server.conf")
    assert managed.plan()["converged"]
