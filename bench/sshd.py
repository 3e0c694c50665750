"""Nodes that are OpenSSH servers on loopback: one sshd and one port each, no root needed."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.timing import CannotMeasureError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Running servers; ``folder`` holds the client's ``key`` and ``known_hosts``."""

    folder: Path
    ports: tuple[int, ...]
    user: str
    pids: tuple[int, ...]

    @property
    def key(self) -> Path:
        """The private key that all of them accept."""
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        """The host key of each, by its port."""
        return self.folder / "known_hosts"

    def home(self, port: int) -> Path:
        """Return the home of the login on one of them: a folder of its own, empty at first."""
        return _home(self.folder, port)

    def spent(self) -> float:
        """Return the processor seconds of the servers and of all they ran for clients.

        A server has its sessions' seconds when it has seen them end, so that is awaited.
        """
        deadline = time.monotonic() + _PATIENCE
        while any(_children(pid) for pid in self.pids) and time.monotonic() < deadline:
            time.sleep(0.02)
        return sum(_seconds(pid) for pid in self.pids)


def _home(folder: Path, port: int) -> Path:
    return folder / f"home-{port}"


def _children(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text()


def _seconds(pid: int) -> float:
    """Return user and system time of a process and its ended children (proc(5), stat 14-17)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def servers(folder: Path, ports: tuple[int, ...]) -> Iterator[Servers]:
    """Run a server on each port until the block ends.

    Raises `CannotMeasureError` where OpenSSH's server is not installed or does not start.
    """
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise CannotMeasureError(
            "OpenSSH's server is needed for the nodes: apt-get install openssh-server."
        )
    for name in ("host", "key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    if os.geteuid() == 0:  # sshd wants this folder, which its init script makes at boot
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    host_key = " ".join((folder / "host.pub").read_text().split()[:2])
    lines = [f"[127.0.0.1]:{port} {host_key}\n" for port in ports]
    with ExitStack() as stack:
        started = [stack.enter_context(_server(program, folder, port)) for port in ports]
        for port, process in zip(ports, started, strict=True):
            await_port(port, process, folder / f"sshd-{port}.log")
        pids = tuple(process.pid for process in started)
        found = Servers(folder, ports, getpass.getuser(), pids)
        found.known_hosts.write_text("".join(lines))
        yield found


@contextmanager
def _server(program: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    home, config = _home(folder, port), folder / f"sshd-{port}.conf"
    home.mkdir()
    config.write_text(
        f"Port {port}\n"
        "ListenAddress 127.0.0.1\n"
        f"HostKey {folder}/host\n"
        f"AuthorizedKeysFile {folder}/key.pub\n"
        "PidFile none\n"
        "UsePAM no\n"
        "StrictModes no\n"
        # whatever start-up files this user's own shell has would be measured too
        f"SetEnv HOME={home}\n"
    )
    with (folder / f"sshd-{port}.log").open("wb") as log:
        command = [program, "-D", "-e", "-f", str(config)]
        with running(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)) as process:
            yield process


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Stop a process that was started when the block ends."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a process listens; raises `CannotMeasureError` if it does not."""
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise CannotMeasureError(
        f"A server did not start on port {port}. Its log says:\n{log.read_text().strip()}"
    )
