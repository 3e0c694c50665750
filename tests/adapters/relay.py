"""A port in front of another, which can be busy, slow or silent as a real one can."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Relay:
    """``drops`` are what it says to the first who come, before it hangs up on them."""

    port: int
    drops: list[bytes] = field(default_factory=list)
    seen: int = 0


@contextlib.contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Relay(server.getsockname()[1])
        threads = [threading.Thread(target=_serve, args=(server, found, port))]
        threads[0].start()
        try:
            yield found
        finally:
            server.shutdown(socket.SHUT_RDWR)
            threads[0].join()


def _serve(server: socket.socket, relay: Relay, port: int) -> None:
    threads = []
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            break
        relay.seen += 1
        if relay.drops:
            with link:
                link.sendall(relay.drops.pop(0))
            continue
        far = socket.create_connection(("127.0.0.1", port))
        for pair in ((link, far), (far, link)):
            threads.append(threading.Thread(target=_copy, args=pair))
            threads[-1].start()
    for thread in threads:
        thread.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
