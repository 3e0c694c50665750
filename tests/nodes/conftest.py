"""Clouds made of machines, for tests that need real hosts. They need root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.page import PAGE
from tests.clients.recording import Limits
from tests.ec2.table import PAGE as EC2_PAGE
from tests.ec2.table import WITH_NOVA
from tests.lab.waiting import wait_until
from tests.nodes import seeds
from tests.nodes.cloud import Cloud
from tests.nodes.debian_clients import SECTIONS
from tests.nodes.faults import CONF, Proxy, let_drift
from tests.nodes.hosts import opened
from tests.nodes.legacy_cloud import LegacyCloud
from tests.nodes.nova_cloud import NovaCloud
from tests.nodes.places import PROXIES
from tests.nodes.sharing import Sharing, group_of, rank, sharers
from tests.tables.recording import Recorder
from tests.together import Together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nodes.hosts import Hosts


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-hosts",
        metavar="NAME",
        help="leave the cloud up under this name, and use the one that was left up under it",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(PAGE, *SECTIONS))
    config.pluginmanager.register(Recorder(EC2_PAGE, WITH_NOVA))
    config.pluginmanager.register(Limits())
    config.pluginmanager.register(Sharing(), "sharing")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.geteuid() and not config.option.collectonly:
        raise pytest.UsageError(
            "The tests on real hosts boot machines, which takes root: run them with sudo, "
            "for instance `sudo make test-nodes`."
        )
    items.sort(key=rank)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log, group_of=group_of)


@pytest.fixture(scope="module")
def hosts(request: pytest.FixtureRequest, sharing: Sharing | None) -> Iterator[Hosts]:
    """A cloud of a module's own, of which nothing is on yet; `up` boots what is needed."""
    keep = request.config.getoption("--keep-hosts")
    if sharing is not None:
        yield sharing.hosts(keep)
        return
    with opened(keep) as made:
        yield made


@pytest.fixture(scope="module")
def sharing(request: pytest.FixtureRequest) -> Sharing | None:
    """What keeps the cloud for the next file, where several share it."""
    plugin: Sharing = request.config.pluginmanager.get_plugin("sharing")
    return plugin if sharers(request.node) else None


@pytest.fixture(scope="module")
def cloud(hosts: Hosts) -> Cloud:
    """A controller with the storage, and three proxies behind a balancer; native Swift works."""
    hosts.up(*PROXIES)
    return Cloud(hosts)


@pytest.fixture(scope="module")
def legacy_cloud(request: pytest.FixtureRequest, sharing: Sharing) -> LegacyCloud:
    """Keystone of v2.0 and v3 and a Swift of its age on one machine; native Swift works."""
    keep = request.config.getoption("--keep-hosts")
    made = sharing.hosts(keep and f"{keep}-legacy", seeds.LEGACY)
    made.up("old")
    return LegacyCloud(made)


@pytest.fixture(scope="module")
def nova_cloud(request: pytest.FixtureRequest) -> Iterator[NovaCloud]:
    """A machine with nova and all that it needs; instances can be started natively."""
    keep = request.config.getoption("--keep-hosts")
    with opened(keep and f"{keep}-nova", seeds.NOVA) as made:
        made.up("nova1")
        cloud = NovaCloud(made)
        wait_until(cloud.native().is_up, seconds=120)
        yield cloud


@pytest.fixture(scope="module")
def served(cloud: Cloud, sharing: Sharing | None) -> dict[str, Proxy]:
    """The cloud's proxies, all of which serve S3 already."""
    if sharing is None:
        return _serving(cloud)
    sharing.served = sharing.served or _serving(cloud)
    return sharing.served


def _serving(cloud: Cloud) -> dict[str, Proxy]:
    for name in PROXIES:
        let_drift(cloud.hosts[name])
    cloud.apply("--serial", "2", proxy_drain="off")
    demo = cloud.hosts.user("demo")
    return {
        name: Proxy(cloud, name, demo, cloud.hosts[name].root.joinpath(CONF[1:]).read_bytes())
        for name in PROXIES
    }
