"""The Debian image that all machines are made of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.nodes import cache

_FILES = Path(__file__).parent / "files"
_SCRIPT = _FILES / "image.sh"
_PACKAGES = _FILES / "packages"
_MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org")

# What is killed takes its processes and mounts with it.
_CONFINED = ("unshare", "--mount", "--pid", "--fork", "--kill-child")


def image() -> Path:
    """Return the image's root folder; made with debootstrap and apt where it is not kept."""
    return cache.kept("image", cache.digest(_SCRIPT, _PACKAGES), _make)


def _make(folder: Path) -> None:
    log = cache.PLACE / "image.log"
    with log.open("wb") as said, _PACKAGES.open("rb") as packages:
        ran = subprocess.run(
            [*_CONFINED, "/bin/sh", str(_SCRIPT), str(folder), _MIRROR],
            stdin=packages,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ran.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        sys.exit(f"The image of the test hosts could not be made; all of it: {log}\n{end}")
