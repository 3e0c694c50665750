"""The clients that people have, with the files just written and nothing else."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from tests.clients.ways import SHELLS, Way, assert_installed
from tests.end_to_end.bundles import Bundle, issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def bundle(served: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Keys of demo, in a directory whose name needs quoting."""
    assert_installed()
    return issue(served, tmp_path_factory.mktemp("keys") / "demo's own & more")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 MiB that do not compress."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(random.Random(20).randbytes(20 * MIB))  # noqa: S311 - repeatable, not secret
    return path


@pytest.fixture(params=[*SHELLS, None], ids=[*SHELLS, "files"])
def way(request: pytest.FixtureRequest, bundle: Bundle, tmp_path: Path) -> Way:
    return Way(bundle, tmp_path, request.param)


@pytest.fixture
def bucket(way: Way) -> str:
    """A name for a bucket that nothing in the session has."""
    return f"clients-{way.shell or 'files'}"


def test_s3cmd_works_with_the_files_just_written(
    way: Way, bucket: str, large: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small file ü.txt"
    small.write_text("small\n")
    url = f"s3://{bucket}-s3cmd"
    assert f"Bucket '{url}/' created" in way.s3cmd("mb", url)
    assert url in way.s3cmd("ls")
    way.s3cmd("put", small, f"{url}/in a folder/")
    assert "part 2 of 2" in way.s3cmd("put", "--progress", large, f"{url}/large")
    for path, key in ((small, f"in a folder/{small.name}"), (large, "large")):
        way.s3cmd("get", f"{url}/{key}", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == path.read_bytes()
        (tmp_path / "got").unlink()
    assert f"{url}/in a folder/{small.name}" in way.s3cmd("ls", "--recursive", url)
    assert way.s3cmd("du", url).split()[:3] == [str(20 * MIB + 6), "2", "objects"]
    assert f"Location:  {way.bundle.document['region']}" in way.s3cmd("info", url)
    way.s3cmd("del", "--recursive", "--force", url)
    assert way.s3cmd("ls", url) == ""
    assert f"Bucket '{url}/' removed" in way.s3cmd("rb", url)


def test_the_aws_cli_works_with_the_files_just_written(
    way: Way, bucket: str, large: Path, tmp_path: Path
) -> None:
    url = f"s3://{bucket}-aws"
    assert way.aws("s3", "mb", url) == f"make_bucket: {bucket}-aws\n"
    way.aws("s3", "cp", "--no-progress", large, f"{url}/in a folder/")
    assert f" {20 * MIB} large.bin" in way.aws("s3", "ls", f"{url}/in a folder/")
    key = "in a folder/large.bin"
    head = way.aws("s3api", "head-object", "--bucket", f"{bucket}-aws", "--key", key)
    assert json.loads(head)["ContentLength"] == 20 * MIB
    way.aws("s3", "cp", "--no-progress", f"{url}/{key}", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == large.read_bytes()
    assert way.aws("s3", "rm", f"{url}/{key}") == f"delete: {url}/{key}\n"
    assert way.aws("s3", "rb", url) == f"remove_bucket: {bucket}-aws\n"


def test_boto3_works_with_the_files_just_written(way: Way, bucket: str) -> None:
    keys = [f"small/{number} ü+%" for number in range(3)]
    assert json.loads(way.python("with_boto3.py", f"{bucket}-boto3")) == {
        "region": way.bundle.document["region"],
        "listed bucket": True,
        "got": "content 1",
        "multipart": True,
        "listed": keys,
        "presigned": "content 2",
        "deleted": ["large", *keys],
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_boto_2_works_with_the_environment_of_the_eucarc(
    bundle: Bundle, shell: str, tmp_path: Path
) -> None:
    way = Way(bundle, tmp_path, shell)
    seen = json.loads(way.python("with_boto.py", f"clients-{shell}-boto"))
    assert seen == seen_by_boto(bundle)


def test_boto_2_finds_the_keys_of_a_bundle_in_the_home_directory(bundle: Bundle) -> None:
    way = Way(bundle, home=bundle.directory)
    url = bundle.document["s3_url"]
    assert json.loads(way.python("with_boto.py", "clients-home-boto", url)) == seen_by_boto(bundle)


def seen_by_boto(bundle: Bundle) -> dict[str, object]:
    return {
        "listed bucket": True,
        "got": "content",
        "listed": ["a b+ü"],
        "location": bundle.document["region"],
    }


def test_a_bundle_in_the_home_directory_is_found_by_itself(bundle: Bundle) -> None:
    way = Way(bundle, home=bundle.directory)
    way.s3cmd("mb", "s3://clients-at-home")
    assert "clients-at-home" in way.aws("s3", "ls")
    way.aws("s3", "rb", "s3://clients-at-home")
    assert "clients-at-home" not in way.s3cmd("ls")
