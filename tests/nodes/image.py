"""The Debian images that machines are made of."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.nodes import cache
from tests.nodes.unpacked import unpacked

_FILES = Path(__file__).parent / "files"
_SCRIPT = _FILES / "image.sh"
_MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org")

# What is killed takes its processes and mounts with it.
_CONFINED = ("unshare", "--mount", "--pid", "--fork", "--kill-child")


@dataclass(frozen=True, slots=True)
class Image:
    """A release of Debian with what is installed on it."""

    suite: str
    inside: tuple[Path, ...] = ()
    """A script that is run in it while it is made, and the files that the script is given."""
    tools: Path | None = None
    """What the script is given last, unpacked: a file that requires packages."""

    @property
    def name(self) -> str:
        return f"image-{self.suite}"

    @property
    def packages(self) -> Path:
        """The file with the names of its packages, one a line."""
        return _FILES / f"packages-{self.suite}"

    def root(self) -> Path:
        """Return its root folder; made with debootstrap and apt where it is not kept."""
        files = (*self.inside, self.tools) if self.tools else self.inside
        known_by = cache.digest(_SCRIPT, self.packages, *files)
        return cache.kept(self.name, known_by, self._make)

    def _make(self, folder: Path) -> None:
        log = cache.PLACE / f"{self.name}.log"
        given = (*self.inside, unpacked("tools", self.tools)) if self.tools else self.inside
        told = [str(folder), _MIRROR, self.suite, *map(str, given)]
        with log.open("wb") as said, self.packages.open("rb") as packages:
            ran = subprocess.run(
                [*_CONFINED, "/bin/sh", str(_SCRIPT), *told],
                stdin=packages,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ran.returncode:
            end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            sys.exit(f"The image of the test hosts could not be made; all of it: {log}\n{end}")


TODAY = Image("bookworm")
"""Debian 12, whose packages Keystone and Swift are."""

LEGACY = Image(
    "bullseye",
    (_FILES / "python2.sh", _FILES / "legacy.txt"),
    _FILES / "legacy-tools.txt",
)
"""Debian 11, the last with Python 2.7, and on that the last services of OpenStack's Pike."""
