"""The machines of one cloud, booted when they are asked for."""

from __future__ import annotations

import contextlib
import socket
import string
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.lab_fixture import request
from tests.nodes import asking, keys, places, remains, seeds
from tests.nodes.machine import Machine
from tests.nodes.network import OPERATOR, Network, ipv4, ipv6
from tests.nodes.places import CONTROLLERS, PLACES, PROXIES
from tests.nodes.seed import Seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nodes.asking import User
    from tests.nodes.seed import Making

_BALANCER = Path(__file__).parent / "files/haproxy.cfg"
_PATIENCE = 60.0
_SEED = "seed"
"""The file that tells what a cloud began with: that may have been made anew since."""


@dataclass(slots=True, repr=False)
class Hosts:
    """A cloud's machines by name; none is there before `up`."""

    folder: Path
    """Its own: the operator's files and, below, a folder for each machine."""
    network: Network
    seed: Seed
    machines: dict[str, Machine] = field(default_factory=dict)
    layers: dict[str, Path] = field(default_factory=dict)
    """What some machines have between the image and the seed; said before they are up."""

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    @property
    def key(self) -> Path:
        """The private key with which root, `ops` and `asked` are entered."""
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def running(self) -> tuple[str, ...]:
        """The names of the machines that are on."""
        return tuple(name for name, made in self.machines.items() if made.first_process)

    @property
    def proxies(self) -> tuple[str, ...]:
        """The names of the proxies that are on."""
        return tuple(name for name in PROXIES if name in self.running)

    @property
    def controllers(self) -> tuple[str, ...]:
        """The names of the controllers that are on."""
        return tuple(name for name in CONTROLLERS if name in self.running)

    @property
    def keystones(self) -> tuple[str, ...]:
        """The names of the machines that run Debian's Keystone and are on."""
        return tuple(name for name in (*CONTROLLERS, "nova1") if name in self.running)

    def up(self, *names: str) -> None:
        """Boot these machines and those they need, side by side; return when all serve."""
        needed = {needed for name in names for needed in (*PLACES[name].needs, name)}
        missing = [name for name in PLACES if name in needed and name not in self.running]
        for name in missing:
            if name not in self.machines:
                self.machines[name] = self._made(name)
            self.machines[name].start()
        for name in missing:
            self.machines[name].await_login()
        self.await_service(*missing)

    def await_service(self, *names: str) -> None:
        """Return when these machines' services answer, and the balancer sends there."""
        for name in names:
            for port in PLACES[name].ports:
                wait_until(lambda a=self[name].address, p=port: _accepts(a, p), seconds=_PATIENCE)
        if "balancer" in self.running:
            served = {name for name in names if name in {*PROXIES, *CONTROLLERS}}
            wait_until(lambda: served <= self.balanced(), seconds=_PATIENCE)

    def renew(self, *names: str) -> None:
        """Bring machines back to their first state, whatever became of them, and boot them."""
        for name in names:
            self._replace_disk(name, self._lower(name))
        self.up(*names)

    def keep_disk(self, name: str, what: str) -> Path:
        """Switch a machine off and return its disk, with which `boot` brings it back."""
        disk = self.folder / f"{name}-{what}"
        self[name].power_off()
        self[name].give_disk(disk)
        return disk

    def boot(self, name: str, disk: Path) -> None:
        """Boot a machine with a disk that was kept, whatever is on; its services may not work."""
        self._replace_disk(name, (disk, *self._lower(name)))
        self[name].boot()

    def balanced(self) -> set[str]:
        """Return the names of the servers to which the balancer sends requests now."""
        answer = request("GET", places.VIEW)
        rows = [line.split(",") for line in answer.body.decode().splitlines() if line]
        status = rows[0].index("status")
        return {row[1] for row in rows[1:] if row[1] in PLACES and row[status].startswith("UP")}

    def user(self, name: str = "demo", project: str = "demo") -> User:
        """Log a user of Keystone in (admin, demo, alice, or bob in project other)."""
        password = self.seed.passwords[name]
        return asking.user(places.KEYSTONE, name, project, password, self.seed.authority)

    def secrets(self) -> set[str]:
        """Return every password of the cloud; none may ever be shown."""
        return set(self.seed.passwords.values())

    def _replace_disk(self, name: str, lower: tuple[Path, ...]) -> None:
        self[name].power_off()
        self[name].lower = lower
        self[name].forget()
        self._furnish(self[name])

    def _made(self, name: str) -> Machine:
        place = PLACES[name]
        folder = self.folder / name
        made = Machine(name, place.numbers, place.units, self.network, folder, self._lower(name))
        if not folder.exists():
            made.prepare()
            self._furnish(made)
        return made

    def _lower(self, name: str) -> tuple[Path, ...]:
        own = (self.layers[name],) if name in self.layers else ()
        return (self.seed.layer, *own, *self.seed.below)

    def _furnish(self, made: Machine) -> None:
        """Write what makes a machine one of this cloud."""
        hosts = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
        hosts += [f"{ipv4(place.numbers[0])} {name}" for name, place in PLACES.items()]
        (made.root / "etc/hosts").write_text("".join(f"{line}\n" for line in hosts))
        keys.admit(made.root, self.key.with_suffix(".pub").read_text())
        known = keys.give_host_key(made.root, self.folder / f"{made.name}.key")
        names = f"{made.name},{made.address},{made.address6}"
        lines = self.known_hosts.read_text().splitlines()
        if (line := f"{names} {known}") not in lines:
            self.known_hosts.write_text("".join(f"{one}\n" for one in [*lines, line]))
        if made.name == "balancer":
            self._furnish_balancer(made.root / "etc/haproxy")

    def _furnish_balancer(self, etc: Path) -> None:
        (etc / "cloud.pem").write_bytes(self.seed.server_certificate.read_bytes())
        (etc / "cloud.pem").chmod(0o600)
        values = {
            "s3": places.S3_VIP,
            "keystone": places.KEYSTONE_VIP,
            "balancer": places.BALANCER,
        }
        text = string.Template(_BALANCER.read_text()).substitute(
            {name: ipv4(number) for name, number in values.items()},
            **{f"{name}_6": ipv6(number) for name, number in values.items()},
            proxies=_servers(PROXIES, 8080),
            controllers=_servers(CONTROLLERS, 5000),
        )
        (etc / "haproxy.cfg").write_text(text)


@contextlib.contextmanager
def opened(keep: str | None = None, making: Making = seeds.TODAY) -> Iterator[Hosts]:
    """Have a cloud of one's own, and be on its operator's station meanwhile.

    In the end it is removed, unless it is to be kept under a name: then it stays up, and
    who asks for that name again finds it as it was left.
    """
    begun = making.seed()
    remains.remove_dead()
    with remains.claimed(keep) as folder:
        hosts = Hosts(folder, Network(folder.name), begun)
        if (folder / _SEED).exists():
            _take_up(hosts)
        else:
            _lay(hosts)
        with hosts.network.entered(OPERATOR):
            yield hosts


def _lay(hosts: Hosts) -> None:
    hosts.network.lay()
    hosts.network.plug(OPERATOR, places.OPERATOR)
    public = keys.write_key(hosts.key)
    hosts.key.with_suffix(".pub").write_text(f"{public}\n")
    hosts.known_hosts.touch()
    (hosts.folder / _SEED).write_text(str(hosts.seed.folder))


def _take_up(hosts: Hosts) -> None:
    hosts.seed = Seed(Path((hosts.folder / _SEED).read_text()))
    for name in PLACES:
        if (hosts.folder / name).exists():
            hosts.machines[name] = hosts._made(name)


def _servers(names: tuple[str, ...], port: int) -> str:
    return "\n".join(f"    server {name} {ipv4(PLACES[name].numbers[0])}:{port}" for name in names)


def _accepts(address: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address, port), 1.0):
        return True
    return False
