"""Operators that start at once and may be killed at any instant.

One process has imported everything and forks for each run, so that an instant chosen
at random falls into the run and not into a second of imports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.warm import Warm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class Operators:
    """Runs the program again and again; ``log`` is what the last run printed."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._warm = Warm(environment)

    def start(self, *words: str) -> int:
        """Start a run and return its process id."""
        return self._warm.start(words, self.log, self.log)

    def ended(self) -> int:
        """Wait for the run's end; negative: the signal that killed it."""
        return self._warm.ended()

    def run(self, *words: str) -> int:
        """Run to the end and return the exit status."""
        self.start(*words)
        return self.ended()

    def close(self) -> None:
        """Let the process end."""
        self._warm.close()


def leftovers(folders: Iterable[Path]) -> list[str]:
    """Return the temporary files that a transaction left beside the files it writes."""
    return [p.name for folder in folders for p in folder.iterdir() if ".setup-tool." in p.name]
