"""What operators know of a key beyond what Keystone keeps: whom it is for, and until when.

It lives in the credential's own blob in Keystone, under `NAME`, beside ``access`` and
``secret``: whoever may read the key reads it too, and it goes when the key goes.
Keystone (22.0.2 and 30.0.0, tried) keeps members of the blob that it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "setup_tool"
"""The member of the blob that holds the record."""

LONGEST = 200
"""Letters of a text in a record; longer ones are refused."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A record; what nobody said is None.

    ``label`` groups keys, ``purpose`` and ``contact`` are for people. ``issued``,
    ``expires`` and ``checked`` (a signed request with it was answered) are times in UTC.
    ``replaces`` is the access key in whose place this one came; ``retires`` is when this one,
    which was replaced, is to be deleted. Nothing in Keystone enforces ``expires``.
    """

    label: str | None = None
    purpose: str | None = None
    contact: str | None = None
    issued: datetime | None = None
    expires: datetime | None = None
    checked: datetime | None = None
    replaces: str | None = None
    retires: datetime | None = None

    @classmethod
    def read(cls, kept: object) -> KeyRecord:
        """Return what a blob holds; what cannot be understood there counts as not said."""
        if not isinstance(kept, dict):
            return cls()
        found: dict[str, Any] = {}
        for each in fields(cls):
            value = kept.get(each.name)
            if not isinstance(value, str) or not value or not _fits(value):
                continue
            found[each.name] = _time(value) if each.name in _TIMES else value
        return cls(**found)

    def kept(self, before: object = None) -> Mapping[str, str]:
        """Return what goes into the blob; members of ``before`` that are not ours stay."""
        ours = {each.name for each in fields(self)}
        others = before.items() if isinstance(before, dict) else ()
        kept = {name: value for name, value in others if name not in ours}
        for name in sorted(ours):
            value = getattr(self, name)
            if value is not None:
                kept[name] = spelled(value) if isinstance(value, datetime) else value
        return kept


_TIMES = frozenset({"issued", "expires", "checked", "retires"})


def spelled(time: datetime) -> str:
    """Return a time as it is kept and shown: UTC, to the second, with a Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(value: str | None, option: str) -> str | None:
    """Return a text that a record may hold; empty is None.

    Raises `DeclarationError`, naming the option, for one that is too long or has control
    characters in it.
    """
    if value is None or not value.strip():
        return None
    value = value.strip()
    if not _fits(value):
        raise DeclarationError(
            f"{option} is longer than {LONGEST} letters or has control characters in it. "
            "Say it in fewer words."
        )
    return value


def expiry(value: str | None, option: str, now: datetime) -> datetime | None:
    """Return the time that ``90d`` (days from now) or ``2027-03-31`` (its end, UTC) means.

    Raises `DeclarationError`, naming the option, for anything else and for the past.
    """
    if value is None or not value.strip():
        return None
    value = value.strip()
    found = _days(value, now) or _end_of_day(value)
    if found is None or found <= now:
        raise DeclarationError(
            f"{option} '{value}' should be days from now, as 90d, or a day to come, as 2027-03-31."
        )
    return found


def _fits(value: str) -> bool:
    """Tell whether a text may be kept and shown on a terminal."""
    return len(value) <= LONGEST and value.isprintable()


def _days(value: str, now: datetime) -> datetime | None:
    from datetime import timedelta

    number = value.removesuffix("d")
    if number == value or not number.isdecimal() or len(number) > 5:  # noqa: PLR2004
        return None
    return (now + timedelta(days=int(number))).replace(microsecond=0)


def _end_of_day(value: str) -> datetime | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)


def _time(value: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
