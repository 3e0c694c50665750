"""Pure Python packages, unpacked into a folder."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.nodes import cache

if TYPE_CHECKING:
    from pathlib import Path


def unpacked(name: str, requirements: Path) -> Path:
    """Return a folder with what the file requires, which has a hash for each, and no more.

    They are fetched where it is not kept, which takes a way out: not on a cloud's network.
    """

    def fetch(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--no-compile", "--require-hashes", "--target", str(folder)]
        subprocess.run([*pip, "install", *options, "--requirement", str(requirements)], check=True)

    return cache.kept(name, cache.digest(requirements), fetch)
