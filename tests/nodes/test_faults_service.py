"""Proxies that do not come back well, that were not well before, or could not read the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.nodes.faults import CONF, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAULTY = Path(__file__).parent / "files/faulty.py"
_PIPELINE = b"pipeline = catch_errors gatekeeper "
_RESTART = "systemctl restart swift-proxy"


@pytest.fixture(scope="module")
def proxy(served: dict[str, Proxy]) -> Proxy:
    return served["proxy1"]


@pytest.fixture
def faulty(proxy: Proxy, request: pytest.FixtureRequest) -> Iterator[Proxy]:
    """The proxy with a filter of its operator's own that shows a fault with the new file."""
    at = f"{_PIPELINE.decode()}faulty "
    own = f"[filter:faulty]\npaste.filter_factory = faulty:filter_factory\nfault = {request.param}"
    new = proxy.new.replace(_PIPELINE, at.encode()) + f"\n{own}\n".encode()
    module = proxy.machine.root / "usr/lib/python3/dist-packages/faulty.py"
    module.write_text(_FAULTY.read_text())
    made = Proxy(proxy.cloud, proxy.name, proxy.user, new)
    made.drift()
    proxy.machine.sh(_RESTART)
    made.assert_serves()
    yield made
    proxy.conf.write_bytes(proxy.new)
    proxy.machine.sh(_RESTART)
    proxy.assert_next_run_converges()


def test_the_command_that_makes_it_read_the_file_fails(proxy: Proxy) -> None:
    old = proxy.drift()
    ran = proxy.apply(status=1, proxy_reload="echo no >&2; false")
    proxy.assert_refused(ran, "reload command of swift-proxy failed", "put its old files", "output")
    assert proxy.seen() == old
    proxy.assert_others_serve()
    proxy.assert_serves()
    proxy.assert_next_run_converges()


def test_systemd_cannot_start_it_with_the_new_file(proxy: Proxy) -> None:
    old = proxy.drift()
    proxy.machine.sh(
        "mkdir -p /run/systemd/system/swift-proxy.service.d; cat >"
        "/run/systemd/system/swift-proxy.service.d/picky.conf; systemctl daemon-reload",
        stdin=f"[Service]\nExecStartPre=grep -q '^delay_auth_decision = True$' {CONF}\n",
    )
    # without workers there is no seamless reload
    old = proxy.drift((b"\nworkers = 1\n", b"\nworkers = 0\n"))
    proxy.machine.sh(_RESTART)
    ran = proxy.apply(status=1)
    proxy.assert_refused(ran, "restart command of swift-proxy failed", "put its old files")
    assert proxy.seen() == old
    proxy.assert_others_serve()
    proxy.assert_serves()
    proxy.machine.sh("rm -r /run/systemd/system/swift-proxy.service.d; systemctl daemon-reload")
    proxy.drift()
    proxy.assert_next_run_converges()


@pytest.mark.parametrize("faulty", ["dies"], indirect=True)
def test_it_starts_with_the_new_file_and_dies(faulty: Proxy) -> None:
    ran = faulty.apply(status=1)
    faulty.assert_refused(ran, "swift-proxy", "put its old files and service back")
    assert faulty.seen() == faulty.drifted
    faulty.assert_others_serve()
    faulty.assert_serves()


@pytest.mark.parametrize("faulty", ["refuses"], indirect=True)
def test_it_is_up_and_well_but_fails_signed_requests(faulty: Proxy) -> None:
    ran = faulty.apply(status=1)
    faulty.assert_refused(
        ran, "canary signed S3 request answered 503", "expected 200", "put its old files"
    )
    assert faulty.seen() == faulty.drifted
    faulty.assert_others_serve()
    faulty.assert_serves()


def test_swift_refuses_the_candidate_which_never_goes_live(proxy: Proxy) -> None:
    old = proxy.drift((b"use = egg:swift#slo\n", b"use = egg:swift#slow\n"))
    workers = proxy.machine.sh("pgrep -f ^/usr/bin/python3./usr/bin/swift-proxy-server")
    ran = proxy.apply(status=1)
    proxy.assert_refused(
        ran,
        f"Swift refuses the new {CONF}",
        "Entry point 'slow' not found",
        "this was wrong before",
        "Nothing was changed",
    )
    assert proxy.seen() == old
    assert proxy.machine.sh("pgrep -f ^/usr/bin/python3./usr/bin/swift-proxy-server") == workers
    proxy.assert_others_serve()
    proxy.assert_serves()
    proxy.drift()
    proxy.assert_next_run_converges()


def test_one_that_was_broken_before_by_what_is_declared_is_repaired(proxy: Proxy) -> None:
    proxy.drift((b"\nuse = egg:swift#s3api\n", b"\nuse = egg:swift#s3apis\n"))
    proxy.machine.sh(_RESTART)
    wait_until(lambda: proxy.name not in proxy.cloud.hosts.balanced())
    proxy.assert_others_serve()
    proxy.assert_next_run_converges()


def test_one_that_was_broken_before_by_something_else_keeps_the_new_file_and_is_told(
    proxy: Proxy,
) -> None:
    proxy.drift()
    proxy.machine.sh("mv /etc/swift/swift.conf /etc/swift/away; systemctl stop swift-proxy")
    wait_until(lambda: proxy.name not in proxy.cloud.hosts.balanced())
    ran = proxy.apply(status=1)
    proxy.assert_refused(ran, "swift-proxy", "It did not work before either")
    assert proxy.seen() == proxy.new
    proxy.assert_others_serve()
    proxy.machine.sh("mv /etc/swift/away /etc/swift/swift.conf")
    proxy.assert_next_run_converges()
