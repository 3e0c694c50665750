"""The Debian images that machines are made of, and the layers that some have on them."""

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
_LAYER = _FILES / "layer.sh"
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

    def below(self) -> tuple[Path, ...]:
        """Return what machines that have it lie on, the uppermost first; as `root`."""
        return (self.root(),)

    def layer(self, name: str, packages: Path, offered: tuple[str, ...] = ()) -> Path:
        """Return what more packages are over it, for the machines that have them.

        Those that are ``offered`` lie in a repository there, not installed. It is made with apt
        where it is not kept, which takes a way out: not on a cloud's network.
        """
        root = self.root()
        known_by = cache.digest(root.name, _LAYER, packages, *offered)
        told = (self.suite, str(root), *offered)
        made = cache.kept(name, known_by, lambda it: _run(name, packages, _LAYER, it, *told))
        return made / "layer"

    def _make(self, folder: Path) -> None:
        given = (*self.inside, unpacked("tools", self.tools)) if self.tools else self.inside
        _run(self.name, self.packages, _SCRIPT, folder, self.suite, *map(str, given))


@dataclass(frozen=True, slots=True)
class Layered:
    """An image with more packages, for machines that all have them."""

    image: Image
    name: str
    packages: Path
    offered: tuple[str, ...] = ()
    """The names of packages that can be installed there."""

    def below(self) -> tuple[Path, ...]:
        """Return what machines that have it lie on, the uppermost first; see `Image.layer`."""
        layer = self.image.layer(self.name, self.packages, self.offered)
        return (layer, *self.image.below())


def _run(name: str, names: Path, script: Path, folder: Path, *words: str) -> None:
    """Have a script fill the folder; it is told the mirror, and the packages on stdin."""
    log = cache.PLACE / f"{name}.log"
    with log.open("wb") as said, names.open("rb") as packages:
        ran = subprocess.run(
            [*_CONFINED, "/bin/sh", str(script), str(folder), _MIRROR, *words],
            stdin=packages,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ran.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        sys.exit(f"The {name} of the test hosts could not be made; all of it: {log}\n{end}")


_QUICK = _FILES / "quick"

TODAY = Image(
    "bookworm",
    tuple(_QUICK / name for name in ("quick.sh", "pkg_resources.py", "later.py", "known.py")),
)
"""Debian 12, whose packages Keystone and Swift are."""

NOVA = Layered(TODAY, "nova", _FILES / "packages-nova", ("python3-venv",))
"""The same with nova and what belongs to it."""

LEGACY = Image(
    "bullseye",
    (_FILES / "python2.sh", _FILES / "legacy.txt"),
    _FILES / "legacy-tools.txt",
)
"""Debian 11, the last with Python 2.7, and on that the last services of OpenStack's Pike."""
