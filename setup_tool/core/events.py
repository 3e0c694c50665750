"""What a run tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something began, went on or ended at a target. ``text`` is one line, never secret."""

    target: str
    text: str
    failed: bool = False
