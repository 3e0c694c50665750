"""How long work on a file takes, measured by a plain reading of the same file in the same run."""

from __future__ import annotations

import gc
import time
from configparser import RawConfigParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = 6
"""Times a plain reading that work on a file may take: some twice what a comparison does."""


def times_a_plain_reading(work: Callable[[str], object], text: str) -> float:
    """Return how many times as long the work takes as Python's own reader of such files.

    Times are of a processor, the best of several tries by turns.
    """
    tries = [(_seconds(_read, text), _seconds(work, text)) for _ in range(7)]
    reading, working = map(min, zip(*tries, strict=True))
    return working / reading


def _read(text: str) -> None:
    RawConfigParser(strict=False).read_string(text)


def _seconds(work: Callable[[str], object], text: str) -> float:
    gc.disable()  # it would go through whatever else this process holds
    try:
        begun = time.process_time()
        work(text)
        return time.process_time() - begun
    finally:
        gc.enable()
