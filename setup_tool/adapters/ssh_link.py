"""What SSH is spoken over: a TCP connection, a channel of a jump host, or a ProxyCommand."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from typing import Any

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
_REFUSALS = (b"Exceeded MaxStartups", b"Not allowed at this time")
"""What OpenSSH says in place of its banner when too many come at once."""


class Link:
    """A socket, or what is used like one, that acknowledges at once what it receives.

    Linux delays acknowledgements by 40 ms, and OpenSSH waits for one before it
    answers the opening of a session. The option does not last, so it is set anew
    (tcp(7), TCP_QUICKACK).
    """

    def __init__(self, link: Any, *, tcp: bool) -> None:
        self._link = link
        self._quick = _QUICKACK if tcp else None
        self._first = b""
        self._ended = False

    @property
    def dropped(self) -> bool:
        """Whether the other side hung up before it introduced itself, too busy for us."""
        return self._ended and (not self._first or self._first.startswith(_REFUSALS))

    def recv(self, size: int) -> bytes:
        """Receive as a socket does."""
        try:
            data = bytes(self._link.recv(size))
        except ConnectionError:
            self._ended = True
            raise
        if not data:
            self._ended = True
        elif not self._first:
            self._first = data
        if self._quick is not None:
            with contextlib.suppress(OSError):
                self._link.setsockopt(socket.IPPROTO_TCP, self._quick, 1)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)


def connect_tcp(host: str, port: int, timeout: float) -> Link:
    """Connect to an address or a name; raises `OSError`."""
    link = socket.create_connection((host, port), timeout=timeout)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Link(link, tcp=True)


def connect_command(command: str) -> Link:
    """Start a ProxyCommand; as with OpenSSH it is a line for the shell."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return _CommandLink(ours, process)


class _CommandLink(Link):
    """The standard input and output of a program."""

    def __init__(self, link: socket.socket, process: subprocess.Popen[bytes]) -> None:
        super().__init__(link, tcp=False)
        self._process = process

    def close(self) -> None:
        """Let go of the program, which ends when it finds its input closed, and see it end."""
        self._link.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()
