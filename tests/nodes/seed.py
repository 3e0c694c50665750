"""What every cloud begins with: a layer on an image, and the passwords in it, made once."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.nodes import cache, keys, machine, places, remains
from tests.nodes.network import OPERATOR, Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.nodes.image import Image, Layered
    from tests.nodes.machine import Machine


_BELOW = "below"


@dataclass(frozen=True, slots=True)
class Seed:
    """The folder of a seed."""

    folder: Path

    @property
    def below(self) -> tuple[Path, ...]:
        """What it was made on, the uppermost first: a layer where it has one, and the image."""
        return tuple(map(Path, (self.folder / _BELOW).read_text().splitlines()))

    @property
    def layer(self) -> Path:
        """What machines have on top of the image."""
        return self.folder / "layer"

    @property
    def authority(self) -> Path:
        """The certificate that the cloud's clients have to trust."""
        return self.folder / "authority.pem"

    @property
    def server_certificate(self) -> Path:
        """The balancer's, with its key."""
        return self.folder / "server.pem"

    @property
    def passwords(self) -> dict[str, str]:
        """Those of Keystone's users, of its database, and of the login `asked` for sudo."""
        stored: dict[str, str] = json.loads((self.folder / "passwords.json").read_text())
        return stored


@dataclass(frozen=True, slots=True)
class Making:
    """How a seed is made: a machine with the image is booted, filled and shut down."""

    name: str
    image: Image | Layered
    place: str
    """Whose address and name that machine has."""
    users: tuple[str, ...]
    """Who gets a password."""
    made_by: tuple[Path, ...]
    """The files that have a part in what comes of it, besides this one."""
    fill: Callable[[Seed, Machine], None]

    def seed(self) -> Seed:
        """Return the seed for the image as it is now; made where it is not kept."""
        below = self.image.below()
        known_by = cache.digest(*map(str, below), Path(__file__), *self.made_by)
        return Seed(cache.kept(self.name, known_by, lambda folder: self._make(Seed(folder), below)))

    def _make(self, made: Seed, below: tuple[Path, ...]) -> None:
        (made.folder / _BELOW).write_text("".join(f"{path}\n" for path in below))
        _write_passwords(made, self.users)
        with remains.claimed() as folder:
            network = Network(folder.name)
            network.lay()
            network.plug(OPERATOR, places.OPERATOR)
            numbers = places.PLACES[self.place].numbers
            host = machine.Machine(self.place, numbers, (), network, folder / self.place, below)
            host.prepare()
            keys.write_key(host.root / "etc/ssh/ssh_host_ed25519_key")
            with network.entered(OPERATOR):
                host.boot()
                host.sh("chpasswd", stdin=f"asked:{made.passwords['asked']}\n")
                self.fill(made, host)
                host.shut_down()
            _keep_layer(made, host)


def run(host: Machine, script: Path, told: str) -> None:
    """Run a script on the machine as root, which reads what it is told."""
    ran = host.ran(["/bin/sh", "-c", script.read_text()], told)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"


def _write_passwords(made: Seed, users: Iterable[str]) -> None:
    # in hex, since programs take what begins with a hyphen for an option
    passwords = {user: secrets.token_hex(12) for user in (*users, "asked")}
    stored = made.folder / "passwords.json"
    stored.touch(mode=0o600)
    stored.write_text(json.dumps(passwords))


def _keep_layer(made: Seed, host: Machine) -> None:
    """Keep what differs from the image, without what is each machine's own."""
    upper = host.folder / "upper"
    for name in ("etc/machine-id", "etc/hostname"):
        (upper / name).unlink()
    for key in (upper / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    shutil.rmtree(upper / "var/log/journal", ignore_errors=True)
    upper.rename(made.layer)
