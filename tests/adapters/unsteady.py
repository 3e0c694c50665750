"""A way to the lab's Keystone on which requests and answers can be lost."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER_LOST = "answer lost"
"""Keystone does what it is asked, and the connection breaks before its answer is through."""


@dataclass
class Unsteady:
    """``faults`` are by method and path: each is for one request, a status or `ANSWER_LOST`."""

    url: str
    faults: dict[tuple[str, str], list[int | str]] = field(default_factory=dict)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, method: str, path: str) -> int | str | None:
        """Count a request and return what is to go wrong with it."""
        with self.lock:
            self.seen[method, path] += 1
            coming = self.faults.get((method, path))
            return coming.pop(0) if coming else None


def _handler(way: Unsteady, keystone: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = way.fault(self.command, self.path.partition("?")[0])
            if isinstance(fault, int):
                self.send_response(fault)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            link = http.client.HTTPConnection(urlsplit(keystone).netloc)
            link.request(self.command, self.path, body, dict(self.headers))
            answer = link.getresponse()
            data = answer.read()
            link.close()
            if fault == ANSWER_LOST:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() in {"x-subject-token", "content-type"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_PATCH = _pass_on  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler


@contextlib.contextmanager
def unsteady_way(keystone: str) -> Iterator[Unsteady]:
    """Serve a way to a Keystone, whose URL has no path."""
    way = Unsteady("")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(way, keystone)) as server:
        way.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield way
        finally:
            server.shutdown()
            thread.join()
