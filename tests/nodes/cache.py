"""What is expensive to make is made once and kept, known by a digest of what went into it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACE = Path(os.environ.get("SETUP_TOOL_NODES", "/var/cache/setup-tool-nodes"))
"""Images, and the machines made of them; on a file system that overlays can lie on."""


def digest(*parts: Path | str) -> str:
    """Return what tells two sets of files and texts apart."""
    total = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:16]


def kept(name: str, known_by: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of this name and digest, made first where there is none.

    ``make`` fills an empty folder, which gets its name when it is whole: a killed maker
    leaves nothing that is taken for it. Other processes that want the same wait.
    """
    whole = PLACE / f"{name}-{known_by}"
    if whole.exists():
        return whole
    PLACE.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(PLACE / f"{name}.lock"):
        if not whole.exists():
            part = PLACE / f"{name}.part"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(mode=0o755)
            make(part)
            part.rename(whole)
    return whole


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of this file; wait for whoever has it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
