"""A cloud that several files of tests have one after the other, each as the one before left it.

To boot one and have it serve S3 costs half a minute of a processor. What is said of such a
cloud's first state is said in the first of them, and who leaves it changed comes last.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.nodes import seeds
from tests.nodes.hosts import opened

if TYPE_CHECKING:
    from tests.nodes.faults import Proxy
    from tests.nodes.hosts import Hosts
    from tests.nodes.seed import Making

_ORDER = (
    (
        "test_faults_killed_at_each_step.py",
        "test_faults_killed_operators.py",
        "test_faults_killed_runs.py",
        "test_faults_service.py",
        "test_faults_cut_off.py",
    ),
    ("test_rpm_packages.py",),
    ("test_ec2.py",),
    ("test_zero_failed.py",),
    ("test_no_secrets.py", "test_upgrades.py"),
    ("test_rollback.py", "test_managed_files.py", "test_firewall.py"),
    ("test_first_apply.py", "test_two_controllers.py", "test_faults_disk.py", "test_rolling.py"),
    (
        "test_access.py",
        "test_private_authority.py",
        "test_machines.py",
        "test_packages.py",
    ),
    ("test_debian_clients.py",),
    ("test_legacy_cloud.py", "test_legacy_swift.py", "test_keystone_v2.py"),
)
"""The files that take longest, first those that should begin first, so that all processors have
work to the end. Those that stand together have one cloud, in this order; others stand alone."""
_SHARED = {file: together[0] for together in _ORDER for file in together if len(together) > 1}


class Sharing:
    """Keeps a cloud from one file to the next that shares it; a plugin of pytest's."""

    def __init__(self) -> None:
        self.served: dict[str, Proxy] = {}
        """The cloud's proxies once they serve S3."""
        self._stack = ExitStack()
        self._hosts: Hosts | None = None

    def hosts(self, keep: str | None, making: Making = seeds.TODAY) -> Hosts:
        """Return the machines of the cloud, of which some may be on."""
        if self._hosts is None:
            self._hosts = self._stack.enter_context(opened(keep, making))
        return self._hosts

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Remove the cloud when the next test is of a file that does not share it."""
        group = sharers(item)
        if group and (nextitem is None or sharers(nextitem) != group):
            self.served = {}
            self._hosts = None
            self._stack.close()


def group_of(path: str) -> str:
    """Return the group of a file: they have to follow one another who have one cloud."""
    return _SHARED.get(Path(path).name, path)


def sharers(item: pytest.Item) -> str | None:
    """Return the name of those who share a cloud with the test's file, None for no others."""
    return _SHARED.get(item.path.name)


def rank(item: pytest.Item) -> int:
    """Return the place of the test's file among those that begin first."""
    places = [file for together in _ORDER for file in together]
    return places.index(item.path.name) if item.path.name in places else len(places)
