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
