"""A service that starts in a moment and does what its configuration file says.

usage: python3 -IS little_service.py FOLDER PORT

FOLDER/service.conf is read at start, and again by new workers on SIGUSR1. Words in
it: ``broken`` does not start; ``sick`` answers 503 to ``/healthcheck``; ``strict``
answers 403 to everything else; ``slow`` answers anything else only when there is a
file FOLDER/go, after it made FOLDER/asked; ``workers`` serves from a forked child,
while the parent keeps the socket, as Swift's servers do. ``/conf`` answers with the
file as it was read. A token in X-Auth-Token other than FOLDER/token's gets 401.
"""

import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[1])
ERROR = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


class Handler(BaseHTTPRequestHandler):
    """Answers as the file says."""

    conf = ""

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/healthcheck":
            self.answer(503 if "sick" in self.conf else 200, b"OK")
            return
        if "slow" in self.conf:
            (FOLDER / "asked").touch()
            while not (FOLDER / "go").exists():
                time.sleep(0.01)
        token = FOLDER / "token"
        if token.exists() and self.headers.get("X-Auth-Token") != token.read_text():
            self.answer(401, b"")
        elif "strict" in self.conf:
            self.answer(403, ERROR)
        else:
            self.answer(200, self.conf.encode())

    def answer(self, status: int, body: bytes) -> None:
        """Send an answer and close."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(HTTPServer):
    """Serves on a socket that is listening already."""

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening


def serve(listening: socket.socket) -> None:
    """Read the file and answer until killed."""
    Handler.conf = (FOLDER / "service.conf").read_text()
    if "broken" in Handler.conf:
        sys.exit("service.conf is broken")
    Server(listening).serve_forever()


def fork_worker(listening: socket.socket) -> int:
    """Start a child that serves."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        serve(listening)
    return pid


def bind(listening: socket.socket, port: int) -> None:
    """Take the port as soon as the one before has let go of it."""
    while True:
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            time.sleep(0.01)
        else:
            return


def main() -> None:
    """Listen, then serve: here or in a child."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bind(listening, int(sys.argv[2]))
        if "workers" not in (FOLDER / "service.conf").read_text():
            listening.listen()
            serve(listening)
        listening.listen()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        while True:
            worker = fork_worker(listening)
            signal.sigwait({signal.SIGUSR1})
            old, worker = worker, fork_worker(listening)
            os.kill(old, signal.SIGKILL)
            os.waitpid(old, 0)


main()
