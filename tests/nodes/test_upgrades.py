"""What upgrades and other people do to a cloud that has S3: one apply repairs it, or says how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab_fixture import request
from tests.nodes import places
from tests.nodes.accounts import Accounts
from tests.nodes.cloud import Cloud
from tests.nodes.upgrades import (
    CONF,
    downgrade_keystone,
    older_keystone,
    packaged_conf,
    upgrade_keystone,
    upgrade_swift,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Ran
    from tests.nodes.hosts import Hosts

pytestmark = pytest.mark.live("Keystone 22.0.1", "Keystone 22.0.2", "Swift 2.30.1")

PROXIES = ("proxy1", "proxy2")
NATIVE = "/root/native.conf"
"""Where the proxies keep their file from before setup-tool."""


@pytest.fixture(scope="module")
def older() -> Path:
    return older_keystone()


@pytest.fixture(scope="module")
def cloud(older: Path, hosts: Hosts) -> Cloud:
    """A cloud that got S3 when its Keystone was from before OSSA-2025-002."""
    hosts.up(*PROXIES)
    downgrade_keystone(hosts, older)
    for name in PROXIES:
        hosts[name].sh(f"cp -p {CONF} {NATIVE}")
    made = Cloud(hosts)
    applied(made)
    assert hosts.user("demo").s3("PUT", "/upgrades", at=places.S3).status == 200
    return made


@pytest.fixture
def today(cloud: Cloud) -> Cloud:
    """The same cloud, with Debian's Keystone."""
    if anonymous(cloud) != 401:
        upgrade_keystone(cloud.hosts)
    return cloud


@pytest.fixture(scope="module")
def accounts(cloud: Cloud) -> Accounts:
    return Accounts.of(cloud.hosts)


def applied(cloud: Cloud, *words: str) -> Ran:
    """Apply as one does when nobody is served yet."""
    return cloud.apply("--serial", "2", *words, proxy_drain="off")


def statuses(cloud: Cloud) -> set[int]:
    """Ask each proxy for a native and a signed listing; return the statuses.

    With a new pair of keys: proxies may keep those that they have seen.
    """
    demo = cloud.hosts.user("demo")
    at = [f"http://{cloud.hosts[name].address}:8080" for name in PROXIES]
    native = {demo.native("GET", at=each).status for each in at}
    return native | {demo.s3("GET", at=each).status for each in at}


def assert_well(cloud: Cloud) -> None:
    """Both APIs work through each proxy, and nothing is left to do."""
    assert statuses(cloud) == {200}
    assert cloud.plan()["changes"] == []


def anonymous(cloud: Cloud) -> int:
    """Ask Keystone to validate a signature without a token; return the status."""
    headers = {"Content-Type": "application/json"}
    url = f"{places.KEYSTONE}/v3/s3tokens"
    return request("POST", url, b"{}", headers, authority=cloud.hosts.seed.authority).status


def refused(cloud: Cloud, *words: str) -> str:
    """Return why nothing is planned or applied, in the same words."""
    plan = cloud.run("plan", "-i", cloud.inventory(), *words, status=2).err
    assert cloud.apply(*words, status=2).err == plan
    return plan


def test_keystone_may_go_to_a_release_that_checks_who_validates_signatures(cloud: Cloud) -> None:
    assert anonymous(cloud) == 400
    assert_well(cloud)
    upgrade_keystone(cloud.hosts)
    assert anonymous(cloud) == 401
    assert_well(cloud)


def test_proxies_set_up_by_hand_before_that_release_are_repaired(
    cloud: Cloud, accounts: Accounts, older: Path
) -> None:
    downgrade_keystone(cloud.hosts, older)
    accounts.grant("DELETE", "swift", "service", "service")
    login = "auth_type auth_url username password project_name user_domain_id project_domain_id"
    gone = "; ".join(f"/^{option} *=/d" for option in [*login.split(), "secret_cache_duration"])
    for name in PROXIES:
        cloud.hosts[name].sh(
            f"sed -i '/^.filter:s3token/,/^.filter:healthcheck/{{ {gone} }}' {CONF}; "
            "systemctl restart swift-proxy"
        )
    cloud.hosts.await_service(*PROXIES)
    assert statuses(cloud) == {200}
    upgrade_keystone(cloud.hosts)
    assert statuses(cloud) == {200, 403}
    applied(cloud)
    assert_well(cloud)


@pytest.mark.parametrize("taken", ["grant", "role"])
def test_role_service_taken_away_is_given_back(
    today: Cloud, accounts: Accounts, taken: str
) -> None:
    if taken == "grant":
        accounts.grant("DELETE", "swift", "service", "service")
    else:
        accounts.delete("roles", "service")
    done = applied(today).out
    assert "grant role service to user swift on project service" in done
    assert_well(today)


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ("Keystone has no such user", "which makes the user with the password in the file"),
        (
            "the user has another password in Keystone",
            "which gives the user the password in the file",
        ),
    ],
)
def test_swift_s_user_is_mended_when_the_operator_says_so(
    today: Cloud, accounts: Accounts, state: str, remedy: str
) -> None:
    if "no such user" in state:
        accounts.delete("users", "swift")
    else:
        accounts.set_password("swift", "of-somebody-else")
    said = refused(today)
    assert f"proxy1: {CONF}, proxy2: {CONF}: Keystone refuses the login" in said
    assert f"{state}. Put the right login into the file, or run again with " in said
    assert f"--reset-service-password, {remedy}" in said
    applied(today, "--reset-service-password")
    assert_well(today)


def test_a_package_s_file_that_kept_keystone_is_given_s3_again(today: Cloud) -> None:
    proxy = today.hosts["proxy2"]
    native = proxy.sh(f"cat {NATIVE}")
    upgrade_swift(proxy, f"{native}\n# As of the next version.\n")
    today.hosts.await_service("proxy2")
    applied(today)
    assert_well(today)


@pytest.mark.parametrize("remedy", ["the file that dpkg kept", "rollback"])
def test_a_package_s_file_with_users_of_its_own_is_refused_with_what_brings_it_back(
    today: Cloud, remedy: str
) -> None:
    proxy = today.hosts["proxy1"]
    upgrade_swift(proxy, f"{packaged_conf()}\n# For {remedy}.\n")
    said = refused(today)
    assert "tempauth decides who may come in, while others of region RegionOne" in said
    assert "ask Keystone (proxy2)" in said
    assert "with the users of Swift's sample file" in refused(today, "--limit", "proxy1")
    if remedy == "rollback":
        words = ("--limit", "proxy1", "--overwrite-changed")
        assert " ".join(words) in said
        today.run("rollback", "-i", today.inventory(), *words, "--yes")
    else:
        assert f"{CONF}.dpkg-old" in said
        proxy.sh(f"mv {CONF}.dpkg-old {CONF}")
    applied(today)
    assert_well(today)


def test_a_password_changed_in_keystone_and_for_authtoken_reaches_s3token(
    today: Cloud, accounts: Accounts
) -> None:
    accounts.set_password("swift", "of-the-rotation")
    rotated = "/^.filter:authtoken/,$ s/^password = .*/password = of-the-rotation/"
    for name in PROXIES:
        today.hosts[name].sh(f"sed -i '{rotated}' {CONF}; systemctl restart swift-proxy")
    today.hosts.await_service(*PROXIES)
    assert 403 in statuses(today)
    said = applied(today)
    assert "of-the-rotation" not in said.out + said.err
    assert_well(today)
