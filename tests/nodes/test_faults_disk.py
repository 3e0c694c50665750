"""Disks that are full or cannot be written, and files that cannot be replaced."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.nodes.faults import CONF, STATE, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

_ETC = "/etc/swift"


@pytest.fixture(scope="module")
def proxy(served: dict[str, Proxy]) -> Proxy:
    return served["proxy1"]


@contextmanager
def other_disk(proxy: Proxy, folder: str, kibibytes: int) -> Iterator[None]:
    """Have a folder on a disk of this size of its own; in the end it is where it was."""
    below = "/run/below"
    proxy.machine.sh(
        f"mkdir -p {below}; mount --bind --make-private {folder} {below}; "
        f"mount -t tmpfs -o size={kibibytes}k,mode=$(stat -c %a {folder}) tmpfs {folder}; "
        f"cp -a {below}/. {folder}"
    )
    try:
        yield
    finally:
        proxy.machine.sh(
            f"cp -a {folder}/. {below}; umount {folder} {below}; rm -f {folder}/filling"
        )


def fill(proxy: Proxy, folder: str, *, but: int = 0) -> None:
    """Leave no room on the disk of a folder, but so many kibibytes."""
    left = f"$(df -k --output=avail {folder} | tail -n 1)"
    proxy.machine.sh(
        f"dd if=/dev/zero of={folder}/filling bs=1k count=$(({left} - {but})) 2>/dev/null; "
        f"[ {left} -le {but} ]"
    )


@contextmanager
def read_only(proxy: Proxy, folder: str) -> Iterator[None]:
    proxy.machine.sh(f"mount --bind {folder} {folder}; mount -o remount,ro,bind {folder}")
    try:
        yield
    finally:
        proxy.machine.sh(f"umount {folder}")


def test_the_disk_of_the_configuration_is_full(proxy: Proxy) -> None:
    old = proxy.drift()
    with other_disk(proxy, _ETC, 2048):
        fill(proxy, _ETC)
        ran = proxy.apply(status=1)
        proxy.assert_refused(ran, CONF, "could not be written", "No space left on device")
        assert proxy.seen() == old
        proxy.assert_others_serve()
        proxy.assert_serves()
        proxy.machine.sh(f"rm {_ETC}/filling")
        proxy.assert_next_run_converges()


@pytest.mark.parametrize("room", [0, 24, 150, 190])
def test_the_disk_of_the_journal_is_full(proxy: Proxy, room: int) -> None:
    """There is room for nothing; for a part of the run; for the run, but not for the old file."""
    old = proxy.drift()
    with other_disk(proxy, STATE, 8192):
        fill(proxy, STATE, but=room)
        ran = proxy.apply(status=1)
        proxy.assert_refused(ran, STATE, "could not be", "disk is full")
        assert proxy.seen() == old
        proxy.assert_others_serve()
        proxy.assert_serves()
        proxy.machine.sh(f"rm {STATE}/filling")
        proxy.assert_next_run_converges()


def test_the_file_system_of_the_configuration_is_read_only(proxy: Proxy) -> None:
    old = proxy.drift()
    with read_only(proxy, _ETC):
        ran = proxy.apply(status=1)
        proxy.assert_refused(ran, CONF, "could not be written", "Read-only file system")
        assert proxy.seen() == old
        proxy.assert_others_serve()
        proxy.assert_serves()
    proxy.assert_next_run_converges()


def test_the_file_system_of_the_journal_is_read_only(proxy: Proxy) -> None:
    old = proxy.drift()
    with read_only(proxy, STATE):
        ran = proxy.apply(status=2)
        proxy.assert_refused(ran, STATE, "its file system is read-only")
        assert proxy.seen() == old
        proxy.assert_others_serve()
        proxy.assert_serves()
    proxy.assert_next_run_converges()


@pytest.mark.parametrize("attribute", ["i", "a"])
def test_the_file_is_immutable(proxy: Proxy, attribute: str) -> None:
    old = proxy.drift()
    proxy.machine.sh(f"chattr +{attribute} {CONF}")
    ran = proxy.apply(status=1)
    proxy.assert_refused(ran, CONF, "Operation not permitted", "lsattr")
    assert proxy.seen() == old
    proxy.assert_others_serve()
    proxy.assert_serves()
    proxy.machine.sh(f"chattr -{attribute} {CONF}")
    proxy.assert_next_run_converges()
