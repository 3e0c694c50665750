"""What Cyberduck is given are property lists that go together."""

import plistlib
from typing import Any

import pytest

from setup_tool.core.credential import CloudUrls, Owner
from tests.credentials.samples import ACCESS, ALICE, ODD, S3_ALONE, SECRET, URLS, contents, texts

PROFILE = "cyberduck/demo.cyberduckprofile"
BOOKMARK = "cyberduck/demo.duck"


def both(owner: Owner = ALICE, urls: CloudUrls = URLS) -> tuple[dict[str, Any], dict[str, Any]]:
    found = texts(owner, urls)
    profile, bookmark = (plistlib.loads(found[path].encode()) for path in (PROFILE, BOOKMARK))
    return profile, bookmark


def test_the_profile_says_where_s3_is_and_that_buckets_stand_in_the_path() -> None:
    profile, _ = both()
    assert (profile["Protocol"], profile["Scheme"]) == ("s3", "https")
    assert (profile["Default Hostname"], profile["Default Port"]) == ("s3.example.org", "443")
    assert profile["Region"] == "gateway-1"
    assert profile["Properties"] == ["s3.bucket.virtualhost.disable=true"]


def test_a_gateway_without_tls_is_said_to_be_one() -> None:
    profile, _ = both(urls=S3_ALONE)
    assert (profile["Scheme"], profile["Default Port"]) == ("http", "8080")


def test_the_bookmark_is_of_this_profile_and_this_key() -> None:
    profile, bookmark = both()
    assert bookmark["Provider"] == profile["Vendor"] == "s3.example.org"
    assert bookmark["Protocol"] == profile["Protocol"]
    assert bookmark["Hostname"] == profile["Default Hostname"]
    assert bookmark["Port"] == profile["Default Port"]
    assert bookmark["Username"] == ACCESS


def test_clouds_have_profiles_and_bookmarks_of_their_own() -> None:
    (profile, bookmark), (other_profile, other_bookmark) = both(), both(urls=S3_ALONE)
    assert profile["Vendor"] != other_profile["Vendor"]
    assert bookmark["UUID"] != other_bookmark["UUID"]


def test_any_name_can_stand_in_the_bookmark() -> None:
    _, bookmark = both(ODD)
    assert bookmark["Nickname"] == "${x} %{y} <i>: 'z'?&amp; at s3.example.org"


@pytest.mark.parametrize("path", [PROFILE, BOOKMARK])
def test_the_secret_key_is_in_neither(path: str) -> None:
    assert all(isinstance(part, str) for part in contents()[path])
    assert SECRET not in str(plistlib.loads(texts()[path].encode()))
