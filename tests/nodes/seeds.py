"""The kinds of clouds: today's behind a balancer, and two of one machine, with nova and Pike's."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.secret import Secret
from setup_tool.lab import seed as accounts
from tests.lab.waiting import wait_until
from tests.nodes import asking, authority, image, nova_seed, places, seed
from tests.nodes.network import ipv4, ipv6

if TYPE_CHECKING:
    from tests.nodes.machine import Machine
    from tests.nodes.seed import Seed

_HERE = Path(__file__).parent
_SCRIPT = _HERE / "files/seed.sh"
_LEGACY_SCRIPT = _HERE / "files/seed-legacy.sh"
_ALL_MADE_BY = (Path(__file__), Path(accounts.__file__), _HERE / "places.py")
_USERS = ("admin", *(account.user for account in accounts.ACCOUNTS))


def _fill_today(made: Seed, host: Machine) -> None:
    _sign(made, host)
    passwords = made.passwords
    first, second = passwords["admin"], passwords["swift"]
    told = f"{places.KEYSTONE} {places.STORAGE}\n{first} {second} {passwords['database']}\n"
    seed.run(host, _SCRIPT, told)
    _fill_keystone(made, host, ("keystone",), f"{places.S3}/v1/AUTH_%(project_id)s")


def _fill_legacy(made: Seed, host: Machine) -> None:
    passwords = made.passwords
    seed.run(host, _LEGACY_SCRIPT, f"{host.address}\n{passwords['admin']} {passwords['swift']}\n")
    units = ("keystone-public", "keystone-admin")
    _fill_keystone(made, host, units, f"{places.LEGACY_SWIFT}/v1/AUTH_%(tenant_id)s")


def _fill_keystone(made: Seed, host: Machine, units: tuple[str, ...], object_store: str) -> None:
    host.sh(f"systemctl start {' '.join(units)}")
    url = f"http://{host.address}:5000/v3"
    wait_until(lambda: asking.answers(url), seconds=60)
    hidden = {user: Secret(password) for user, password in made.passwords.items()}
    accounts.fill(url, hidden, object_store)
    host.sh(f"systemctl stop {' '.join(units)}")


def _sign(made: Seed, host: Machine) -> None:
    """Make the balancer's certificate, and have the machine trust its authority."""
    vips = (places.BALANCER, places.S3_VIP, places.KEYSTONE_VIP)
    signed = authority.make(form(number) for number in vips for form in (ipv4, ipv6))
    made.authority.write_bytes(signed.certificate)
    made.server_certificate.touch(mode=0o600)
    made.server_certificate.write_bytes(signed.server)
    shutil.copy(made.authority, host.root / "usr/local/share/ca-certificates/cloud.crt")


TODAY = seed.Making(
    "seed",
    image.TODAY,
    "ctl1",
    (*_USERS, "database"),
    (*_ALL_MADE_BY, _SCRIPT, _HERE / "authority.py"),
    _fill_today,
)
"""Debian 12's Keystone and Swift."""

LEGACY = seed.Making(
    "seed-legacy", image.LEGACY, "old", _USERS, (*_ALL_MADE_BY, _LEGACY_SCRIPT), _fill_legacy
)
"""Keystone 12.0.3 and Swift 2.15.2."""

NOVA = seed.Making(
    "seed-nova",
    image.NOVA,
    "nova1",
    (*nova_seed.USERS, *nova_seed.SERVICES, "database", "messages"),
    (*_ALL_MADE_BY[1:], Path(nova_seed.__file__), nova_seed.SCRIPT),
    nova_seed.fill,
)
"""Debian 12's nova, neutron, glance, cinder and placement, with a Keystone of their own."""

if __name__ == "__main__":
    # Each waits for its network and its disk more than it computes.
    with ThreadPoolExecutor() as side_by_side:
        makings = (NOVA, TODAY, LEGACY)
        for made in [side_by_side.submit(making.seed) for making in makings]:
            made.result()
