"""The clouds that tests share: one as it came up, one that setup-tool has given S3."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from setup_tool.lab import loopback
from tests.cloud import Cloud
from tests.lab_fixture import running_lab, started
from tests.order import group_of, rank
from tests.together import Together

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["running_lab"]

# How long an example takes says nothing on a machine that does other things too.
hypothesis.settings.register_profile("exploring", deadline=None, max_examples=2000)
# What passed has to pass again: other examples are looked for on purpose, by `make explore`.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud to which `apply` has given S3; a test that changes it puts it right again."""
    with started(tmp_path_factory.mktemp("served") / "lab") as lab:
        cloud = Cloud(lab)
        cloud.run("apply", "-i", cloud.inventory, "--yes")
        yield cloud


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of a module's own that nothing has touched before its first test."""
    with started(tmp_path_factory.mktemp("untouched") / "lab") as lab:
        yield Cloud(lab)


def pytest_configure() -> None:
    """Give each process that runs tests ports of its own, so that no two choose the same."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (loopback.HIGHEST - loopback.LOWEST) // int(
        os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    )
    loopback.LOWEST += number * share
    loopback.HIGHEST = loopback.LOWEST + share


def pytest_sessionstart() -> None:
    """Have what the tests start hear Ctrl-C, even where they run in a shell's background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Have those that share a lab in one process, where whole files go to one."""
    return Together(config, log, group_of=group_of) if config.option.dist == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that all processors have work to the end."""
    items.sort(key=rank)
