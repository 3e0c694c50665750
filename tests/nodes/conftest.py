"""Clouds made of machines, for tests that need real hosts. They need root."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.clients.page import PAGE
from tests.clients.recording import Limits
from tests.lab.waiting import wait_until
from tests.laws.operators import Operators
from tests.nodes import seeds
from tests.nodes.cloud import Cloud
from tests.nodes.debian_clients import SECTIONS
from tests.nodes.faults import CONF, Proxy, let_drift
from tests.nodes.hosts import opened
from tests.nodes.legacy_cloud import LegacyCloud
from tests.nodes.nova_cloud import NovaCloud
from tests.nodes.places import PROXIES
from tests.tables.recording import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.nodes.hosts import Hosts


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-hosts",
        metavar="NAME",
        help="leave the cloud up under this name, and use the one that was left up under it",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(PAGE, *SECTIONS))
    config.pluginmanager.register(Limits())


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    if os.geteuid() and not config.option.collectonly:
        raise pytest.UsageError(
            "The tests on real hosts boot machines, which takes root: run them with sudo, "
            "for instance `sudo make test-nodes`."
        )


@pytest.fixture(scope="module")
def hosts(request: pytest.FixtureRequest) -> Iterator[Hosts]:
    """A cloud of a module's own, of which nothing is on yet; `up` boots what is needed."""
    with opened(request.config.getoption("--keep-hosts")) as made:
        yield made


@pytest.fixture(scope="module")
def cloud(hosts: Hosts) -> Cloud:
    """A controller with the storage, and three proxies behind a balancer; native Swift works."""
    hosts.up(*PROXIES)
    return Cloud(hosts)


@pytest.fixture(scope="module")
def legacy_cloud(request: pytest.FixtureRequest) -> Iterator[LegacyCloud]:
    """Keystone of v2.0 and v3 and a Swift of its age on one machine; native Swift works."""
    keep = request.config.getoption("--keep-hosts")
    with opened(keep and f"{keep}-legacy", seeds.LEGACY) as made:
        made.up("old")
        yield LegacyCloud(made)


@pytest.fixture(scope="module")
def nova_cloud(request: pytest.FixtureRequest) -> Iterator[NovaCloud]:
    """A machine with nova and all that it needs; instances can be started natively."""
    keep = request.config.getoption("--keep-hosts")
    with opened(keep and f"{keep}-nova", seeds.NOVA) as made:
        made.up("nova1")
        cloud = NovaCloud(made)
        wait_until(cloud.native().is_up, seconds=120)
        yield cloud


@pytest.fixture
def operators(cloud: Cloud, tmp_path: Path) -> Iterator[dict[str, Operators]]:
    """An operator for each proxy, at once ready to start."""
    with ExitStack() as stack:
        made = {name: Operators(cloud.environment, tmp_path / name) for name in PROXIES}
        for each in made.values():
            stack.callback(each.close)
        yield made


@pytest.fixture(scope="module")
def served(cloud: Cloud) -> dict[str, Proxy]:
    """The cloud's proxies, all of which serve S3 already."""
    for name in PROXIES:
        let_drift(cloud.hosts[name])
    cloud.apply("--serial", "2", proxy_drain="off")
    demo = cloud.hosts.user("demo")
    return {
        name: Proxy(cloud, name, demo, cloud.hosts[name].root.joinpath(CONF[1:]).read_bytes())
        for name in PROXIES
    }
