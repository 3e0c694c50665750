"""TLS before a server that has none, with a certificate that a private authority has signed."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.nodes import authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 65536
_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class TlsFront:
    """The URLs of the servers behind it, as clients reach them now."""

    urls: dict[int, str]
    """By the port behind."""
    authority: Path
    """The certificate that clients have to trust."""


@contextmanager
def ending_tls(folder: Path, *ports: int) -> Iterator[TlsFront]:
    """Have a port with TLS for each of these of 127.0.0.1 for as long as the context lasts.

    What passes is not looked at: the Host header that a client signed stays as it was.
    """
    signed = authority.make([_HOST])
    trusted, chain = folder / "authority.pem", folder / "server.pem"
    trusted.write_bytes(signed.certificate)
    chain.touch(mode=0o600)
    chain.write_bytes(signed.server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        urls = {port: _listen(loop, context, port) for port in ports}
        yield TlsFront(urls, trusted)
    finally:
        asyncio.run_coroutine_threadsafe(_end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _listen(loop: asyncio.AbstractEventLoop, context: ssl.SSLContext, port: int) -> str:
    """Begin to listen for what is behind the port; return where."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection(_HOST, port)
        await asyncio.gather(_forward(reader, behind[1]), _forward(behind[0], writer))

    async def begin() -> int:
        server = await asyncio.start_server(serve, _HOST, 0, ssl=context)
        return int(server.sockets[0].getsockname()[1])

    own = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    return f"https://{_HOST}:{own}"


async def _end() -> None:
    """Break off what is still connected, as a server that goes away does."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction; its end ends the connection, since TLS knows no half of one."""
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass  # whoever broke off needs no answer
    finally:
        writer.close()
