"""The measurements: all of them, or those that are named.

usage: python -m bench [start-up] [lab] [demo] [canary] [empty-run] [issuing]

Leaves with 0 unless something could not be measured. Nothing is timed against a limit:
aims are printed beside the numbers.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import canary, demonstration, empty_run, issuing, lab, start_up
from bench.timing import SETUP_TOOL, CannotMeasureError, ran
from setup_tool.core.errors import SetupToolError
from setup_tool.lab import lab as embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def main(words: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="setup-tool-bench-") as name:
        folder = Path(name)
        environ = _environment(folder)
        known: dict[str, Callable[[], None]] = {
            "start-up": partial(start_up.measure, environ),
            "lab": lab.measure,
            "demo": partial(demonstration.measure, folder / "lab", environ),
            "canary": partial(_on_a_lab, folder / "lab", environ, canary.measure),
            "empty-run": partial(_on_a_lab, folder / "lab", environ, _empty_run),
            "issuing": partial(_on_a_lab, folder / "lab", environ, issuing.measure),
        }
        unknown = [word for word in words if word not in known]
        if unknown:
            print(f"There is no measurement {unknown[0]}; there are {', '.join(known)}.")
            return 2
        print(
            f"{os.cpu_count()} processors ({platform.processor() or platform.machine()}), "
            f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
        )
        try:
            return max([_measured(word, known[word]) for word in words or known])
        finally:
            embedded.down(folder / "lab")


def _measured(name: str, measure: Callable[[], None]) -> int:
    try:
        measure()
    except (CannotMeasureError, SetupToolError) as problem:
        print(f"\n{name} could not be measured. {problem}")
        return 1
    return 0


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of all programs: no clouds and no state of this user.

    Byte code is kept, as it is for users, but in a folder of its own.
    """
    left = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    left.pop("PYTHONDONTWRITEBYTECODE", None)
    return left | {
        "PYTHONPYCACHEPREFIX": str(folder / "byte-code"),
        "XDG_STATE_HOME": str(folder / "state"),
        "NO_COLOR": "1",
    }


def _on_a_lab(
    folder: Path, environ: Mapping[str, str], measure: Callable[[Path, Mapping[str, str]], None]
) -> None:
    """Measure on a lab that is as declared."""
    embedded.up(folder)
    login = {**environ, **embedded.environment(folder)}
    ran((SETUP_TOOL, "apply", "--yes", "-i", str(folder / "inventory.yaml")), login)
    measure(folder, login)


def _empty_run(_: Path, environ: Mapping[str, str]) -> None:
    empty_run.measure(environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
