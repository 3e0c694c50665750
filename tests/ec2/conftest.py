"""A Keystone of today and one of before OSSA-2025-002, and an ec2-api before each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.lab import packages
from tests.cloud import Cloud
from tests.ec2.keystones import BEFORE, Keystone
from tests.ec2.signing import Signer
from tests.ec2.standalone import Ec2Api, serving
from tests.ec2.table import PAGE, WITHOUT_NOVA
from tests.lab_fixture import started
from tests.tables.recording import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(PAGE, WITHOUT_NOVA))


@pytest.fixture(scope="module")
def keystone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keystone]:
    """Keystone 30, where ec2-api's login has role service; what a test breaks it mends."""
    made = Keystone(packages.SERVERS.interpreter(print), tmp_path_factory.mktemp("today") / "k")
    try:
        made.build("service")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def keystone_before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keystone]:
    """Keystone 22.0.1, where ec2-api's login has role member: there is no role service."""
    made = Keystone(BEFORE.interpreter(print), tmp_path_factory.mktemp("before") / "k")
    try:
        made.build("member")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def ec2(keystone: Keystone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ec2Api]:
    """An ec2-api that logs in to Keystone 30."""
    with serving(tmp_path_factory.mktemp("ec2"), keystone) as running:
        yield running


@pytest.fixture(scope="module")
def demo(ec2: Ec2Api, keystone: Keystone) -> Signer:
    """A user of that ec2-api."""
    return Signer(ec2.url, *keystone.keys("demo", "demo"))


@pytest.fixture(scope="module")
def ec2_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A lab that is ready for an ec2-api, and that nothing has touched before its first test."""
    with started(tmp_path_factory.mktemp("cloud") / "it's a lab", ec2=True) as lab:
        yield Cloud(lab)
