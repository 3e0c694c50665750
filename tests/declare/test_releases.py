"""Versions in order, across the change from dates to numbers."""

from __future__ import annotations

import pytest

from setup_tool.declare.releases import is_at_least, is_version, release_key, series_of_swift


def test_versions_by_date_come_before_those_by_number() -> None:
    in_order = [
        "2013.1",
        "2014.2.4",
        "2015.1.2",
        "12.0.0",
        "12.0.6",
        "13",
        "13.0.0",
        "26.2",
        "31.0.0",
    ]
    shuffled = sorted(in_order)
    assert shuffled != in_order
    assert sorted(shuffled, key=release_key) == in_order


@pytest.mark.parametrize(
    ("version", "line", "reached"),
    [
        ("2.18.0", "2.18", True),
        ("2.18", "2.18", True),
        ("2.17.9", "2.18", False),
        ("2.2", "2.18", False),
        ("13", "13", True),
        ("12.0.6", "13", False),
        ("2015.1.2", "13", False),
    ],
)
def test_a_line_between_releases_is_reached_or_not(version: str, line: str, reached: bool) -> None:  # noqa: FBT001
    assert is_at_least(version, line) is reached


@pytest.mark.parametrize("text", ["", "v1", "1.", ".1", "1..2", "2:26.2", "1.0rc1", "²"])
def test_what_is_no_version_is_told(text: str) -> None:
    assert not is_version(text)


@pytest.mark.parametrize(
    ("swift", "series"),
    [
        ("1.7.4", None),
        ("1.7.6", "Grizzly"),
        ("1.8.0", "Grizzly"),
        ("1.10.0", "Havana"),
        ("1.13.1", "Icehouse"),
        ("2.2.0", "Juno"),
        ("2.3.0", "Kilo"),
        ("2.5.0", "Liberty"),
        ("2.7.1", "Mitaka"),
        ("2.10.2", "Newton"),
        ("2.13.1", "Ocata"),
        ("2.15.2", "Pike"),
        ("2.17.1", "Queens"),
    ],
)
def test_the_last_swift_of_each_release_is_told_as_its_own(swift: str, series: str | None) -> None:
    assert series_of_swift(swift) == series
