"""What clouds leave when the process that made them is killed, and how it is removed.

A cloud has a folder with a file that its process holds locked as long as it lives.
"""

from __future__ import annotations

import fcntl
import shutil
import sys
from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.nodes import cache, cgroups
from tests.nodes.machine import discard
from tests.nodes.network import Network

if TYPE_CHECKING:
    from pathlib import Path

CLOUDS = cache.PLACE / "clouds"
LOCK = "lock"
KEPT = "kept"
"""A file of this name is in the folder of a cloud that outlives its process on purpose."""


def remove_dead() -> None:
    """Remove the clouds whose process is gone, except those that are to be kept."""
    for folder in _clouds():
        if not (folder / KEPT).exists() and not _is_held(folder):
            remove(folder.name)


def remove(name: str) -> None:
    """Remove a cloud: its machines, whatever runs there, its network and its folder."""
    groups = cgroups.named(f"{name}-")
    for group in groups:
        cgroups.kill(group)
    for group in groups:
        wait_until(lambda group=group: not cgroups.processes(group), seconds=30)
        cgroups.remove(group)
    Network(name).remove()
    for folder in (CLOUDS / name).iterdir():
        if folder.is_dir():
            discard(folder)
    shutil.rmtree(CLOUDS / name)


def _clouds() -> list[Path]:
    return sorted(CLOUDS.iterdir()) if CLOUDS.exists() else []


def _is_held(folder: Path) -> bool:
    with (folder / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def main() -> None:
    """Remove what dead processes left, and the clouds that are kept but not in use."""
    for folder in _clouds():
        if _is_held(folder):
            sys.stdout.write(f"{folder.name} is in use\n")
        else:
            remove(folder.name)


if __name__ == "__main__":
    main()
