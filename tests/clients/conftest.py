"""The lab with S3 at two URLs, without TLS and with, and a bundle of demo's for each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.clients import matrix
from tests.clients.client import Client, Here, Told
from tests.clients.operations import Bench, new_bucket
from tests.clients.page import PAGE
from tests.clients.recording import Limits, cells, operation_of
from tests.clients.store import Store
from tests.clients.tls_front import ending_tls
from tests.cloud import Cloud
from tests.lab_fixture import started
from tests.tables.recording import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(PAGE, matrix.SECTION))
    config.pluginmanager.register(Limits())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" in metafunc.fixturenames:
        operation = operation_of(metafunc.definition)
        metafunc.parametrize("cell", cells([matrix.SECTION], operation), indirect=True)


@dataclass(frozen=True, slots=True)
class Issued:
    """A directory of client files for each scheme, and the account that both are for."""

    bundles: dict[str, Path]
    store: Store


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issued]:
    """S3 as `apply` gives it to the lab, and what `credentials issue` writes of it."""
    matrix.assert_installed()
    folder = tmp_path_factory.mktemp("clients")
    with started(folder / "lab") as lab:
        front, keystone = (lab.record.port(name) for name in ("front", "keystone"))
        with ending_tls(folder, front, keystone) as tls:
            cloud = Cloud(lab)
            cloud.apply()
            plain = folder / "http"
            words = ("credentials", "issue", "--os-cloud", "lab-demo", "--directory")
            cloud.run(*words, str(plain))
            logins = {"lab": lab.cloud("admin"), "lab-demo": lab.cloud("demo")}
            for login in logins.values():
                login["auth"]["auth_url"] = f"{tls.urls[keystone]}/v3"
                login["cacert"] = str(tls.authority)
            clouds = folder / "clouds.yaml"
            clouds.write_text(json.dumps({"clouds": logins}))
            named = {"OS_CLIENT_CONFIG_FILE": str(clouds)}
            inventory = cloud.inventory_with(s3_url=tls.urls[front])
            cloud.run("apply", "-i", inventory, "--yes", **named)
            private = folder / "https"
            cloud.run(*words, str(private), **named)
            yield Issued({"http": plain, "https": private}, Store(lab.login("demo")))


@pytest.fixture
def cell(request: pytest.FixtureRequest) -> tuple[Client, str]:
    """A client and a scheme."""
    found: tuple[Client, str] = request.param
    return found


@pytest.fixture
def bench(
    request: pytest.FixtureRequest,
    cell: tuple[Client, str],
    issued: Issued,
    tmp_path: Path,
    record_property: pytest.RecordProperty,
) -> Bench:
    """The client with the bundle of the scheme."""
    client, scheme = cell
    operation = operation_of(request.node)
    record_property("cell", [client.name, client.version, scheme, operation])
    told = Told(Here(tmp_path), client, issued.bundles[scheme])
    bucket = new_bucket(client, scheme)
    return Bench(client, client.driver(told), issued.store, tmp_path, bucket)
