"""Wall and processor seconds of a job, the best of several tries, and tables of them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


SETUP_TOOL = str(Path(sys.executable).with_name("setup-tool"))
"""The program as it is installed beside this interpreter."""


class CannotMeasureError(Exception):
    """Something that a measurement needs is not there; says what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Took:
    """Seconds that a job took: by the clock, and of the processors by this side of it."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:6.2f} ({self.cpu:.2f})"


def timed(job: Callable[[], object]) -> Took:
    """Return what a job took in this process."""
    before, begin = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    job()
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF)
    return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ran(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Took:
    """Return what a program took from its start to its end.

    Raises `CannotMeasureError` with its last words when its exit status is not 0.
    """
    begin = time.perf_counter()
    with subprocess.Popen(
        command,
        env=None if environ is None else dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    if process.returncode:
        tail = "\n".join(said.splitlines()[-15:])
        words = " ".join(command)
        raise CannotMeasureError(f"`{words}` left with {process.returncode} and said:\n{tail}")
    return Took(wall, used.ru_utime + used.ru_stime)


def best_of(rounds: int, *jobs: Callable[[], Took]) -> tuple[Took, ...]:
    """Return the best try of each job.

    They take turns, so that a slow minute of the machine is everybody's, after one
    round that is thrown away.
    """
    tries = [tuple(job() for job in jobs) for _ in range(rounds + 1)][1:]
    return tuple(min(column) for column in zip(*tries, strict=True))


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a title, columns as wide as they need to be."""
    texts = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    print(f"\n{title}")
    for row in texts:
        first, *others = (cell.strip() for cell in row)
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join(["", first.ljust(widths[0]), *cells]).rstrip())


def ratio(ours: Took, peer: Took) -> str:
    """Return how many times as long as the peer's ours took, by the clock."""
    return f"{ours.wall / peer.wall:.2f}"
