"""Run the program in a process that is ready for it, and be in its stead.

usage: client.py SOCKET WORD...    environment, files, working directory and network are ours

Signals are passed on, and the run does not outlive us. Loads little, since it starts often.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def asked(
    place: str,
    words: list[str],
    files: list[int],
    *,
    environment: dict[str, str],
    folder: str,
    process: str,
) -> socket.socket:
    """Ask for a run, on the network of a process or thread; return the line to it."""
    umask = os.umask(0)
    os.umask(umask)
    wanted = {
        "words": words,
        "environment": environment,
        "folder": folder,
        "umask": umask,
        "network": f"/proc/{process}/ns/net",
    }
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(place)
    socket.send_fds(line, [json.dumps(wanted).encode()], files)
    return line


def main() -> None:
    """Be the run, as far as signals and the exit status go."""
    line = asked(
        *(sys.argv[1], sys.argv[2:], [0, 1, 2]),
        environment=dict(os.environ),
        folder=os.getcwd(),  # noqa: PTH109 - pathlib would have to be loaded for it
        process=str(os.getpid()),
    )
    line.recv(16)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: line.send(str(number).encode()))
    status = int(line.recv(16))
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main()
