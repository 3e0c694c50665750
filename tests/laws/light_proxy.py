"""A service that starts in a moment, in the place of a Swift proxy whose users are tempauth's.

usage: python3 -IS light_proxy.py CONF PORT

It reads CONF, takes PORT as soon as its predecessor has let go of it, writes its process
id to CONF.pid, and answers every request with OK until it is killed.
"""

import os
import socket
import sys
import time

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nOK"
PATIENCE = 10


def taken(port: int) -> socket.socket:
    """Return a socket that listens on the port."""
    deadline = time.monotonic() + PATIENCE
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    while True:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            assert time.monotonic() < deadline, "the predecessor does not let go of the port"
        else:
            listener.listen()
            return listener


def serve(conf: str, port: int) -> None:
    """Answer until killed."""
    with open(conf) as file:  # noqa: PTH123 - pathlib takes longer to import than all the rest
        assert "[pipeline:main]" in file.read()
    listener = taken(port)
    with open(f"{conf}.pid", "w") as file:  # noqa: PTH123
        file.write(str(os.getpid()))
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(ANSWER)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
