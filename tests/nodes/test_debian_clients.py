"""Debian's clients do what people do with S3, through a balancer, told by a bundle alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients import matrix
from tests.clients.client import Client, ClientFailedError, Here, Told
from tests.clients.drivers import Restic
from tests.clients.operations import (
    LARGE,
    SMALL,
    Bench,
    new_bucket,
    test_a_bucket_is_made,
    test_a_bucket_is_removed,
    test_a_large_object_is_put_in_parts_and_got_with_the_same_bytes,
    test_an_object_is_deleted,
    test_an_object_is_got_with_the_same_bytes,
    test_an_object_is_put,
    test_buckets_are_listed,
    test_names_with_blanks_signs_and_letters_of_all_kinds_are_kept,
    test_objects_are_listed,
    test_the_client_is_of_the_version_that_the_table_names,
)
from tests.clients.recording import cells, operation_of
from tests.clients.store import Store
from tests.nodes import places
from tests.nodes.cloud import Cloud
from tests.nodes.debian_clients import BACKUP, SECTIONS, Inside, tools

if TYPE_CHECKING:
    from tests.nodes.hosts import Hosts

BOTO3 = next(
    client
    for client in matrix.CLIENTS
    if (client.name, client.version) == ("boto3", matrix.pinned("clients", "boto3"))
)
OWN_CHOICE = {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported"}

__all__ = [
    "test_a_bucket_is_made",
    "test_a_bucket_is_removed",
    "test_a_large_object_is_put_in_parts_and_got_with_the_same_bytes",
    "test_an_object_is_deleted",
    "test_an_object_is_got_with_the_same_bytes",
    "test_an_object_is_put",
    "test_buckets_are_listed",
    "test_names_with_blanks_signs_and_letters_of_all_kinds_are_kept",
    "test_objects_are_listed",
    "test_the_client_is_of_the_version_that_the_table_names",
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" in metafunc.fixturenames:
        operation = operation_of(metafunc.definition)
        metafunc.parametrize("cell", cells(SECTIONS, operation), indirect=True)


@dataclass(frozen=True, slots=True)
class Issued:
    """A machine with the clients, a bundle for each scheme there, and the account of both."""

    station: Inside
    bundles: dict[str, Path]
    store: Store


@pytest.fixture(scope="session")
def layer() -> Path:
    return tools()


@pytest.fixture(scope="module")
def issued(layer: Path, hosts: Hosts) -> Issued:
    """S3 as `apply` gives it to a proxy, published without TLS and then with."""
    hosts.layers["bastion"] = layer
    hosts.up("proxy1", "bastion")
    station = Inside(hosts["bastion"])
    station.furnish()
    cloud = Cloud(hosts)
    bundles = {}
    for scheme, url in (("http", places.S3), ("https", places.S3_TLS)):
        cloud.apply(s3_url=url)
        bundles[scheme] = cloud.folder / scheme
        words = ("--os-cloud", "demo", "--directory", str(bundles[scheme]))
        cloud.run("credentials", "issue", *words)
        station.take(bundles[scheme])
    return Issued(station, bundles, Store(hosts.user("demo").login))


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
    record_property: pytest.RecordProperty,
) -> Bench:
    """The client on its machine, with the bundle of the scheme."""
    client, scheme = cell
    operation = operation_of(request.node)
    record_property("cell", [client.name, client.version, scheme, operation])
    bucket = new_bucket(client, scheme)
    root, folder = issued.station.machine.root, Path("/srv") / bucket
    (root / folder.relative_to("/")).mkdir()
    told = Told(issued.station, client, issued.bundles[scheme])
    return Bench(client, client.driver(told), issued.store, folder, bucket, root)


@pytest.mark.operation(BACKUP)
def test_backups_are_made_restored_with_the_same_bytes_and_forgotten(bench: Bench) -> None:
    restic = bench.driver
    assert isinstance(restic, Restic)
    restic.init(bench.bucket)
    kept = bench.file(LARGE)
    restic.backup(bench.bucket, kept)
    (backup,) = restic.backups(bench.bucket)
    assert bench.store.get(bench.bucket, f"snapshots/{backup}")
    restic.restore(bench.bucket, bench.folder / "restored")
    below = bench.folder / "restored" / kept.relative_to("/")
    assert (bench.root / below.relative_to("/")).read_bytes() == LARGE
    restic.forget(bench.bucket, backup)
    assert restic.backups(bench.bucket) == []


def test_boto3_uploads_with_the_files_and_not_where_it_adds_the_checksums_that_they_forbid(
    issued: Issued, tmp_path: Path
) -> None:
    """What this Swift makes of boto3's own choice since 1.36 is why the files have an option."""
    here, bundle, bucket = Here(tmp_path), issued.bundles["https"], new_bucket(BOTO3, "https")
    issued.store.make(bucket)
    path = tmp_path / "small"
    path.write_bytes(SMALL)
    BOTO3.driver(Told(here, BOTO3, bundle)).put(path, bucket, "small")
    assert issued.store.get(bucket, "small") == SMALL
    stubborn = replace(BOTO3, environment=BOTO3.environment | OWN_CHOICE)
    with pytest.raises(ClientFailedError, match=r"NotImplemented.*aws-chunked"):
        BOTO3.driver(Told(here, stubborn, bundle)).put(path, bucket, "refused")
