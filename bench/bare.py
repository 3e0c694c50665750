"""The peer: what anybody must do who reaches nodes with paramiko. Nothing of ours is in it.

usage: python -m bench.bare FOLDER THREADS PORT...

One connection and one command (``true``) a node; FOLDER holds ``key`` and ``known_hosts``.
"""

from __future__ import annotations

import getpass
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko


def connect(folder: Path, port: int) -> None:
    with paramiko.SSHClient() as client:
        client.load_host_keys(str(folder / "known_hosts"))
        client.connect(
            "127.0.0.1",
            port,
            username=getpass.getuser(),
            key_filename=str(folder / "key"),
            allow_agent=False,
            look_for_keys=False,
        )
        _, out, _ = client.exec_command("true")
        assert out.channel.recv_exit_status() == 0


def connect_all(folder: Path, threads: int, ports: tuple[int, ...]) -> None:
    with ThreadPoolExecutor(min(threads, len(ports))) as pool:
        list(pool.map(lambda port: connect(folder, port), ports))


if __name__ == "__main__":
    place, count, *numbers = sys.argv[1:]
    connect_all(Path(place), int(count), tuple(map(int, numbers)))
