"""A network of one's own: a bridge nobody else sees, and a namespace for each machine.

Every cloud has the same addresses, each within its own bridge, so any number of them run
side by side. There is no way out of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATOR = "operator"
"""The namespace of whoever runs setup-tool and the clients."""

_WIRE = "wire"
_PLACE = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_TABLE_OF_CHILDREN = Path("/proc/sys/net/ipv4/tcp_child_ehash_entries")


@dataclass(frozen=True, slots=True)
class Network:
    """The network of the cloud with this name."""

    cloud: str

    def namespace(self, station: str) -> str:
        return f"{self.cloud}-{station}"

    def lay(self) -> None:
        """Make the bridge; namespaces made from its own get a short table of connections.

        Otherwise they share the machine's, all of which is gone through whenever one of them
        lists its connections (proc_net_tcp(5)): 5 ms of processor time with 262,144 entries.
        Kernels before 6.1 have no such table.
        """
        name = self.namespace(_WIRE)
        _ip("netns", "add", name)
        with self.entered(_WIRE), contextlib.suppress(FileNotFoundError):
            _TABLE_OF_CHILDREN.write_text("1024")
        _ip("-n", name, "-batch", "-", batch=["link add br0 type bridge", "link set br0 up"])

    def plug(self, station: str, *numbers: int) -> Path:
        """Make a station with the addresses of these numbers; return its namespace's path."""
        name = self.namespace(station)
        wire = self.namespace(_WIRE)
        with self.entered(_WIRE):
            _ip("netns", "add", name)
        # A machine keeps its card's address when it boots again: others remember it.
        card = f"name host0 netns {name} address 02:00:00:00:00:{numbers[0]:02x}"
        link = f"link add {station} type veth peer {card}"
        _ip("-n", wire, "-batch", "-", batch=[link, f"link set {station} master br0 up"])
        addresses = [
            f"addr add {address} dev host0{option}"
            for number in numbers
            for address, option in ((f"{ipv4(number)}/24", ""), (f"{ipv6(number)}/64", " nodad"))
        ]
        up = ["link set lo up", "link set host0 up"]
        _ip("-n", name, "-batch", "-", batch=[*up, *addresses])
        return _PLACE / name

    def unplug(self, station: str) -> None:
        """Remove a station, with its firewall and all; nothing happens where there is none."""
        name = self.namespace(station)
        if (_PLACE / name).exists():
            # Of a namespace that is deleted the kernel removes the links some time later.
            with contextlib.suppress(subprocess.CalledProcessError):  # killed while it was plugged
                _ip("-n", self.namespace(_WIRE), "link", "delete", station)
            _ip("netns", "delete", name)

    def cut(self, station: str) -> None:
        """Lose whatever the station sends or is sent, without anybody being told."""
        _ip("-n", self.namespace(_WIRE), "link", "set", station, "nomaster")

    def mend(self, station: str) -> None:
        """Undo `cut`."""
        _ip("-n", self.namespace(_WIRE), "link", "set", station, "master", "br0")

    def remove(self) -> None:
        """Remove the bridge and all stations, as far as they are there."""
        for path in _PLACE.glob(f"{self.cloud}-*"):
            _ip("netns", "delete", path.name)

    @contextlib.contextmanager
    def entered(self, station: str) -> Iterator[None]:
        """Have the calling thread, and what it starts from now on, be on the station."""
        with Path("/proc/thread-self/ns/net").open("rb") as before:
            with (_PLACE / self.namespace(station)).open("rb") as there:
                _set_namespace(there.fileno())
            try:
                yield
            finally:
                _set_namespace(before.fileno())


def ipv4(number: int) -> str:
    return f"10.77.0.{number}"


def ipv6(number: int) -> str:
    return f"fd77::{number}"


def _set_namespace(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _ip(*words: str, batch: list[str] | None = None) -> None:
    command = ("ip", *words)
    subprocess.run(
        command,
        input="".join(f"{line}\n" for line in batch or []),
        text=True,
        check=True,
    )
