"""A server that keeps the very bytes it was sent and answers with the bytes it was given."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 5.0
"""Seconds that a client may say nothing: one that was interrupted keeps others waiting so long."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it came over the wire."""

    line: bytes
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def target(self) -> bytes:
        return self.line.split(b" ")[1]


@dataclass(slots=True)
class WireServer:
    """Listens on loopback; ``answer`` None means to close without a word."""

    answer: Callable[[Sent], bytes | None] = lambda sent: OK  # noqa: ARG005
    tls: ssl.SSLContext | None = None
    seen: list[Sent] = field(default_factory=list)
    _listening: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0))
    )

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # stopped
            with contextlib.suppress(OSError), connection:
                connection.settimeout(PATIENCE)
                self._converse(connection)

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _converse(self, connection: socket.socket) -> None:
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        sent = _receive(connection)
        self.seen.append(sent)
        answer = self.answer(sent)
        if answer is not None:
            connection.sendall(answer)
        connection.close()


@contextlib.contextmanager
def wire_server(
    answer: Callable[[Sent], bytes | None] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[WireServer]:
    server = WireServer(tls=tls) if answer is None else WireServer(answer, tls)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(timeout=30)
        assert not thread.is_alive()


def _receive(connection: socket.socket) -> Sent:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
        if data.startswith(b"\x16"):
            raise OSError("a TLS handshake, where HTTP is spoken")
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.split(b"\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (each.partition(b":") for each in rest)
    }
    while len(body) < int(headers.get(b"content-length", b"0")):
        body += _more(connection)
    return Sent(line, headers, body)


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise OSError("the client went away")
    return chunk


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Make a self-signed certificate for 127.0.0.1; returns a server's context and the PEM file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wire")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_file = folder / "wire.pem", folder / "wire.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, key_file)
    return context, str(pem)
