"""Have the program ready, and fork for each run that is asked for.

usage: server.py SOCKET    the number of one that listens, for packets; stdin stays open meanwhile

Who connects sends a JSON object - words, environment, folder, umask, network - with the three
files of the run. They are answered the run's process id, and in the end its exit status; in
between they may send the number of a signal. When they are gone the run is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any, NoReturn

import typer.main

import setup_tool
from setup_tool.cli.failure import run
from setup_tool.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Sequence

_LATER = (
    *("keystoneclient.v3.client", "paramiko", "botocore.auth", "jinja2", "typer._adapters"),
    *("keystoneauth1.identity", "keystoneauth1.loading", "openstack.config.loader"),
)
"""What runs import when they need it."""
_LARGEST = 1 << 20
_UNUSUAL = 70


def main() -> None:
    """Import everything and serve until nobody has a hold of our stdin."""
    for found in walk_packages(setup_tool.__path__, "setup_tool."):
        if "__main__" not in found.name and ".lab" not in found.name:
            import_module(found.name)
    for name in _LATER:
        import_module(name)
    command = typer.main.get_command(app)
    typer.main.get_command = lambda _: command
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            caller, _ = listening.accept()
            with caller:
                if os.fork() == 0:
                    listening.close()
                    _keep(caller)


def _keep(caller: socket.socket) -> NoReturn:
    """Start the run that a caller asks for, and tell them of it to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    message, files, _, _ = socket.recv_fds(caller, _LARGEST, 3)
    process = os.fork()
    if process == 0:
        caller.close()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _run(json.loads(message), files)
    for file in files:
        os.close(file)
    ended = os.pidfd_open(process)
    caller.send(str(process).encode())
    while True:
        ready = select.select([caller, ended], [], [])[0]
        if ended in ready:
            break
        os.kill(process, int(caller.recv(16) or signal.SIGKILL))
    _, status = os.waitpid(process, 0)
    with contextlib.suppress(OSError):
        caller.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(asked: dict[str, Any], files: Sequence[int]) -> NoReturn:
    """Be the program."""
    status: Any = _UNUSUAL
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        network = os.open(asked["network"], os.O_RDONLY)
        ours = os.open("/proc/self/ns/net", os.O_RDONLY)
        if not os.path.sameopenfile(network, ours) and ctypes.CDLL(None).setns(network, 0):
            raise OSError(asked["network"])
        os.closerange(3, 64)
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


if __name__ == "__main__":
    main()
