"""A client of S3 as the table of clients has it, and how it is run."""

from __future__ import annotations

import configparser
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.clients.drivers import Driver, Restic

SCHEMES = ("http", "https")
_SOURCE = '. "$1" && shift && exec "$@"'
_EXPORT = f"set -a && {_SOURCE}"
"""For files that name variables only, without `export`."""
_SECONDS = 120


class ClientFailedError(AssertionError):
    """A client ended with another status than 0; with what it said."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a client cannot do with this gateway: why, and how it says so (an expression)."""

    why: str
    says: str


@dataclass(frozen=True, slots=True)
class Client:
    """A version of a client, and which of a bundle's files tell it all."""

    name: str
    version: str
    """As it says itself."""
    words: tuple[str, ...]
    """What starts it."""
    driver: type[Driver | Restic]
    told_by: str
    """The file that it reads, for people."""
    sources: str | None = None
    """A file of the bundle that the shell which starts it sources before."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it has in its environment besides PATH and the bundle as HOME."""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """By operation, or by scheme when that is what it is about; where it has some."""
    lacks: frozenset[str] = frozenset()
    """Operations that it does not know."""
    spared: frozenset[str] = frozenset()
    """Operations that it is not asked for, since each takes long."""

    def limit(self, operation: str, scheme: str) -> Limit | None:
        """Return what keeps it from doing this, None where nothing does."""
        return self.limits.get(operation) or self.limits.get(scheme)

    @property
    def slug(self) -> str:
        """Its name and version as a bucket's name may have them."""
        return "".join(c if c.isalnum() else "-" for c in f"{self.name} {self.version}".lower())


class Station(Protocol):
    """Where clients are run."""

    def ran(
        self, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a program with just this environment and return how it ended."""


@dataclass(frozen=True, slots=True)
class Told:
    """A client with a bundle: what its driver calls to run it."""

    station: Station
    client: Client
    bundle: Path

    def __call__(self, *words: object) -> str:
        """Run it; raises `ClientFailedError`."""
        command = [*self.client.words, *map(str, words)]
        if self.client.sources:
            file = str(self.bundle / self.client.sources)
            script = _EXPORT if file.endswith(".env") else _SOURCE
            command = ["/bin/sh", "-c", script, "sh", file, *command]
        environment = {"HOME": str(self.bundle), "LC_ALL": "C.UTF-8", **self.client.environment}
        ran = self.station.ran(command, environment)
        if self._secret in f"{ran.stdout}{ran.stderr}":
            raise ClientFailedError(f"{self.client.name} {words} printed the secret key.")
        if ran.returncode:
            raise ClientFailedError(f"{self.client.name} {words}: {ran.stdout}{ran.stderr}")
        return ran.stdout

    @property
    def _secret(self) -> str:
        written = configparser.RawConfigParser()
        written.read(self.bundle / ".aws/credentials")
        (profile,) = written.sections()
        return written[profile]["aws_secret_access_key"]


@dataclass(frozen=True, slots=True)
class Here:
    """This machine."""

    folder: Path

    def ran(
        self, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
