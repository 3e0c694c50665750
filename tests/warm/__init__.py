"""The program in a process that has imported everything already and forks for each run.

Starting it anew takes most of a short run: half a second of processor time, which a thousand
runs of the tests pay. What a test says of the start itself, of process lists or of a run that
is to be killed at its first breath is said of a program that was started as people start it.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from signal import SIGKILL
from typing import IO, TYPE_CHECKING

from tests.warm.client import asked

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = Path(__file__).parent
_AT_ONCE = 64


class Warm:
    """A process that is ready to run the program, any number of times side by side."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._place = str(Path(self._folder.name) / "socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.bind(self._place)
            listening.listen(_AT_ONCE)
            self._server = subprocess.Popen(
                [sys.executable, "-P", _HERE / "server.py", str(listening.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[listening.fileno()],
            )
        self._begun_by = os.getpid()
        atexit.register(self._close)

    @property
    def program(self) -> tuple[str, ...]:
        """The words of a command that has it run the program, for whoever starts processes."""
        return (sys.executable, "-I", "-S", str(_HERE / "client.py"), self._place)

    def start(
        self,
        words: tuple[str, ...],
        out: IO[str],
        err: IO[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
    ) -> Run:
        """Start a run on the caller's network; it prints into files."""
        with Path(os.devnull).open() as nothing:
            line = asked(
                *(self._place, list(words), [file.fileno() for file in (nothing, out, err)]),
                environment=dict(environment),
                folder=str(folder),
                process=f"{os.getpid()}/task/{threading.get_native_id()}",
            )
        return Run(line)

    def _close(self) -> None:
        if self._begun_by == os.getpid():
            self._server.kill()
            self._server.communicate()


class Run:
    """A run that was started."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.process = int(line.recv(16))
        """Its process id."""

    def ended(self) -> int:
        """Wait for its end; negative: the signal that killed it."""
        with self._line as line:
            return int(line.recv(16))


_ours: dict[int, Warm] = {}
"""The one of this process of tests, by that process: it may have been forked."""
_one_at_a_time = threading.Lock()


def ready() -> Warm:
    """Return the one of this process, which begins where there is none."""
    with _one_at_a_time:
        if os.getpid() not in _ours:
            _ours.clear()
            _ours[os.getpid()] = Warm()
        return _ours[os.getpid()]


def run(
    words: tuple[str, ...], environment: Mapping[str, str], folder: Path, patience: float
) -> tuple[int, str, str]:
    """Run the program to its end: its exit status and what it printed.

    One that takes longer than ``patience`` seconds is killed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = ready().start(words, out, err, environment=environment, folder=folder)
        alarm = threading.Timer(patience, os.kill, (started.process, SIGKILL))
        alarm.daemon = True
        alarm.start()
        try:
            status = started.ended()
        finally:
            alarm.cancel()
        for file in (out, err):
            file.seek(0)
        return status, out.read(), err.read()
