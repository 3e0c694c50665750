"""This machine's time and randomness."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    """Fulfils `setup_tool.ports.Clock`."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)


class SystemEntropy:
    """Fulfils `setup_tool.ports.Entropy`."""

    def token(self, size: int) -> str:
        """Return ``size`` random bytes as hexadecimal digits."""
        return secrets.token_hex(size)
