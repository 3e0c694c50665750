"""How long the lab takes to come up, its packages being installed already.

usage: python bench/lab.py [ROUNDS]

cold: a new folder; warm: the folder holds a cloud that was stopped; again: all of it
runs; down: until no process is left. Wall seconds, the median of the rounds and each.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.lab import lab, packages

if TYPE_CHECKING:
    from collections.abc import Callable

AIMS = {"cold": 15.0, "warm": 8.0}


def measured(action: Callable[[Path], lab.LabStatus], folder: Path) -> float:
    begin = time.monotonic()
    action(folder)
    return time.monotonic() - begin


def one_round() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="setup-tool-bench-") as parent:
        folder = Path(parent) / "lab"
        try:
            times = {"cold": measured(lab.up, folder)}
            times["down"] = measured(lab.down, folder)
            times["warm"] = measured(lab.up, folder)
            times["again"] = measured(lab.up, folder)
        finally:
            lab.down(folder)
    return times


def main() -> None:
    packages.interpreter(print)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    rounds = [one_round() for _ in range(count)]
    for what in ("cold", "warm", "again", "down"):
        seconds = [times[what] for times in rounds]
        each = " ".join(f"{second:.2f}" for second in seconds)
        aim = f"  aim < {AIMS[what]:.0f}" if what in AIMS else ""
        print(f"lab {what:5} {statistics.median(seconds):6.2f} s  ({each}){aim}")


if __name__ == "__main__":
    main()
