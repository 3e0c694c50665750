"""Client files that cannot be written or read, gateways that are not there, labs that are none."""

from __future__ import annotations

import socket
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.adapters.impostor import serving
from tests.end_to_end.refusals import FAILED, NOT_WELL, UNREACHABLE, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cloud import Cloud

EUCARC = """export S3_URL={url}
export EC2_ACCESS_KEY=0123456789abcdef
export EC2_SECRET_KEY=canary
"""
ISSUE = ("credentials", "issue", "--user", "bob", "--project", "other")


@pytest.fixture
def closed_url() -> Iterator[str]:
    """A URL at which nobody listens and nobody else comes to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.mark.parametrize("below", ["", "new"])
def test_a_directory_that_others_can_write_to_gets_no_keys(
    served: Cloud, tmp_path: Path, below: str
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    said = refused(served, *ISSUE, "-d", str(shared / below))
    assert said.startswith(f"Other users can write to {shared}, so they could replace the files")
    assert f"chmod go-w {shared}" in said
    assert list(shared.iterdir()) == []


@pytest.mark.parametrize(
    ("in_the_way", "sentence"),
    [
        ("", "bundle is not a directory"),
        (".aws", ".aws is not a directory"),
        ("eucarc/", "eucarc is not a regular file. Move it away."),
        (".aws/credentials/", "credentials is not a regular file. Move it away."),
    ],
)
def test_what_is_in_the_way_of_the_files_is_named(
    served: Cloud, tmp_path: Path, in_the_way: str, sentence: str
) -> None:
    place = tmp_path / "bundle" / in_the_way
    place.parent.mkdir(parents=True, exist_ok=True)
    if in_the_way.endswith("/"):
        place.mkdir()
    else:
        place.touch()
    before = sorted(tmp_path.rglob("*"))
    assert sentence in refused(served, *ISSUE, "-d", str(tmp_path / "bundle"))
    assert sorted(tmp_path.rglob("*")) == before


def test_the_default_profile_stays_the_users_own(served: Cloud, tmp_path: Path) -> None:
    words = (*ISSUE, "-d", str(tmp_path / "bundle"), "--profile", "default")
    assert "another name than default, which stays yours" in refused(served, *words)
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_made_when_the_gateway_is_down(
    served: Cloud, tmp_path: Path, closed_url: str
) -> None:
    with serving() as keystone:
        keystone.let_in(s3=closed_url)
        said = refused(
            served,
            *("credentials", "issue", "-d", str(tmp_path / "bundle")),
            status=UNREACHABLE,
            OS_CLOUD="",
            OS_AUTH_URL=keystone.url,
            OS_USERNAME="admin",
            OS_PASSWORD="canary",
            OS_PROJECT_NAME="admin",
        )
        asked = [(method, path) for method, path, *_ in keystone.seen]
    assert said.startswith(f"No answer from {closed_url.removeprefix('http://')} (connect: ")
    assert asked == [("GET", "/"), ("POST", "/v3/auth/tokens")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "sets no pair of keys"),
        (b"all:\n  hosts: {}\n", "sets no pair of keys"),
        (
            EUCARC.partition("\n")[2].encode(),
            "names no S3 or EC2 URL, so there is nothing to verify",
        ),
        (b"export EC2_ACCESS_KEY=Z\xfcrich\n", "line 1: this is not UTF-8"),
    ],
    ids=["empty", "an inventory", "no S3", "latin-1"],
)
def test_a_file_that_is_no_eucarc_is_named(
    served: Cloud, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "eucarc"
    path.write_bytes(content)
    said = refused(served, "verify", "--eucarc", str(path))
    assert said.startswith(str(path))
    assert sentence in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Say one of --inventory, --eucarc and --profile."),
        (("--eucarc", "x", "--profile", "y"), "Say one of --inventory, --eucarc and --profile."),
        (("--eucarc", "nothere"), "There is no file nothere."),
        (("--eucarc", "/"), "/ is a folder. Name the eucarc in it."),
        (("--profile", "nothere"), "There is no profile nothere in"),
        (("-i", "nothere"), "There is no inventory nothere."),
    ],
)
def test_keys_that_are_not_there_are_not_verified(
    served: Cloud, words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(served, "verify", *words)


def test_a_gateway_that_is_down_is_a_failed_check(
    served: Cloud, tmp_path: Path, closed_url: str
) -> None:
    path = tmp_path / "eucarc"
    path.write_text(EUCARC.format(url=closed_url))
    words = ("verify", "--eucarc", str(path), "--format", "json")
    document = served.run(*words, status=NOT_WELL).document
    assert document["passed"] is False
    counted = Counter(check["status"] for check in document["checks"])
    assert counted["failed"] == 1
    assert counted["passed"] == 0
    (failed,) = [check for check in document["checks"] if check["status"] == "failed"]
    assert "Connection refused" in failed["detail"]
    assert "canary" not in str(document)


def test_a_lab_that_is_not_there_has_no_environment(served: Cloud, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere", tmp_path, _file(tmp_path / "file")):
        said = refused(served, "lab", "env", "--dir", str(place))
        assert said == f"There is no lab in {place}: start one with `setup-tool lab up`."
    ran = served.run("lab", "status", "--dir", str(tmp_path), status=FAILED)
    assert ran.out == f"There is no lab in {tmp_path}.\n"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("file", "is not a folder, so no lab can be made there."),
        ("file/lab", "The lab's folder cannot be made: "),
        ("full", "holds something that is no lab. Choose an empty or a new one."),
        ("a:b", "holds ':', which means something else in the services' configuration files."),
    ],
)
def test_a_lab_is_not_started_where_it_cannot_be(
    served: Cloud, tmp_path: Path, name: str, sentence: str
) -> None:
    _file(tmp_path / "file")
    (tmp_path / "full").mkdir()
    _file(tmp_path / "full/letter")
    before = sorted(tmp_path.rglob("*"))
    said = refused(served, "lab", "up", "--dir", str(tmp_path / name))
    assert str(tmp_path / name) in said
    assert sentence in said
    assert sorted(tmp_path.rglob("*")) == before


def _file(path: Path) -> Path:
    path.touch()
    return path
