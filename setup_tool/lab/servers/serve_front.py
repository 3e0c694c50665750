"""Forward TCP connections to the proxies in turn: the one address the catalogue names.

usage: serve_front.py PORT BACKEND_PORT...

A backend that refuses is skipped; when all refuse the connection is closed. It
looks at nothing that passes, so the Host header a client signed stays as it was.
"""

from __future__ import annotations

import asyncio
import sys

CHUNK = 65536


class Front:
    """Hands each connection to the next backend that takes it."""

    def __init__(self, backends: tuple[int, ...]) -> None:
        self._backends = backends
        self._turn = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one client with one backend until both have said all."""
        backend = await self._connect()
        if backend is not None:
            await asyncio.gather(forward(reader, backend[1]), forward(backend[0], writer))
            backend[1].close()
        writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._turn += 1
        for offset in range(len(self._backends)):
            port = self._backends[(self._turn + offset) % len(self._backends)]
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
        return None


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction, and its end."""
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()  # one side broke off: the other must not wait for it


async def main() -> None:
    """Listen and forward for ever."""
    front = Front(tuple(map(int, sys.argv[2:])))
    server = await asyncio.start_server(front.serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
