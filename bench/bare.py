"""The peer: what anybody must do who reaches nodes with paramiko. Nothing of ours is in it.

usage: python -m bench.bare FOLDER USER THREADS PORT...

One connection and one command (``true``) a node; FOLDER holds ``key`` and ``known_hosts``.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko


def connect(folder: Path, user: str, port: int) -> None:
    with paramiko.SSHClient() as client:
        client.load_host_keys(str(folder / "known_hosts"))
        client.connect(
            "127.0.0.1",
            port,
            username=user,
            key_filename=str(folder / "key"),
            allow_agent=False,
            look_for_keys=False,
        )
        _, out, _ = client.exec_command("true")
        assert out.channel.recv_exit_status() == 0


def connect_all(folder: Path, user: str, threads: int, ports: tuple[int, ...]) -> None:
    with ThreadPoolExecutor(min(threads, len(ports))) as pool:
        list(pool.map(lambda port: connect(folder, user, port), ports))


if __name__ == "__main__":
    place, name, count, *numbers = sys.argv[1:]
    connect_all(Path(place), name, int(count), tuple(map(int, numbers)))
