"""What every cloud begins with: Keystone's database, rings and configuration, made once."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.secret import Secret
from setup_tool.lab import seed as accounts
from tests.lab.waiting import wait_until
from tests.nodes import asking, authority, cache, keys, machine, places, remains
from tests.nodes.image import image
from tests.nodes.network import OPERATOR, Network, ipv4, ipv6

if TYPE_CHECKING:
    from tests.nodes.machine import Machine

_HERE = Path(__file__).parent
_SCRIPT = _HERE / "files/seed.sh"
_MADE_BY = (_SCRIPT, Path(__file__), _HERE / "places.py", _HERE / "authority.py")
_USERS = ("admin", *(account.user for account in accounts.ACCOUNTS), "database", "asked")


@dataclass(frozen=True, slots=True)
class Seed:
    """The folder of a seed."""

    folder: Path

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


def seed() -> Seed:
    """Return the seed for the image as it is now; made where it is not kept."""
    base = image()
    lab = Path(accounts.__file__)
    known_by = cache.digest(base.name, *_MADE_BY, lab)
    return Seed(cache.kept("seed", known_by, lambda folder: _make(Seed(folder), base)))


def _make(made: Seed, base: Path) -> None:
    with remains.claimed() as folder:
        network = Network(folder.name)
        network.lay()
        network.plug(OPERATOR, places.OPERATOR)
        numbers = places.PLACES["ctl1"].numbers
        host = machine.Machine("ctl1", numbers, (), network, folder / "ctl1", (base,))
        host.prepare()
        keys.write_key(host.root / "etc/ssh/ssh_host_ed25519_key")
        _write_secrets(made, host)
        with network.entered(OPERATOR):
            host.boot()
            _fill(made, host)
            host.shut_down()
        _keep_layer(made, host)


def _write_secrets(made: Seed, host: Machine) -> None:
    passwords = {user: secrets.token_urlsafe(18) for user in _USERS}
    stored = made.folder / "passwords.json"
    stored.touch(mode=0o600)
    stored.write_text(json.dumps(passwords))
    vips = (places.BALANCER, places.S3_VIP, places.KEYSTONE_VIP)
    signed = authority.make(form(number) for number in vips for form in (ipv4, ipv6))
    made.authority.write_bytes(signed.certificate)
    made.server_certificate.touch(mode=0o600)
    made.server_certificate.write_bytes(signed.server)
    shutil.copy(made.authority, host.root / "usr/local/share/ca-certificates/cloud.crt")


def _fill(made: Seed, host: Machine) -> None:
    passwords = made.passwords
    first, second = passwords["admin"], passwords["swift"]
    told = f"{places.KEYSTONE} {places.STORAGE}\n{first} {second} {passwords['database']}\n"
    ran = host.ran(["/bin/sh", "-c", _SCRIPT.read_text()], told)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    host.sh("chpasswd", stdin=f"asked:{passwords['asked']}\n")
    host.sh("systemctl start keystone")
    url = f"http://{host.address}:5000/v3"
    wait_until(lambda: asking.answers(url), seconds=60)
    hidden = {user: Secret(password) for user, password in passwords.items()}
    accounts.fill(url, hidden, f"{places.S3}/v1/AUTH_%(project_id)s")
    host.sh("systemctl stop keystone")


def _keep_layer(made: Seed, host: Machine) -> None:
    """Keep what differs from the image, without what is each machine's own."""
    upper = host.folder / "upper"
    for name in ("etc/machine-id", "etc/hostname"):
        (upper / name).unlink()
    for key in (upper / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    shutil.rmtree(upper / "var/log/journal", ignore_errors=True)
    upper.rename(made.layer)


if __name__ == "__main__":
    seed()
