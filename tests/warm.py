"""The program in a process that has imported everything already and forks for each run.

Starting it anew takes most of a short run: half a second of processor time, which a thousand
runs of the tests pay. What a test says of the start itself, of process lists or of a run that
is to be killed at its first breath is said of a program that was started as people start it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVER = """
import ctypes, gc, json, os, sys, time
from importlib import import_module
from pkgutil import walk_packages
import setup_tool
for found in walk_packages(setup_tool.__path__, "setup_tool."):
    if "__main__" not in found.name and ".lab" not in found.name:
        import_module(found.name)
from setup_tool.cli.failure import run
from setup_tool.cli.main import app
import keystoneclient.v3.client, paramiko, botocore.auth, jinja2, typer.main, typer._adapters
import keystoneauth1.identity, keystoneauth1.loading, openstack.config.loader
command = typer.main.get_command(app)
typer.main.get_command = lambda _: command
gc.freeze()
for line in sys.stdin:
    asked = json.loads(line)
    network = os.open(asked["network"], os.O_RDONLY)
    child = os.fork()
    if child == 0:
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
        nothing = os.open(os.devnull, os.O_RDONLY)
        out = os.open(asked["out"], flags, 0o600)
        err = out if asked["err"] == asked["out"] else os.open(asked["err"], flags, 0o600)
        for descriptor, source in ((0, nothing), (1, out), (2, err)):
            os.dup2(source, descriptor)
        status = 70
        try:
            if not os.path.sameopenfile(network, os.open("/proc/self/ns/net", os.O_RDONLY)):
                assert ctypes.CDLL(None).setns(network, 0) == 0
            os.closerange(3, 64)
            if asked["environment"] is not None:
                os.environ.clear()
                os.environ.update(asked["environment"])
                time.tzset()
                os.chdir(asked["folder"])
            os.umask(asked["umask"])
            status = run(app, asked["words"])
        except SystemExit as ended:
            status = ended.code
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    os.close(network)
    print(child, flush=True)
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), flush=True)
"""


class Warm:
    """A process that is ready to run the program, one run at a time."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            env=None if environment is None else dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self,
        words: tuple[str, ...],
        out: Path,
        err: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> int:
        """Start a run on the caller's network and return its process id; it prints into files.

        Without an environment it has that of the process, and its working directory.
        """
        umask = os.umask(0)
        os.umask(umask)
        asked = {
            "words": words,
            "out": str(out),
            "err": str(err),
            "environment": None if environment is None else dict(environment),
            "folder": None if folder is None else str(folder),
            "umask": umask,
            "network": f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net",
        }
        self._input.write(json.dumps(asked) + "\n")
        self._input.flush()
        return int(self._output.readline())

    def ended(self) -> int:
        """Wait for the run's end; negative: the signal that killed it."""
        return int(self._output.readline())

    def close(self) -> None:
        """Let the process end."""
        self._input.close()
        self._output.close()
        self._server.wait()

    @property
    def _input(self) -> IO[str]:
        return cast("IO[str]", self._server.stdin)

    @property
    def _output(self) -> IO[str]:
        return cast("IO[str]", self._server.stdout)


_ours: dict[int, Warm] = {}
"""The one of this process of tests, by that process: it may have been forked."""
_one_at_a_time = threading.Lock()


def run(
    words: tuple[str, ...], environment: Mapping[str, str], folder: Path, patience: float
) -> tuple[int, str, str]:
    """Run the program to its end: its exit status and what it printed.

    One that takes longer than ``patience`` seconds is killed.
    """
    with tempfile.TemporaryDirectory() as place, _one_at_a_time:
        out, err = Path(place) / "out", Path(place) / "err"
        warm = _of_this_process()
        process = warm.start(words, out, err, environment=environment, folder=folder)
        alarm = threading.Timer(patience, os.kill, (process, signal.SIGKILL))
        alarm.daemon = True
        alarm.start()
        try:
            status = warm.ended()
        finally:
            alarm.cancel()
        return status, out.read_text(), err.read_text()


def _of_this_process() -> Warm:
    if os.getpid() not in _ours:
        _ours.clear()
        _ours[os.getpid()] = Warm()
    return _ours[os.getpid()]
