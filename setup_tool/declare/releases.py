"""Version numbers of OpenStack's components, in an order that holds across schemes."""

from __future__ import annotations

import re

NOVA_WITHOUT_EC2 = "13"
"""Mitaka: nova-api lost its EC2 API (nova 13.0.0, release notes)."""

SWIFT_WITH_S3API = "2.18"
"""Rocky: ``s3api`` and ``s3token`` came into Swift (Swift 2.18.0, release notes)."""

SWIFT_WITH_SEAMLESS_RELOAD = "2.24"
"""SIGUSR1 reloads a Swift server without a gap in listening (Swift 2.24.0, release notes)."""

SWIFT_WITH_TEST_CONFIG = "2.32"
"""Swift's servers take ``--test-config`` (Swift 2.32.0, release notes)."""

SWIFT_SERIES = (
    ("Queens", "2.16"),
    ("Pike", "2.14"),
    ("Ocata", "2.11"),
    ("Newton", "2.8"),
    ("Mitaka", "2.6"),
    ("Liberty", "2.4"),
    ("Kilo", "2.2.1"),
    ("Juno", "2.0"),
    ("Icehouse", "1.11"),
    ("Havana", "1.9"),
    ("Grizzly", "1.7.5"),
)
"""The releases of OpenStack before Rocky, each with the first Swift of its cycle.

Swift has numbers of its own and releases several times a cycle. Its CHANGELOG and OpenStack's
release pages name the last of each: 1.8.0 Grizzly, 1.10.0 Havana, 1.13.1 Icehouse, 2.2.0 Juno,
2.3.0 Kilo, 2.5.0 Liberty, 2.7.0 Mitaka, 2.10.0 Newton, 2.13.0 Ocata, 2.15.1 Pike, 2.17.0
Queens; charm-helpers (``SWIFT_CODENAMES`` of ``contrib/openstack/utils.py``) lists those between.
"""

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")
_FIRST_YEAR = 2000


def is_version(text: str) -> bool:
    """Tell whether a text is a version: numbers with dots between them."""
    return _VERSION.fullmatch(text) is not None


def release_key(version: str) -> tuple[int, ...]:
    """Return a key that orders versions of one component.

    Up to Kilo, versions were dates (2015.1.2); Liberty is 12. The dates come first.
    """
    numbers = tuple(int(part) for part in version.split("."))
    return (0, *numbers) if numbers[0] >= _FIRST_YEAR else numbers


def is_at_least(version: str, line: str) -> bool:
    """Tell whether a version is at or after the line between two ways of working."""
    return release_key(version) >= release_key(line)


def series_of_swift(version: str) -> str | None:
    """Return the release of OpenStack before Rocky that a Swift is of, None before Grizzly."""
    return next((name for name, first in SWIFT_SERIES if is_at_least(version, first)), None)
