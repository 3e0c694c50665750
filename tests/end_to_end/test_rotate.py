"""`credentials rotate` on a real cloud, also while a client uses the key."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end import stored
from tests.end_to_end.bundles import Bundle
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cloud import Cloud
    from tests.end_to_end.stored import Holder


@pytest.fixture
def holder(served: Cloud) -> Iterator[Holder]:
    yield from stored.holder(served)


@pytest.fixture
def bundle(served: Cloud, holder: Holder, tmp_path: Path) -> Bundle:
    words = ("--user", holder.name, "--project", holder.name, "--label", "backup")
    ran = served.run(
        *("credentials", "issue", *words, "--directory", str(tmp_path / "keys")),
        *("--format", "json"),
    )
    return Bundle(tmp_path / "keys", ran.document)


def contents(bundle: Bundle) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in bundle.directory.rglob("*") if path.is_file()}


def rotate(cloud: Cloud, holder: Holder, bundle: Bundle, *words: str) -> Any:
    return cloud.run(
        *("credentials", "rotate", "--user", holder.name, "--project", holder.name),
        *("--directory", str(bundle.directory), "--yes", "--format", "json", *words),
    ).document


def test_a_new_key_takes_the_place_of_the_old_one_in_keystone_and_in_the_files(
    served: Cloud, holder: Holder, bundle: Bundle
) -> None:
    old = bundle.access
    found = rotate(served, holder, bundle)
    assert (found["old"], found["old_deleted"]) == (old, True)
    assert holder.access_keys() == {found["access"]}
    for path in bundle.directory.rglob("*"):
        if path.is_file() and ".orig-" not in path.name:
            assert old.encode() not in path.read_bytes(), path
    assert bundle.sourced()["EC2_ACCESS_KEY"] == found["access"]
    record = holder.record(found["access"])
    assert (record["label"], record["replaces"]) == ("backup", old)
    assert record["checked"] >= record["issued"]
    served.run("verify", "--eucarc", str(bundle.eucarc), "--s3")


def test_a_key_is_rotated_by_its_access_key_without_files(
    served: Cloud, holder: Holder, bundle: Bundle
) -> None:
    before = contents(bundle)
    words = ("credentials", "rotate", bundle.access, "--no-files", "--yes")
    ran = served.run(*words)
    assert bundle.access not in holder.access_keys()
    assert f"took the place of {bundle.access}" in ran.out
    assert f"{bundle.access} is deleted." in ran.out
    assert contents(bundle) == before
    assert "no access key" in served.run(*words, status=2).err


def test_nothing_is_rotated_unless_it_is_agreed(
    served: Cloud, holder: Holder, bundle: Bundle
) -> None:
    before = contents(bundle)
    words = ("--user", holder.name, "--project", holder.name, "--directory", str(bundle.directory))
    ran = served.run("credentials", "rotate", *words, status=2)
    assert "no terminal to ask on, so nothing was changed" in ran.err
    assert f"-aws_access_key_id = {bundle.access}" in ran.err
    assert bundle.secret not in ran.err
    assert holder.access_keys() == {bundle.access}
    assert contents(bundle) == before


def test_a_key_that_would_not_work_anew_is_refused(served: Cloud, holder: Holder) -> None:
    access = holder.key()
    holder.drop_role()
    ran = served.run("credentials", "rotate", access, "--no-files", "--yes", status=2)
    assert "a new one would not work either: no role left" in ran.err
    assert holder.access_keys() == {access}


def test_the_old_key_is_left_to_revoke_due_where_nobody_waits(
    served: Cloud, holder: Holder, bundle: Bundle
) -> None:
    found = rotate(served, holder, bundle, "--grace", "1s", "--no-wait")
    assert found["old_deleted"] is False
    assert holder.access_keys() == {bundle.access, found["access"]}
    listed = served.run("credentials", "list", "--user", holder.name, "--format", "json").document
    assert {key["access"]: key["retires"] for key in listed["keys"]} == {
        bundle.access: found["retires"],
        found["access"]: None,
    }

    def old_one_is_gone() -> bool:
        served.run("credentials", "revoke", "--due", "--user", holder.name, "--yes")
        return holder.access_keys() == {found["access"]}

    wait_until(old_one_is_gone, seconds=60)


@dataclass
class Client:
    """Reads its key from the files, uses it for a while, and reads it again; never asks twice."""

    cloud: Cloud
    bundle: Bundle
    statuses: list[int] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    USES = 5

    def work(self) -> None:
        from setup_tool import wiring
        from setup_tool.core.content import Content
        from setup_tool.editors.client.eucarc import read_eucarc
        from setup_tool.verify.s3.session import S3Session

        web, signer = wiring.open_web(None), wiring.open_signer()
        url = self.cloud.lab.record.url("front")
        while not self.over.is_set():
            read = read_eucarc(Content(self.bundle.eucarc.read_bytes()), name="eucarc")
            session = S3Session(web, signer, url, read.pair, region="RegionOne")
            for _ in range(self.USES):
                self.statuses.append(session.send("GET").status)
                self.used.add(read.pair.access)


def test_a_client_that_uses_the_key_all_the_while_is_never_refused_with_a_grace(
    served: Cloud, holder: Holder, bundle: Bundle
) -> None:
    client = Client(served, bundle)
    thread = threading.Thread(target=client.work)
    thread.start()
    try:
        wait_until(lambda: len(client.statuses) > Client.USES, seconds=60)
        found = rotate(served, holder, bundle, "--grace", "5s")
        done = len(client.statuses)
        wait_until(lambda: len(client.statuses) > done + 2 * Client.USES, seconds=60)
    finally:
        client.over.set()
        thread.join()
    assert client.used == {bundle.access, found["access"]}
    assert set(client.statuses) == {200}
    assert holder.access_keys() == {found["access"]}
