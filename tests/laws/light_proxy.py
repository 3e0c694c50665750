"""A service that starts in a moment, in the place of a Swift proxy whose users are tempauth's.

usage: light_proxy.py CONF PORT restart
"""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import time
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers everything with OK."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(conf: str, port: int) -> None:
    """Read the file, then answer until killed."""
    assert "[pipeline:main]" in Path(conf).read_text()
    Path(f"{conf}.pid").write_text(str(os.getpid()))
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def restart(conf: str, port: int) -> None:
    """End the one that runs and start another, as an init script would."""
    pid_file = Path(f"{conf}.pid")
    if pid_file.exists():
        try:
            os.kill(int(pid_file.read_text()), 9)
        except ProcessLookupError:
            pid_file.unlink()
    deadline = time.monotonic() + 10
    while _listening(port):
        assert time.monotonic() < deadline
    subprocess.Popen(
        [sys.executable, __file__, conf, str(port), "serve"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not _listening(port):
        assert time.monotonic() < deadline


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    {"serve": serve, "restart": restart}[sys.argv[3]](sys.argv[1], int(sys.argv[2]))
