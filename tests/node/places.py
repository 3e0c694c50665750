"""Homes of nodes for tests: reached locally or over SSH, with the shell of one's choice."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.adapters.local import LocalShell
from setup_tool.adapters.ssh import SshShell
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.core.transaction import ServiceControl
from setup_tool.declare.access import Access
from setup_tool.lab import packages
from setup_tool.lab.loopback import free_block
from setup_tool.node.observe import NEEDED_PROGRAMS
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setup_tool.adapters.node_shell import NodeShell
    from setup_tool.core.events import Event

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "setup_tool/lab/servers/serve_nodes.py"
SERVICE = Path(__file__).parent / "little_service.py"
SHELLS = {
    name: path for name in ("dash", "bash", "busybox") if (path := shutil.which(name)) is not None
}
"""The shells of this machine that nodes may have as ``sh``."""


def free_port() -> int:
    """Return a port that nobody listens on and nobody's client will be given."""
    return free_block(1)


def listening(port: int) -> bool:
    """Tell whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(slots=True)
class Heard:
    """A listener that keeps what it heard, and calls what a test hangs on a text."""

    events: list[Event] = field(default_factory=list)
    reactions: dict[str, object] = field(default_factory=dict)

    def on(self, event: Event) -> None:
        self.events.append(event)
        reaction = self.reactions.pop(event.text, None)
        if callable(reaction):
            reaction()

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]


@dataclass(frozen=True, slots=True)
class Place:
    """A node's home on this machine. ``state`` is where the tool keeps what it must."""

    home: Path
    access: Access
    context: SshContext | None = None

    @property
    def state(self) -> Path:
        return self.home / "state"

    def shell(self) -> NodeShell:
        """Return a shell of the node, not connected yet."""
        if self.access.connection == "local":
            return LocalShell("here", self.access)
        assert self.context is not None
        return SshShell("there", self.access, self.context)

    def fake(self, name: str, text: str) -> None:
        """Put a program of the test's own in the place of one of the node's."""
        program = self.home / "bin" / name
        program.unlink(missing_ok=True)  # it may be a link to this machine's own
        program.write_text(text)
        program.chmod(0o755)

    def run_folder(self, run: str) -> Path:
        return self.state / "runs" / run

    def kill_run(self, run: str) -> None:
        """Kill a run's own process, as the kernel does when memory is short."""
        pid = int((self.run_folder(run) / "owner").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)


def furnish(home: Path, shell: str = "dash") -> None:
    """Make a home whose ``bin``, first in the PATH, has ``sh`` as one of `SHELLS`.

    With busybox's come its other programs; the others get the awk that Debian and the
    one that Red Hat have, where they are installed.
    """
    folder = home / "bin"
    folder.mkdir(parents=True)
    programs = {"sh": SHELLS[shell]}
    if shell == "busybox":
        listed = subprocess.run(
            [SHELLS[shell], "--list"], capture_output=True, text=True, check=True
        ).stdout.split()
        programs |= {name: SHELLS[shell] for name in NEEDED_PROGRAMS if name in listed}
    elif awk := shutil.which("gawk" if shell == "bash" else "mawk"):
        programs["awk"] = awk
    for name, path in programs.items():
        (folder / name).symlink_to(path)


@dataclass(frozen=True, slots=True)
class SshServer:
    """The lab's SSH server with nodes of its own."""

    folder: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes]

    def place(self, name: str) -> Place:
        access = Access(
            "127.0.0.1",
            self.ports[name],
            user=getuser(),
            key_file=str(self.folder / "keys/user"),
            known_hosts=str(self.folder / "keys/known_hosts"),
        )
        context = SshContext(self.folder / "no-such-folder", agent=False)
        return Place(self.folder / name, access, context)


@contextmanager
def ssh_server(folder: Path, names: list[str]) -> Iterator[SshServer]:
    """Serve nodes over SSH until the block ends; their homes must be there."""
    first = free_block(len(names))
    ports = {name: first + place for place, name in enumerate(names)}
    (folder / "keys").mkdir(exist_ok=True)
    python = packages.SERVERS.interpreter(print)
    places = [f"{name}={port}" for name, port in ports.items()]
    process = subprocess.Popen(
        [python, SERVER, folder, folder / "keys", folder / "sessions", *places],
        env={**os.environ, "SETUP_TOOL_LAB": str(folder)},
    )
    try:
        for port in ports.values():
            wait_until(lambda port=port: listening(port))  # type: ignore[misc]
        yield SshServer(folder, ports, process)
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class LittleService:
    """The service of little_service.py in a home, controlled by commands."""

    home: Path
    port: int

    @property
    def conf(self) -> Path:
        return self.home / "service.conf"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def control(self, *, reload: bool = False, timeout: int = 10) -> ServiceControl:
        return ServiceControl(
            name="little",
            reads=("~/service.conf",),
            health_url=f"{self.url}/healthcheck",
            port=self.port,
            restart="~/bin/little",
            reload="kill -USR1 $(cat ~/pid)" if reload else None,
            health_timeout=timeout,
        )

    def start(self) -> None:
        """Start or restart it as its command does."""
        environment = {**os.environ, "HOME": str(self.home)}
        subprocess.run([self.home / "bin/little"], env=environment, check=True)
        wait_until(lambda: listening(self.port))

    def pids(self) -> list[int]:
        """Return its processes."""
        mark = f"{SERVICE}\0{self.home}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if mark in entry.read_bytes():
                    found.append(int(entry.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found


@contextmanager
def little_service(home: Path, conf: str, arguments: str = "") -> Iterator[LittleService]:
    """Run the service in a home until the block ends; it takes no note of ``arguments``."""
    service = LittleService(home, free_port())
    service.conf.write_text(conf)
    script = home / "bin/little"
    script.write_text(
        "#!/bin/sh\n"
        'if [ -f ~/pid ]; then kill -KILL "-$(cat ~/pid)"; fi 2>/dev/null\n'
        f"HOME={home} setsid {sys.executable} -IS {SERVICE} {home} {service.port} {arguments}"
        " </dev/null >>~/log 2>&1 &\n"
        "echo $! >~/pid\n"
    )
    script.chmod(0o755)
    try:
        service.start()
        yield service
    finally:
        for pid in service.pids():
            with suppress(ProcessLookupError):  # it may be going by itself
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not service.pids() and not listening(service.port))
