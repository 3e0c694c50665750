"""What is asked of every client, and what Swift itself says of it then."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients.page import VERSION
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.clients.client import Client
    from tests.clients.drivers import Driver
    from tests.clients.store import Store

SMALL = b"small\n"
LARGE = random.Random(20).randbytes(17 * 1024 * 1024)  # noqa: S311 - repeatable, not secret
"""More than a part of any client."""
ODD = "a folder/with blanks/and + & = %41 grüße-ελλάς-日本.txt"


@dataclass(frozen=True, slots=True)
class Bench:
    """A client with a bundle, and what is really in the account that the bundle is for."""

    client: Client
    driver: Driver
    store: Store
    folder: Path
    """An empty one, as the client names it."""
    bucket: str
    """A name that nothing in the account has yet."""
    root: Path = Path("/")
    """What is / to the client."""

    def file(self, content: bytes) -> Path:
        """Return a new file."""
        path = self.folder / "file"
        self._ours(path).write_bytes(content)
        return path

    def got(self, key: str) -> bytes:
        """Return what the client fetches."""
        path = self.folder / "got"
        self._ours(path).unlink(missing_ok=True)
        self.driver.get(self.bucket, key, path)
        return self._ours(path).read_bytes()

    def assert_listed(self, keys: Collection[str]) -> None:
        """Fail unless the client lists just these objects of the bucket.

        s5cmd passes over what is younger than its own start; Swift rounds times up to seconds.
        """
        wait_until(lambda: sorted(self.driver.objects(self.bucket)) == sorted(keys), seconds=30)

    def _ours(self, path: Path) -> Path:
        """Return a path of the client's as it is here."""
        return self.root / path.relative_to("/")


def new_bucket(client: Client, scheme: str) -> str:
    """Return a name that no test has used before."""
    return f"{client.slug}-{scheme}-{uuid.uuid4().hex[:8]}"


@pytest.mark.operation(VERSION)
def test_the_client_is_of_the_version_that_the_table_names(bench: Bench) -> None:
    assert bench.driver.version() == bench.client.version


@pytest.mark.operation("list buckets")
def test_buckets_are_listed(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    assert bench.bucket in bench.driver.buckets()


@pytest.mark.operation("make")
def test_a_bucket_is_made(bench: Bench) -> None:
    bench.driver.make(bench.bucket)
    assert bench.store.is_there(bench.bucket)


@pytest.mark.operation("put")
def test_an_object_is_put(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    bench.driver.put(bench.file(SMALL), bench.bucket, "small")
    assert bench.store.get(bench.bucket, "small") == SMALL


@pytest.mark.operation("get")
def test_an_object_is_got_with_the_same_bytes(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    bench.store.put(bench.bucket, "small", SMALL)
    assert bench.got("small") == SMALL


@pytest.mark.operation("multipart")
def test_a_large_object_is_put_in_parts_and_got_with_the_same_bytes(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    bench.driver.put(bench.file(LARGE), bench.bucket, "large")
    assert bench.store.is_in_parts(bench.bucket, "large")
    assert bench.store.get(bench.bucket, "large") == LARGE
    assert bench.got("large") == LARGE


@pytest.mark.operation("list")
def test_objects_are_listed(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    keys = ["a", "folder/b", "folder/c"]
    for key in keys:
        bench.store.put(bench.bucket, key, SMALL)
    bench.assert_listed(keys)


@pytest.mark.operation("odd names")
def test_names_with_blanks_signs_and_letters_of_all_kinds_are_kept(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    bench.driver.put(bench.file(SMALL), bench.bucket, ODD)
    assert bench.store.get(bench.bucket, ODD) == SMALL
    assert bench.got(ODD) == SMALL
    bench.assert_listed([ODD])


@pytest.mark.operation("delete")
def test_an_object_is_deleted(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    bench.store.put(bench.bucket, "small", SMALL)
    bench.driver.delete(bench.bucket, "small")
    assert bench.store.get(bench.bucket, "small") is None


@pytest.mark.operation("remove")
def test_a_bucket_is_removed(bench: Bench) -> None:
    bench.store.make(bench.bucket)
    bench.driver.remove(bench.bucket)
    assert not bench.store.is_there(bench.bucket)
