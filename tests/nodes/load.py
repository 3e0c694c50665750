"""Clients that use the cloud all the while, never ask twice, and count what goes wrong."""

from __future__ import annotations

import contextlib
import http.client
import os
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nodes.asking import User

CLIENTS = 20
TURN = 3.0
"""Seconds that a client's turn takes at least: no more is shown by keeping all processors busy."""
_KEYS = 4
"""Objects of a client, which it writes anew one after the other."""
_SIZES = (100, 4096, 70_000)
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a client was answered, and by which proxy."""

    status: int
    proxy: str
    body: bytes

    def __str__(self) -> str:
        return f"{self.status} by {self.proxy}: {self.body[:200]!r}"


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """Native or signed: how a user asks for an object of a container."""

    name: str
    user: User
    container: str
    at: str

    def path(self, key: str) -> str:
        account = "" if self.name == "s3" else f"/v1/AUTH_{self.user.login.project_id}"
        return f"{account}/{self.container}/{key}"

    def headers(self, method: str, key: str, body: bytes | None) -> dict[str, str]:
        if self.name == "s3":
            return self.user.signed(method, self.path(key), body, at=self.at)
        return self.user.login.headers


@dataclass(slots=True)
class Load:
    """What the clients did so far."""

    ways: tuple[Way, ...]
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, failure: str | None) -> None:
        with self._lock:
            self.requests += 1
            if failure is not None:
                self.failures.append(failure)

    def work(self, name: str, *, keeps: bool) -> None:
        """Write objects, read each in every way and compare, until it is over.

        A client that ``keeps`` its connection uses it for all its requests.
        """
        turn = 0
        with contextlib.closing(_connected(self.ways[0].at)) as connection:
            while not self.ended.is_set():
                begun = time.monotonic()
                key = f"{name}-{turn % _KEYS}"
                body = os.urandom(_SIZES[turn % len(_SIZES)])
                writer = self.ways[turn % len(self.ways)]
                self._ask(connection, writer, "PUT", key, body, keeps=keeps)
                for reader in self.ways:
                    self._ask(connection, reader, "GET", key, body, keeps=keeps)
                turn += 1
                self.ended.wait(max(0.0, begun + TURN - time.monotonic()))

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        way: Way,
        method: str,
        key: str,
        body: bytes,
        *,
        keeps: bool,
    ) -> None:
        sent = body if method == "PUT" else None
        headers = way.headers(method, key, sent)
        asked = f"{way.name} {method} {key} ({'kept' if keeps else 'new'} connection)"
        try:
            said = _said(connection, method, way.path(key), sent, headers)
        except (OSError, http.client.HTTPException) as problem:
            connection.close()
            self.count(f"{asked}: {problem!r}")
            return
        if not keeps:
            connection.close()
        well = said.status in {200, 201} and (method == "PUT" or said.body == body)
        self.count(None if well else f"{asked}: {said}")


@contextlib.contextmanager
def load(*ways: Way) -> Iterator[Load]:
    """Have the clients at work, half of them on one connection each; all have begun."""
    made = Load(ways)
    clients = [
        threading.Thread(target=made.work, args=(f"client{n}",), kwargs={"keeps": n % 2 == 0})
        for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield made
    finally:
        made.ended.set()
        for client in clients:
            client.join()


def _connected(at: str) -> http.client.HTTPConnection:
    place = urlsplit(at)
    assert place.hostname is not None
    return http.client.HTTPConnection(place.hostname, place.port, timeout=_PATIENCE)


def _said(connection: http.client.HTTPConnection, *words: Any) -> Said:
    connection.request(*words)
    answer = connection.getresponse()
    return Said(answer.status, answer.headers.get("X-Proxy", "nobody"), answer.read())
