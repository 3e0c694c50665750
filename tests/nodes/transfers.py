"""Uploads and downloads that take a minute, each through a proxy of one's choice."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nodes.asking import User

SIZE = 32 * 1024 * 1024
"""More by far than the buffers on the way hold, so that none of it passes ahead."""
SHORTEST = 60.0
"""Seconds that a transfer takes at least."""
_RATE = SIZE / 200
_PIECE = 32 * 1024
_PATIENCE = 120.0
CONTENT = b"".join(hashlib.sha512(b"%d" % number).digest() for number in range(SIZE // 64))
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@dataclass(slots=True)
class Transfer:
    """One that is under way, or what became of it."""

    method: str
    proxy: str
    url: str = field(repr=False)
    seconds: float = 0.0
    status: int = 0
    digest: str = ""
    served_by: str = ""
    problem: str = ""
    under_way: threading.Event = field(default_factory=threading.Event, repr=False)
    hurry: threading.Event = field(default_factory=threading.Event, repr=False)

    def work(self) -> None:
        begun = time.monotonic()
        place = urlsplit(self.url)
        assert place.hostname is not None
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=_PATIENCE)
        try:
            with contextlib.closing(connection):
                if self.method == "PUT":
                    self._upload(connection, begun)
                else:
                    self._download(connection, begun)
        except (OSError, http.client.HTTPException) as problem:
            self.problem = repr(problem)
        self.seconds = time.monotonic() - begun
        self.under_way.set()

    def _upload(self, connection: http.client.HTTPConnection, begun: float) -> None:
        place = urlsplit(self.url)
        connection.putrequest("PUT", f"{place.path}?{place.query}")
        connection.putheader("Content-Length", str(SIZE))
        connection.putheader("X-Proxy", self.proxy)
        connection.endheaders()
        for start in range(0, SIZE, _PIECE):
            connection.send(CONTENT[start : start + _PIECE])
            self._pace(begun, start + _PIECE)
        self._end(connection.getresponse())

    def _download(self, connection: http.client.HTTPConnection, begun: float) -> None:
        place = urlsplit(self.url)
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * _PIECE)
        connection.request("GET", f"{place.path}?{place.query}", headers={"X-Proxy": self.proxy})
        answer = connection.getresponse()
        read, digest = 0, hashlib.sha256()
        while piece := answer.read(_PIECE):
            read += len(piece)
            digest.update(piece)
            self._pace(begun, read)
        self.digest = digest.hexdigest()
        self._end(answer)

    def _end(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.served_by = answer.headers.get("X-Proxy", "nobody")
        answer.read()

    def _pace(self, begun: float, done: int) -> None:
        """Return when it is time for what comes after the first ``done`` bytes."""
        if done > 4 * _PIECE:
            self.under_way.set()
        self.hurry.wait(max(0.0, begun + done / _RATE - time.monotonic()))


@contextlib.contextmanager
def transfers(
    user: User, bucket: str, proxies: tuple[str, ...], *, at: str
) -> Iterator[list[Transfer]]:
    """Have an upload and a download under way through each proxy from now to the end.

    They are signed, and end after what is done meanwhile has ended and a minute has gone by.
    Downloads are of the object ``long``.
    """
    made = [
        Transfer(method, proxy, user.presigned(method, f"/{bucket}/{key}", at=at))
        for proxy in proxies
        for method, key in (("PUT", proxy), ("GET", "long"))
    ]
    threads = [threading.Thread(target=each.work) for each in made]
    begun = time.monotonic()
    try:
        for thread in threads:
            thread.start()
        wait_until(lambda: all(each.under_way.is_set() for each in made), seconds=_PATIENCE)
        yield made
        wait_until(lambda: time.monotonic() >= begun + SHORTEST, seconds=2 * SHORTEST)
    finally:
        for each in made:
            each.hurry.set()
        for thread in threads:
            thread.join()
