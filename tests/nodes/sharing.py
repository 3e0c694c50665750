"""A cloud that several files of tests have one after the other: each leaves it as it found it.

To boot one and have it serve S3 costs half a minute of a processor. What is said of such a
cloud's first state is said in files that have one of their own.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.nodes.hosts import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.nodes.faults import Proxy
    from tests.nodes.hosts import Hosts

_TOGETHER = {
    "test_faults_killed_operators.py": "operators",
    "test_faults_disk.py": "operators",
    "test_faults_killed_runs.py": "runs",
    "test_faults_service.py": "runs",
    "test_faults_cut_off.py": "runs",
}


class Sharing:
    """Keeps a cloud from one file to the next that shares it; a plugin of pytest's."""

    def __init__(self) -> None:
        self.served: dict[str, Proxy] = {}
        """The cloud's proxies once they serve S3."""
        self._stack = ExitStack()
        self._hosts: Hosts | None = None

    def hosts(self, keep: str | None) -> Hosts:
        """Return the machines of the cloud, of which some may be on."""
        if self._hosts is None:
            self._hosts = self._stack.enter_context(opened(keep))
        return self._hosts

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Remove the cloud when the next test is of a file that does not share it."""
        group = sharers(item)
        if group and (nextitem is None or sharers(nextitem) != group):
            self.served = {}
            self._hosts = None
            self._stack.close()


def sharers(item: pytest.Item) -> str | None:
    """Return the name of those who share a cloud with the test's file, None for no others."""
    return _TOGETHER.get(item.path.name)


def keep_together(items: Iterable[pytest.Item]) -> None:
    """Have xdist give the tests of a file, and of those that share a cloud with it, to one worker.

    That is done by ``--dist=loadgroup``; they have to follow one another.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(sharers(item) or item.path.name))
