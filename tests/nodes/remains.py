"""What clouds leave when the process that made them is killed, and how it is removed.

A cloud has a folder with a file that its process holds locked as long as it lives.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sys
import uuid
from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.nodes import cache, cgroups
from tests.nodes.machine import discard
from tests.nodes.network import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

CLOUDS = cache.PLACE / "clouds"
_LOCK = "lock"
_KEPT = "kept"
"""A file of this name is in the folder of a cloud that outlives its process on purpose."""


@contextlib.contextmanager
def claimed(keep: str | None = None) -> Iterator[Path]:
    """Have a folder for a cloud of one's own; its name is the cloud's.

    Whatever is left of the cloud is removed in the end, unless it is to be kept under a
    name: then the folder stays, and who asks for that name again gets it as it was left.
    """
    name = f"st-{keep or uuid.uuid4().hex[:6]}"
    folder = CLOUDS / name
    with contextlib.ExitStack() as held:
        with _nobody_else():
            folder.mkdir(parents=True, exist_ok=True)
            lock = held.enter_context((folder / _LOCK).open("w"))
            if not _take(lock):
                sys.exit(f"The cloud {name} is in use by another process.")
            if keep:
                (folder / _KEPT).touch()
        try:
            yield folder
        finally:
            if not keep:
                remove(name)


def remove_dead(*, kept_ones_too: bool = False) -> None:
    """Remove the clouds whose process is gone, as a rule but those that are to be kept."""
    with _nobody_else():
        for folder in sorted(CLOUDS.iterdir()):
            if kept_ones_too or not (folder / _KEPT).exists():
                with (folder / _LOCK).open("w") as lock:
                    if _take(lock):
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


@contextlib.contextmanager
def _nobody_else() -> Iterator[None]:
    """Have no other process begin or clear away a cloud meanwhile."""
    CLOUDS.mkdir(parents=True, exist_ok=True)
    with cache.locked(cache.PLACE / "clouds.lock"):
        yield


def _take(lock: TextIO) -> bool:
    """Take a cloud's lock if nobody has it; it is given back when the file is closed."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    remove_dead(kept_ones_too=True)
