"""`credentials issue` on a real cloud: whose key, which files, what they say."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING

import pytest

from tests.adapters.rest import Rest
from tests.end_to_end.bundles import NAMES, Bundle, issue, names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

DEMO = ("--user", "demo", "--project", "demo")

EUCARC_ABOVE = "# my own script\nexport EDITOR=ed   # of course\n\n"
EUCARC_BELOW = "\nalias ll='ls -l'\n"
S3CFG = """\
# for my own s3cmd
[default]
progress_meter = False
; where things go
default_mime_type = text/x-mine
secret_key_of_nothing = 1
"""
AWS_CONFIG = """\
# profiles of mine
[default]
region = eu-west-1
[profile work]
output=table
s3 =
    max_concurrent_requests = 3
"""
AWS_CREDENTIALS = """\
[work]
aws_access_key_id = AKIAWORK
aws_secret_access_key = not a real one
"""


@pytest.fixture
def keystone(served: Cloud) -> Rest:
    return Rest(served.lab)


@pytest.fixture(scope="module")
def first(served: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A new key that the administrator issued for demo, in a place where there was nothing.

    Without a umask, so that whatever is created gets all the rights that were asked for.
    """
    before = os.umask(0)
    try:
        return issue(served, tmp_path_factory.mktemp("first") / "new/keys", *DEMO, "--new")
    finally:
        os.umask(before)


def keys_of(keystone: Rest, user: str) -> set[str]:
    (found,) = keystone.find("user", name=user)
    listed = keystone.send("GET", f"/users/{found['id']}/credentials/OS-EC2")
    return {credential["access"] for credential in listed["credentials"]}


def test_an_administrator_issues_a_key_for_a_user(first: Bundle, keystone: Rest) -> None:
    assert first.access in keys_of(keystone, "demo")
    assert first.document["created"] is True


def test_everything_that_is_written_is_private(first: Bundle) -> None:
    above = first.directory.parents[1]
    modes = {
        str(path.relative_to(above)): path.stat().st_mode & 0o7777 for path in above.rglob("*")
    }
    written = [PurePath("new/keys", name) for name in NAMES]
    folders = {str(place) for path in written for place in path.parents if place != PurePath()}
    assert modes == dict.fromkeys(folders, 0o700) | dict.fromkeys(map(str, written), 0o600)


def test_the_document_says_whose_key_it_is_and_where_it_is_used(
    served: Cloud, first: Bundle
) -> None:
    assert first.document == {
        "user": "demo",
        "project": "demo",
        "access": first.access,
        "created": True,
        "s3_url": served.lab.record.url("front"),
        "region": "RegionOne",
        "directory": str(first.directory),
        "files": [{"path": name, "changed": True} for name in NAMES],
        "notes": [],
    }


def test_a_user_issues_their_own_key_without_naming_anybody(
    served: Cloud, keystone: Rest, tmp_path: Path
) -> None:
    bundle = issue(served, tmp_path / "keys", "--os-cloud", "lab-demo")
    assert (bundle.document["user"], bundle.document["project"]) == ("demo", "demo")
    assert bundle.access in keys_of(keystone, "demo")


def test_without_a_directory_one_is_made_in_the_current_folder(served: Cloud) -> None:
    ran = served.run("credentials", "issue", "--os-cloud", "lab-bob")
    assert "bob in project other: access key " in ran.out
    folder = served.lab.folder / "bob-other"
    assert [line for line in ran.out.splitlines() if line.endswith("(written)")] == [
        f"  {folder / name} (written)" for name in names("other")
    ]
    assert folder.stat().st_mode & 0o7777 == 0o700


def test_only_the_files_of_the_clients_that_are_named_are_written(
    served: Cloud, tmp_path: Path
) -> None:
    words = ("credentials", "issue", *DEMO, "--directory", str(tmp_path), "--client", "s3cmd")
    ran = served.run(*words, "--client", "aws", "--format", "json")
    written = (".s3cfg", ".aws/config", ".aws/credentials")
    assert [file["path"] for file in ran.document["files"]] == list(written)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {
        tmp_path / name for name in written
    }


def test_the_secret_key_is_in_the_page_as_long_as_it_is_asked_for(
    served: Cloud, tmp_path: Path
) -> None:
    page = tmp_path / "index.html"
    bundle = issue(served, tmp_path, *DEMO)
    assert bundle.access in page.read_text()
    assert bundle.secret not in page.read_text()
    issue(served, tmp_path, *DEMO, "--secret-in-page")
    assert page.read_text().count(bundle.secret) == 1
    issue(served, tmp_path, *DEMO)
    assert bundle.secret not in page.read_text()


def test_a_client_that_there_is_not_is_refused_with_those_that_there_are(
    served: Cloud, keystone: Rest
) -> None:
    there = keys_of(keystone, "demo")
    words = ("credentials", "issue", *DEMO, "--new", "--client", "s3cmd", "--client", "cp")
    ran = served.run(*words, status=2)
    assert "There is no client 'cp'. Name some of eucarc, euca2ools, s3cmd" in ran.err
    assert keys_of(keystone, "demo") == there


def test_a_key_that_is_there_is_used_again_and_new_makes_another(
    served: Cloud, keystone: Rest, tmp_path: Path
) -> None:
    alice = ("--user", "alice", "--project", "demo")
    made = issue(served, tmp_path / "keys", *alice)
    assert keys_of(keystone, "alice") == {made.access}
    again = issue(served, tmp_path / "again", *alice)
    assert (again.access, again.document["created"]) == (made.access, False)
    assert keys_of(keystone, "alice") == {made.access}

    fresh = issue(served, tmp_path / "keys", *alice, "--new", "-vvv")
    assert (fresh.access == made.access, fresh.document["created"]) == (False, True)
    assert keys_of(keystone, "alice") == {made.access, fresh.access}
    assert fresh.sourced()["AWS_ACCESS_KEY_ID"] == fresh.access
    assert fresh.options(".s3cfg", "default")["access_key"] == fresh.access
    given_way = f"the access key {made.access} gave way to {fresh.access}."
    assert f"In eucarc {given_way}" in fresh.document["notes"]


def test_the_same_issued_again_leaves_every_file_as_it_is(served: Cloud, first: Bundle) -> None:
    before = [(first.directory / name).stat() for name in NAMES]
    again = issue(served, first.directory, *DEMO)
    assert again.document["files"] == [{"path": name, "changed": False} for name in NAMES]
    after = [(first.directory / name).stat() for name in NAMES]
    assert [(s.st_ino, s.st_mtime_ns) for s in before] == [(s.st_ino, s.st_mtime_ns) for s in after]


def test_files_that_are_there_keep_all_that_is_their_owners(
    served: Cloud, first: Bundle, tmp_path: Path
) -> None:
    folder = tmp_path / "home"
    (folder / ".aws").mkdir(parents=True)
    issued = first.eucarc.read_text().replace(str(first.directory), str(folder))
    (folder / "eucarc").write_text(EUCARC_ABOVE + issued + EUCARC_BELOW)
    (folder / ".s3cfg").write_text(S3CFG)
    (folder / ".aws/config").write_text(AWS_CONFIG)
    (folder / ".aws/credentials").write_text(AWS_CREDENTIALS)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o644)

    merged = issue(served, folder, *DEMO)

    assert merged.eucarc.read_text() == EUCARC_ABOVE + issued + EUCARC_BELOW
    s3cfg = merged.s3cfg.read_text()
    assert _without_others(s3cfg, S3CFG) == S3CFG
    assert merged.options(".s3cfg", "default")["secret_key"] == merged.secret
    assert (folder / ".aws/config").read_text().startswith(AWS_CONFIG)
    assert (folder / ".aws/credentials").read_text().startswith(AWS_CREDENTIALS)
    assert merged.options(".aws/config", "profile demo")["region"] == "RegionOne"
    assert {(folder / name).stat().st_mode & 0o7777 for name in NAMES} == {0o600}
    contents = merged.contents
    assert issue(served, folder, *DEMO).contents == contents


def test_a_file_of_another_cloud_is_refused_before_a_new_key_is_made(
    served: Cloud, keystone: Rest, tmp_path: Path
) -> None:
    foreign = "export EC2_ACCESS_KEY=theirs\nexport EC2_URL=https://cloud.example.org\n"
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "eucarc").write_text(foreign)
    there = keys_of(keystone, "demo")

    ran = served.run(
        *("credentials", "issue", "--new", *DEMO),
        *("--directory", str(folder), "--format", "json"),
        status=2,
    )

    assert f"already a script that setup-tool did not write in {folder}/eucarc" in ran.err
    assert "--force" in ran.err
    assert keys_of(keystone, "demo") == there
    assert [path.name for path in folder.iterdir()] == ["eucarc"]
    assert (folder / "eucarc").read_text() == foreign
    assert ran.document["exit_status"] == 2


def test_no_key_is_left_in_keystone_when_the_published_gateway_is_none(
    served: Cloud, keystone: Rest, tmp_path: Path
) -> None:
    (service,) = keystone.find("service", type="s3")
    (public,) = keystone.find("endpoint", service_id=service["id"], interface="public")
    keystone.change("endpoint", public["id"], url=served.lab.record.url("keystone"))
    there = keys_of(keystone, "demo")
    words = ("credentials", "issue", "--new", *DEMO, "--directory", str(tmp_path / "keys"))
    try:
        ran = served.run(*words, status=1)
    finally:
        keystone.change("endpoint", public["id"], url=public["url"])
    assert "does not tell the region of its S3 API" in ran.err
    assert keys_of(keystone, "demo") == there
    assert not (tmp_path / "keys").exists()


def test_a_forced_bundle_keeps_a_copy_of_what_it_replaces(served: Cloud, tmp_path: Path) -> None:
    foreign = "export EC2_ACCESS_KEY=theirs\n"
    (tmp_path / "eucarc").write_text(foreign)
    bundle = issue(served, tmp_path, *DEMO, "--force")
    (copy,) = tmp_path.glob("eucarc.orig-*")
    assert copy.read_text() == foreign
    assert copy.stat().st_mode & 0o7777 == 0o600
    assert bundle.sourced()["EC2_ACCESS_KEY"] == bundle.access
    assert any(copy.name in note for note in bundle.document["notes"])


def _without_others(text: str, lines: str) -> str:
    """Return the lines of a text that are among the given ones."""
    kept = set(lines.splitlines(keepends=True))
    return "".join(line for line in text.splitlines(keepends=True) if line in kept)
