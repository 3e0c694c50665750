"""What Swift's proxy server does when it is started, tried and reloaded; it starts in a moment.

usage: swift-proxy-server FOLDER/CONF [--test-config]

A file with ``refused`` in it does not load: the program says why, quoting the file's
second line, and ends. On SIGUSR1 the main process starts anew under its process id, and
when new workers listen the old ones end; with ``deaf`` it ends like a program that
knows no SIGUSR1. ``/healthcheck`` is answered with 503 ``DISABLED BY FILE`` while the file
is there that ``disable_path = FILE`` named when the workers started, with 503 for
``sick``, and for ``mute`` only with FOLDER/go. Anything else gets the file as it was read,
403 with ``strict``; FOLDER/asked gets what the file of ``disable_path`` said then.
``bind_port = PORT`` is where it listens. FOLDER/loads gets the user, a variable of the
environment and the file's mode whenever a file is loaded.
"""

import os
import re
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONF = Path(sys.argv[1])
FOLDER = CONF.parent
ERROR = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


def load() -> str:
    """Return the file, or end with a complaint that has several lines."""
    text = CONF.read_text()
    with (FOLDER / "loads").open("a") as log:
        log.write(f"{os.getuid()} {os.environ.get('LITTLE', '')} {CONF.stat().st_mode:o}\n")
    if "refused" in text:
        print("Traceback (most recent call last):\n  File ...")  # noqa: T201
        quoted = text.splitlines()[1]
        sys.exit(f"ValueError: {CONF} cannot be used:\n\tit says {quoted!r}")
    return text


class Handler(BaseHTTPRequestHandler):
    """Answers as the file said when the worker started."""

    conf = ""

    def do_GET(self) -> None:
        """Answer."""
        disable = re.search(r"^disable_path = (.*)$", self.conf, re.MULTILINE)
        if self.path == "/healthcheck":
            while "mute" in self.conf and not (FOLDER / "go").exists():
                time.sleep(0.01)
            if disable and Path(disable[1]).exists():
                self.answer(503, b"DISABLED BY FILE")
            else:
                self.answer(503 if "sick" in self.conf else 200, b"OK")
            return
        mark = disable and Path(disable[1])
        with (FOLDER / "asked").open("a") as log:
            log.write(mark.read_text() if mark and mark.exists() else "\n")
        if "strict" in self.conf:
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


def listen(port: int) -> socket.socket:
    """Listen beside whoever does already."""
    listening = socket.socket()
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        listening.setsockopt(socket.SOL_SOCKET, option, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


def serve(listening: socket.socket) -> None:
    """Answer until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.serve_forever()


def main() -> None:
    """Try the file, or serve until told to begin anew."""
    conf = load()
    if "--test-config" in sys.argv:
        return
    found = re.search(r"^bind_port = (.*)$", conf, re.MULTILINE)
    assert found
    if "deaf" not in conf:
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    listening = listen(int(found[1]))
    worker = os.fork()
    if worker == 0:
        Handler.conf = conf
        serve(listening)
    if old := os.environ.pop("OLD_WORKER", ""):
        os.kill(int(old), signal.SIGKILL)
        os.waitpid(int(old), 0)
    (FOLDER / "ready.part").write_text(str(os.getpid()))
    (FOLDER / "ready.part").rename(FOLDER / "ready")
    signal.sigwait({signal.SIGUSR1})
    os.environ["OLD_WORKER"] = str(worker)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    program = str(Path(sys.argv[0]).resolve())
    os.execv(program, sys.argv)  # noqa: S606 - as Swift does


main()
