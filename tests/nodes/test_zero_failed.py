"""No request fails while proxies change one after the other: nothing is tried twice."""

from __future__ import annotations

import hashlib
import logging
import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.nodes import places
from tests.nodes.load import Load, Way, load
from tests.nodes.places import PROXIES
from tests.nodes.transfers import CONTENT, DIGEST, SHORTEST, Transfer, transfers

if TYPE_CHECKING:
    from tests.nodes.asking import User
    from tests.nodes.cloud import Cloud

CONF = "/etc/swift/proxy-server.conf"
RUNS = "/var/lib/setup-tool/runs"
_LOG = logging.getLogger(__name__)
DRAIN = {"proxy_drain_wait": 3, "proxy_drain_timeout": 2}

# Many connections are handed over by more than one worker. One Keystone on a shared processor
# takes long when it is asked for the clients' secrets by all of them at once, which is whenever
# they are no longer kept.
BUSY = r"""
    s/^workers = .*/workers = 2/
    s/^http_timeout = .*/http_timeout = 60/
    s/^\[filter:s3token]$/&\nsecret_cache_duration = 600/
"""

EDITED = "/^.filter:s3token.$/,/^.filter/ s/^delay_auth_decision = .*/delay_auth_decision = true/"
"""By hand, which an apply corrects and a rollback brings back; signed requests pass as before."""


@pytest.fixture(scope="module")
def strict(cloud: Cloud) -> Cloud:
    """The cloud behind a balancer that tries nothing twice.

    It holds little back of a transfer, sends requests where they ask to go if it can, says
    who answered, and does not take a busy server for one that is down.
    """
    balancer = cloud.hosts["balancer"]
    path = balancer.root / "etc/haproxy/haproxy.cfg"
    text = path.read_text()
    wishes = "    retries 0\n    http-response set-header X-Proxy %s\n"
    wishes += "".join(f"    use-server {p} if {{ req.hdr(X-Proxy) {p} }}\n" for p in PROXIES)
    for old, new in (
        ("\nglobal\n", "\nglobal\n    tune.rcvbuf.server 65536\n    tune.sndbuf.client 65536\n"),
        ("\ndefaults\n", "\ndefaults\n    timeout check 10s\n"),
        ("\nbackend proxies\n", f"\nbackend proxies\n{wishes}"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text)
    for name in PROXIES:
        cloud.hosts[name].sh(f"sed -i '{BUSY}' {CONF}")
    balancer.sh("systemctl restart haproxy")
    cloud.hosts.await_service("balancer")
    # One that has just begun takes all servers for up until they do not answer.
    wait_until(lambda: cloud.hosts.balanced() == {"ctl1", *PROXIES}, seconds=60)
    return cloud


@pytest.fixture(scope="module")
def demo(strict: Cloud) -> User:
    user = strict.hosts.user("demo")
    for container in ("/short", "/long"):
        assert user.native("PUT", container, at=places.S3).status == 201
    assert user.native("PUT", "/long/long", CONTENT, at=places.S3).status == 201
    return user


@pytest.fixture
def both(demo: User) -> tuple[Way, ...]:
    assert demo.s3("GET", "/short", at=places.S3).status == 200
    return tuple(Way(name, demo, "short", places.S3) for name in ("s3", "native"))


def journals(cloud: Cloud) -> list[str]:
    """Return the journal of each proxy's last run."""
    return [
        cloud.hosts[name].sh(f"cat {RUNS}/$(ls -1t {RUNS} | head -n1)/journal") for name in PROXIES
    ]


def assert_none_failed(done: Load) -> None:
    _LOG.info("%d requests", done.requests)
    assert done.failures == [], f"of {done.requests} requests"
    assert done.requests > 100


def assert_across_reloads(cloud: Cloud, user: User, moved: list[Transfer]) -> None:
    for journal in journals(cloud):
        assert re.search(r"^\d+ reload swift-proxy$", journal, re.MULTILINE), journal
        still_open = re.search(r"goes on with (\d+) connections", journal)
        assert still_open, journal
        assert int(still_open[1]) >= 2
    assert [each.problem for each in moved] == [""] * len(moved)
    assert [each.status for each in moved] == [200] * len(moved)
    assert [each.served_by for each in moved] == [each.proxy for each in moved]
    assert all(each.seconds >= SHORTEST for each in moved)
    assert {each.digest for each in moved if each.method == "GET"} == {DIGEST}
    for name in PROXIES:
        body = user.s3("GET", f"/long/{name}", at=places.S3).body
        assert hashlib.sha256(body).hexdigest() == DIGEST


def test_none_fails_while_they_get_s3(strict: Cloud, demo: User) -> None:
    with load(Way("native", demo, "short", places.S3)) as done:
        strict.apply(**DRAIN)
    assert_none_failed(done)


def test_none_fails_during_an_apply(strict: Cloud, demo: User, both: tuple[Way, ...]) -> None:
    for name in PROXIES:
        strict.hosts[name].sh(f"sed -i '{EDITED}' {CONF}")
    with (
        transfers(demo, "long", PROXIES, at=places.S3) as moved,
        load(*both) as done,
    ):
        strict.apply(**DRAIN)
    assert_none_failed(done)
    assert_across_reloads(strict, demo, moved)


def test_none_fails_during_a_rollback(strict: Cloud, demo: User, both: tuple[Way, ...]) -> None:
    with (
        transfers(demo, "long", PROXIES, at=places.S3) as moved,
        load(*both) as done,
    ):
        strict.run("rollback", "-i", strict.inventory(**DRAIN), "--yes")
    assert_none_failed(done)
    assert_across_reloads(strict, demo, moved)
    planned = strict.plan()
    assert {change["target"] for change in planned["changes"]} == set(PROXIES)
