"""Serve the part of memcached's text protocol that Swift's client speaks.

usage: serve_cache.py PORT

Commands: get, set, add, incr, decr, delete, version, quit; as in memcached's
doc/protocol.txt, with its meaning of expiry (seconds from now up to 30 days, a
Unix time beyond). The oldest entries go when there are too many.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass

MAX_ENTRIES = 20_000
MAX_RELATIVE_EXPIRY = 30 * 24 * 3600
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored value."""

    flags: bytes
    value: bytes
    expires: float


class Store:
    """The entries, oldest first."""

    def __init__(self) -> None:
        self._entries: dict[bytes, Entry] = {}

    def live(self, key: bytes) -> Entry | None:
        """Return the entry unless it has expired."""
        entry = self._entries.get(key)
        if entry is not None and entry.expires <= time.time():
            del self._entries[key]
            return None
        return entry

    def put(self, key: bytes, entry: Entry) -> None:
        """Store the entry as the newest one."""
        self._entries.pop(key, None)
        self._entries[key] = entry
        if len(self._entries) > MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]

    def drop(self, key: bytes) -> bool:
        """Remove the entry; tell whether there was one."""
        found = self.live(key) is not None
        self._entries.pop(key, None)
        return found

    def answer(self, words: list[bytes], data: bytes) -> bytes:
        """Carry out one command and return its reply."""
        match words:
            case [b"get" | b"gets", *keys]:
                found = [(key, entry) for key in keys if (entry := self.live(key))]
                values = (
                    b"VALUE %s %s %d\r\n%s\r\n" % (key, entry.flags, len(entry.value), entry.value)
                    for key, entry in found
                )
                return b"".join(values) + b"END\r\n"
            case [b"add", key, *_] if self.live(key):
                return b"NOT_STORED\r\n"
            case [b"set" | b"add", key, flags, expiry, *_]:
                self.put(key, Entry(flags, data, expires_at(int(expiry))))
                return b"STORED\r\n"
            case [b"incr" | b"decr" as command, key, amount, *_]:
                return self._count(key, int(amount) if command == b"incr" else -int(amount))
            case [b"delete", key, *_]:
                return b"DELETED\r\n" if self.drop(key) else b"NOT_FOUND\r\n"
            case _:
                return b"VERSION lab\r\n" if words == [b"version"] else b"ERROR\r\n"

    def _count(self, key: bytes, delta: int) -> bytes:
        entry = self.live(key)
        if entry is None:
            return b"NOT_FOUND\r\n"
        value = b"%d" % max(0, int(entry.value) + delta)
        self._entries[key] = Entry(entry.flags, value, entry.expires)
        return value + b"\r\n"


def expires_at(expiry: int) -> float:
    """Return the Unix time that the protocol's expiry means."""
    if expiry == 0:
        return NEVER
    return time.time() + expiry if expiry <= MAX_RELATIVE_EXPIRY else float(expiry)


async def talk(store: Store, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one client until it goes."""
    try:
        while line := await reader.readline():
            words = line.split()
            if words[:1] == [b"quit"]:
                break
            data = b""
            if words and words[0] in {b"set", b"add"}:
                data = (await reader.readexactly(int(words[4]) + 2))[:-2]
            quiet = words[-1:] == [b"noreply"]
            reply = store.answer(words[:-1] if quiet else words, data)
            if not quiet:
                writer.write(reply)
                await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # the client went in the middle of a command
    finally:
        writer.close()


async def main() -> None:
    """Listen and answer for ever."""
    store = Store()
    server = await asyncio.start_server(
        lambda reader, writer: talk(store, reader, writer), "127.0.0.1", int(sys.argv[1])
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
