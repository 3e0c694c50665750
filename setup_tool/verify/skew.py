"""Clocks that differ."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def seconds_apart(date: str, now: datetime) -> float:
    """Return how far our clock and a peer's are apart; 0 where the ``date`` is no full one."""
    try:
        return abs((parsedate_to_datetime(date) - now).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return 0.0


def skew_hint(peer: str, date: str, now: datetime | None, limit: str) -> str:
    """Say that our clock and a peer's differ by more than a ``limit``, and what both show.

    ``date`` is the answer's header of that name, which may be nonsense.
    """
    hint = f"The clocks of this machine and the {peer} differ by more than {limit}"
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return f"{hint}."
    ours = f", ours {now:%H:%M:%S}" if now else ""
    return f"{hint}: the {peer}'s Date is {theirs:%H:%M:%S} UTC{ours}."
