"""Operators that start at once and may be killed at any instant.

One process has imported everything and forks for each run, so that an instant chosen
at random falls into the run and not into a second of imports.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests import warm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Operators:
    """Runs the program again and again; ``log`` is what the last run printed."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._environment = environment
        self._run: warm.Run | None = None

    def start(self, *words: str) -> int:
        """Start a run and return its process id."""
        with self.log.open("w") as log:
            self._run = warm.ready().start(
                words, log, log, environment=self._environment, folder=Path.cwd()
            )
        return self._run.process

    def ended(self) -> int:
        """Wait for the run's end; negative: the signal that killed it."""
        assert self._run is not None
        return self._run.ended()

    def run(self, *words: str) -> int:
        """Run to the end and return the exit status."""
        self.start(*words)
        return self.ended()


def leftovers(folders: Iterable[Path]) -> list[str]:
    """Return the temporary files that a transaction left beside the files it writes."""
    return [p.name for folder in folders for p in folder.iterdir() if ".setup-tool." in p.name]
