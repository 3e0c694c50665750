"""Ports on 127.0.0.1: free ones, and whether something answers there."""

from __future__ import annotations

import http.client
import secrets
import socket
import time

from setup_tool.core.errors import SetupToolError

HOST = "127.0.0.1"

LOWEST, HIGHEST = 20_000, 32_700
"""Below Linux's range for outgoing connections (32768 on), so that nobody's client
takes a port while the service that owns it restarts."""

_TRIES = 200
POLL_SECONDS = 0.03
"""Between two looks at what is awaited."""


def free_block(size: int) -> int:
    """Return the first of ``size`` adjoining ports that nobody listens on.

    Raises:
        SetupToolError: none were found.
    """
    for _ in range(_TRIES):
        first = LOWEST + secrets.randbelow(HIGHEST - LOWEST - size)
        if all(is_free(port) for port in range(first, first + size)):
            return first
    raise SetupToolError(
        f"There are no {size} adjoining free ports on {HOST} between {LOWEST} and {HIGHEST}, "
        "which the lab needs. Stop something that listens there (`ss -ltn` lists it)."
    )


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def becomes_free(port: int, seconds: float) -> bool:
    """Tell whether a server could listen on the port, now or within some seconds."""
    deadline = time.monotonic() + seconds
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def accepts(port: int, timeout: float) -> bool:
    """Tell whether something takes connections on the port."""
    try:
        socket.create_connection((HOST, port), timeout).close()
    except OSError:
        return False
    return True


def answered(port: int, path: str, timeout: float) -> int | None:
    """Return the status that a GET of the path is answered with; None if it is not."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
