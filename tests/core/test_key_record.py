"""The record of a key: what is kept of it, and what operators may say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.key_record import LONGEST, KeyRecord, expiry, text

NOW = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
FULL = KeyRecord(
    label="backup",
    purpose="nightly backups of db1",
    contact="dba@example.org",
    issued=NOW,
    expires=datetime(2027, 3, 31, 23, 59, 59, tzinfo=UTC),
    checked=NOW,
    replaces="old-key",
    retires=NOW,
)


def test_what_is_kept_is_read_again() -> None:
    assert KeyRecord.read(FULL.kept()) == FULL
    assert KeyRecord.read(KeyRecord().kept()) == KeyRecord()


def test_what_is_kept_is_plain_text_with_times_in_utc() -> None:
    assert FULL.kept()["expires"] == "2027-03-31T23:59:59Z"
    assert all(isinstance(value, str) for value in FULL.kept().values())


def test_members_that_others_added_stay_and_ours_that_are_no_longer_said_go() -> None:
    before = {"ticket": "4711", "label": "backup", "retires": "2026-11-29T12:00:00Z"}
    assert KeyRecord(label="web").kept(before) == {"ticket": "4711", "label": "web"}


@pytest.mark.parametrize("kept", [None, "text", 7, [], {"label": 7, "issued": "yesterday"}])
def test_what_cannot_be_understood_counts_as_not_said(kept: object) -> None:
    assert KeyRecord.read(kept) == KeyRecord()


def test_a_time_without_a_zone_is_taken_as_utc() -> None:
    assert KeyRecord.read({"issued": "2026-11-29T12:00:00"}).issued == NOW


def test_an_expiry_is_days_from_now_or_the_end_of_a_day() -> None:
    assert expiry("90d", "--expires", NOW) == datetime(2027, 2, 27, 12, 0, 0, tzinfo=UTC)
    assert expiry("2027-03-31", "--expires", NOW) == FULL.expires
    assert expiry(" ", "--expires", NOW) is None
    assert expiry(None, "--expires", NOW) is None


@pytest.mark.parametrize("said", ["2026-11-28", "0d", "-3d", "90", "soon", "31.3.2027", "9999999d"])
def test_an_expiry_that_is_over_or_none_is_refused(said: str) -> None:
    with pytest.raises(DeclarationError, match=r"--expires '.*' should be days from now"):
        expiry(said, "--expires", NOW)


def test_a_text_is_one_short_line() -> None:
    assert text("  backup ", "--label") == "backup"
    assert text(" ", "--label") is None
    for wrong in ("a" * (LONGEST + 1), "two\nlines", "bell\a"):
        with pytest.raises(DeclarationError, match="--label is longer than 200 letters"):
            text(wrong, "--label")
