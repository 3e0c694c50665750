"""A cloud that several files of tests have one after the other: each leaves it as it found it.

To boot one and have it serve S3 costs half a minute of a processor. What is said of such a
cloud's first state is said in files that have one of their own.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.nodes.hosts import opened

if TYPE_CHECKING:
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


class Together(LoadFileScheduling):
    """Gives the tests of a file to one worker, with those of the files that share its cloud.

    They have to follow one another.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return _TOGETHER.get(Path(file).name, file)


def sharers(item: pytest.Item) -> str | None:
    """Return the name of those who share a cloud with the test's file, None for no others."""
    return _TOGETHER.get(item.path.name)
