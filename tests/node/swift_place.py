"""The stand-in for Swift's proxy server of little_swift.py in a node's home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.transaction import (
    BounceService,
    Canary,
    ConfigTest,
    ServiceControl,
    StampService,
    Transaction,
)
from tests.contracts.changes import STATE, write
from tests.lab.waiting import wait_until
from tests.lab_fixture import request
from tests.node.places import free_port, listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setup_tool.core.transaction import NodeStep

PROGRAM = Path(__file__).parent / "little_swift.py"


@dataclass(frozen=True, slots=True)
class LittleSwift:
    """The service in a home; started by its script, as Swift is."""

    home: Path
    port: int

    @property
    def conf(self) -> Path:
        return self.home / "proxy.conf"

    @property
    def health_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/healthcheck"

    @property
    def health(self) -> int:
        return request("GET", self.health_url).status

    @property
    def main(self) -> int:
        return int((self.home / "ready").read_text())

    def text(self, *lines: str) -> bytes:
        """Return a file of the service with these lines."""
        return "\n".join([f"bind_port = {self.port}", *lines, ""]).encode()

    def control(self, timeout: int = 10) -> ServiceControl:
        return ServiceControl(
            name="swift",
            reads=("~/proxy.conf",),
            health_url=self.health_url,
            port=self.port,
            restart="~/bin/restart-swift",
            seamless=True,
            config_test=ConfigTest.OPTION,
            health_timeout=timeout,
        )

    def change(
        self,
        run: str,
        new: bytes | None,
        control: ServiceControl,
        *steps: NodeStep,
        canaries: tuple[Canary, ...] = (),
    ) -> Transaction:
        """Return a change of the file, None: a reload as it stands."""
        writes = () if new is None else (write("~/proxy.conf", new, self.conf.read_bytes()),)
        bounces = (BounceService(control, reload=True), StampService(control))
        return Transaction(run, STATE, (*steps, *writes, *bounces), canaries)

    def served(self) -> bytes:
        """Return the file as the service has read it."""
        return request("GET", f"http://127.0.0.1:{self.port}/conf").body

    def pids(self) -> list[int]:
        """Return its processes."""
        mark = f"{self.conf}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(FileNotFoundError, ProcessLookupError):
                if mark in entry.read_bytes():
                    found.append(int(entry.parent.name))
        return found


@contextmanager
def little_swift(home: Path, *lines: str) -> Iterator[LittleSwift]:
    """Run the service in a home until the block ends."""
    service = LittleSwift(home, free_port())
    service.conf.write_bytes(service.text(*lines))
    program = home / "bin/swift-proxy-server"
    program.write_text(f"#!{sys.executable} -IS\n{PROGRAM.read_text()}")
    restart = home / "bin/restart-swift"
    restart.write_text(
        "#!/bin/sh\n"
        f"kill -KILL $(cat {home}/all 2>/dev/null) 2>/dev/null\n"
        f"rm -f {home}/ready\n"
        f"LITTLE='its own' setsid {program} {service.conf} </dev/null >>{home}/log 2>&1 &\n"
        f'echo "-$!" >{home}/all\n'
    )
    for script in (program, restart):
        script.chmod(0o755)
    try:
        subprocess.run([restart], check=True)
        wait_until(lambda: (home / "ready").exists() and listening(service.port))
        yield service
    finally:
        for pid in service.pids():
            with suppress(ProcessLookupError):  # it may be going by itself
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not service.pids() and not listening(service.port))
