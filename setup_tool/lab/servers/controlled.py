"""A node's server, started and stopped as its service manager would do it.

``start`` returns when the server says that it is ready (sd_notify(3)), or fails with the
end of the log as soon as it dies. A caller that goes away in the middle does not stop
it: a restart that was begun is finished.

Used by the scripts in this folder, as a sibling: standard library only.
"""

from __future__ import annotations

import argparse
import os
import pwd
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.lab.servers import marked
else:
    import marked

READY_SECONDS = 60.0
LOG_LINES = 15


class Controlled:
    """One node's server. Each action returns an exit status."""

    def __init__(self, lab: str, service: str, home: Path, conf: Path, log: Path) -> None:
        self._lab, self._service = lab, service
        self._home, self._conf, self._log = home, conf, log

    def command(self) -> list[str]:
        """Return what starts the server."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Return what the server finds in its environment; nothing of the caller's."""
        return {
            "PATH": os.defpath,
            "HOME": str(self._home),
            "USER": pwd.getpwuid(os.getuid()).pw_name,
            "LANG": "C.UTF-8",
            "XDG_CACHE_HOME": str(self._home / "var/cache"),
            # All are found by their addresses, and eventlet's resolver takes long to import.
            "EVENTLET_NO_GREENDNS": "yes",
            marked.LAB: self._lab,
            marked.SERVICE: self._service,
        }

    def start(self) -> int:
        """Start it detached and wait until it is ready. One that runs is left alone."""
        running = marked.main_process(self._lab, self._service)
        if running is not None:
            return say(f"{self._service} runs already, as process {running.pid}")
        marked.stop(self._lab, self._service)  # workers whose main process was killed
        name = f"setup-tool-lab-{secrets.token_hex(8)}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind(f"\0{name}")
            before = self._log.stat().st_size if self._log.exists() else 0
            pid = self._spawn(name)
            if ready(notices, pid):
                return say(f"{self._service} runs as process {pid}")
        marked.stop(self._lab, self._service)
        tail = self._log.read_text(errors="replace")[before:].splitlines()[-LOG_LINES:]
        return fail(f"{self._service} did not start; its log ends:", *tail)

    def stop(self) -> int:
        """Stop it and its workers."""
        marked.stop(self._lab, self._service)
        return say(f"{self._service} is stopped")

    def restart(self) -> int:
        """Stop it, then start it."""
        marked.stop(self._lab, self._service)
        return self.start()

    def status(self) -> int:
        """Say whether it runs; exit status 3 if not, as systemctl's."""
        running = marked.main_process(self._lab, self._service)
        if running is None:
            say(f"{self._service} is stopped")
            return 3
        return say(f"{self._service} runs as process {running.pid}")

    def _spawn(self, notify: str) -> int:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=self.environment() | {"NOTIFY_SOCKET": f"@{notify}"},
                start_new_session=True,
            )
        return process.pid


def control(kind: Callable[[str, str, Path, Path, Path], Controlled], *actions: str) -> int:
    """Carry out a command line, LAB SERVICE HOME CONF LOG ACTION; return its exit status."""
    signal.signal(signal.SIGHUP, lambda *_: None)  # a handler, unlike SIG_IGN, is not inherited
    parser = argparse.ArgumentParser()
    parser.add_argument("lab")
    parser.add_argument("service")
    for name in ("home", "conf", "log"):
        parser.add_argument(name, type=Path)
    parser.add_argument("action", choices=["start", "stop", "restart", *actions, "status"])
    options = parser.parse_args()
    server = kind(options.lab, options.service, options.home, options.conf, options.log)
    status: int = getattr(server, options.action)()
    return status


def program(name: str) -> str:
    """Return the path of a program of the environment this script runs in."""
    return str(Path(sys.executable).parent / name)


def ready(notices: socket.socket, pid: int) -> bool:
    """Wait for the READY notice of a process; False if it ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    process = os.pidfd_open(pid)
    watched: list[socket.socket | int] = [notices, process]
    try:
        while (left := deadline - time.monotonic()) > 0:
            readable = select.select(watched, [], [], left)[0]
            if process in readable:
                return False
            if notices in readable and b"READY=1" in notices.recv(4096).splitlines():
                return True
    finally:
        os.close(process)
    return False


def say(text: str) -> int:
    """Tell whoever still listens; return exit status 0."""
    _print(sys.stdout, text)
    return 0


def fail(*lines: str) -> int:
    """Tell what went wrong; return exit status 1."""
    _print(sys.stderr, "\n".join(lines))
    return 1


def _print(stream: TextIO, text: str) -> None:
    try:
        print(text, file=stream, flush=True)
    except OSError:  # the caller's connection is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
