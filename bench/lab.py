"""How long the lab takes to come up and go down, its packages being installed already.

cold: a new folder; warm: the folder holds a cloud that was stopped; again: all of it
runs; down: until no process is left.
"""

from __future__ import annotations

import statistics
import tempfile
from functools import partial
from pathlib import Path

from bench.timing import print_table, timed
from setup_tool.lab import lab, packages

ROUNDS = 3
AIMS = {"cold": 15.0, "warm": 8.0}


def measure() -> None:
    """Print the table, the median of the rounds and each of them."""
    packages.SERVERS.interpreter(print)
    rounds = [_one_round() for _ in range(ROUNDS)]
    rows = []
    for what in ("cold", "down", "warm", "again"):
        seconds = [times[what] for times in rounds]
        median, aim, verdict = statistics.median(seconds), AIMS.get(what), ""
        if aim is not None:
            verdict = f"< {aim:.0f} {'reached' if median < aim else 'missed'}"
        each = " ".join(f"{second:.2f}" for second in seconds)
        rows.append((f"lab {what}", f"{median:.2f}", each, verdict))
    print_table(f"The lab, wall seconds, median of {ROUNDS}", ("", "seconds", "each", "aim"), rows)


def _one_round() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="setup-tool-bench-") as parent:
        folder = Path(parent) / "lab"
        up, down = partial(lab.up, folder), partial(lab.down, folder)
        try:
            return {
                "cold": timed(up).wall,
                "down": timed(down).wall,
                "warm": timed(up).wall,
                "again": timed(up).wall,
            }
        finally:
            down()
