"""Pure Python packages, as wheels or unpacked into a folder."""

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
    return _kept(name, requirements, "install", "--no-compile", "--target")


def wheels(name: str, requirements: Path) -> Path:
    """Return a folder with the wheels of what the file requires; otherwise as `unpacked`."""
    return _kept(name, requirements, "download", "--only-binary=:all:", "--dest")


def _kept(name: str, requirements: Path, *words: str) -> Path:
    def fetch(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        told = ["--no-deps", "--require-hashes", "--requirement", str(requirements)]
        subprocess.run([*pip, *words, str(folder), *told], check=True)

    return cache.kept(name, cache.digest(requirements), fetch)
