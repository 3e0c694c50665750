"""A control group for each machine: systemd inside needs one, and it knows all its processes."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_PLACE = Path("/sys/fs/cgroup")


def make(name: str) -> list[Path]:
    """Make the group in every hierarchy that systemd uses; return its folders."""
    groups = [hierarchy / name for hierarchy in _hierarchies()]
    for group in groups:
        group.mkdir(exist_ok=True)
    return groups


def named(beginning: str) -> set[str]:
    """Return the names of the groups that begin so."""
    return {
        path.name
        for hierarchy in _hierarchies()
        for path in hierarchy.glob(f"{beginning}*")
        if path.is_dir()
    }


def processes(name: str, unit: str | None = None) -> set[int]:
    """Return the ids of all processes in the group and those below it.

    With the name of a unit of the systemd in it, only those of the unit.
    """
    found: set[int] = set()
    for hierarchy in _hierarchies():
        # os.walk passes over what is gone in the meantime
        for folder, _, files in os.walk(hierarchy / name):
            if "cgroup.procs" in files and unit in {None, Path(folder).name}:
                with contextlib.suppress(OSError):  # threaded, or gone
                    text = Path(folder, "cgroup.procs").read_text()
                    found.update(int(line) for line in text.split())
    return found


def first_process(name: str) -> int | None:
    """Return the process that is number 1 to those in the group, if a machine runs there."""
    for process in processes(name):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{process}/status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:"))
            if numbers.split()[2:] == ["1"]:
                return process
    return None


def kill(name: str) -> None:
    """Send SIGKILL to whatever is in the group."""
    _kill(processes(name))


def kill_unit(name: str, unit: str) -> None:
    """Send SIGKILL to all of a unit of the systemd in the group, and what that starts meanwhile."""
    while left := processes(name, unit):
        _kill(left)


def remove(name: str) -> None:
    """Remove the group, which must be empty, and those below it."""
    for hierarchy in _hierarchies():
        group = hierarchy / name
        below = [path for path in group.rglob("*") if path.is_dir()]
        for path in sorted([*below, group] if group.exists() else [], reverse=True):
            path.rmdir()


def _kill(victims: set[int]) -> None:
    for process in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _hierarchies() -> list[Path]:
    if (_PLACE / "cgroup.controllers").exists():
        return [_PLACE]
    return [_PLACE / part for part in ("systemd", "unified") if (_PLACE / part).is_dir()]
