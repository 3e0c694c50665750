"""An ssh-agent with one ed25519 key (draft-ietf-sshm-ssh-agent), without OpenSSH's programs."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_IDENTITIES, _IDENTITIES_ANSWER, _SIGN, _SIGNED, _FAILURE = 11, 12, 13, 14, 5


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


@contextlib.contextmanager
def agent_with(key: Ed25519PrivateKey, path: Path) -> Iterator[None]:
    """Serve a key on a socket; one client at a time writes a request and reads its answer."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    blob = _string(b"ssh-ed25519") + _string(public)

    def answer(request: bytes) -> bytes:
        if request[0] == _IDENTITIES:
            return bytes([_IDENTITIES_ANSWER]) + struct.pack(">I", 1) + _string(blob) + _string(b"")
        if request[0] == _SIGN and request[5 : 5 + len(blob)] == blob:
            data = request[5 + len(blob) + 4 : -4]
            return bytes([_SIGNED]) + _string(_string(b"ssh-ed25519") + _string(key.sign(data)))
        return bytes([_FAILURE])

    def serve(link: socket.socket) -> None:
        with link, contextlib.suppress(OSError), link.makefile("rb") as asked:
            while head := asked.read(4):
                link.sendall(_string(answer(asked.read(struct.unpack(">I", head)[0]))))

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
