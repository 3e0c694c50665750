"""A folder of little Debian packages made on the spot, as apt reads it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Repository:
    """A flat repository; ``seen_at`` is its path as the node sees it."""

    folder: Path
    seen_at: str

    @property
    def source(self) -> str:
        """The line of sources.list that names it."""
        return f"deb [trusted=yes] copy:{self.seen_at} ./\n"

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        fields: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        conffiles: tuple[str, ...] = (),
        scripts: Mapping[str, str] | None = None,
    ) -> None:
        """Build a package with these control fields, files by path, maintainer scripts."""
        tree = self.folder / f"{name}.tree"
        control = {
            "Package": name,
            "Version": version,
            "Architecture": "all",
            "Maintainer": "Nobody <nobody@example.org>",
            "Description": "a little package",
            **(fields or {}),
        }
        inside = {
            "DEBIAN/control": "".join(f"{key}: {value}\n" for key, value in control.items()),
            **{
                f"DEBIAN/{script}": f"#!/bin/sh\n{text}\n"
                for script, text in (scripts or {}).items()
            },
            **{path.lstrip("/"): text for path, text in (files or {}).items()},
        }
        if conffiles:
            inside["DEBIAN/conffiles"] = "".join(f"{path}\n" for path in conffiles)
        for path, text in inside.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
            (tree / path).chmod(0o755 if path.removeprefix("DEBIAN/") in (scripts or {}) else 0o644)
        for folder in (tree, *(path for path in tree.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        built = self.folder / f"{name}_{version}_all.deb"
        command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", tree, built]
        subprocess.run(command, check=True, capture_output=True)
        shutil.rmtree(tree)
        data = built.read_bytes()
        control |= {
            "Filename": f"./{built.name}",
            "Size": str(len(data)),
            "SHA256": hashlib.sha256(data).hexdigest(),
        }
        with (self.folder / "Packages").open("a") as index:
            index.write("".join(f"{key}: {value}\n" for key, value in control.items()) + "\n")
