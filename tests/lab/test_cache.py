"""The lab's memcached, command by command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from setup_tool.lab.servers import serve_cache
from setup_tool.lab.servers.serve_cache import Store, expires_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


def replies(store: Store, commands: Iterable[tuple[str, bytes]]) -> list[bytes]:
    return [store.answer(command.encode().split(), data) for command, data in commands]


def test_a_value_comes_back_with_its_flags() -> None:
    assert replies(Store(), [("set k 2 0 3", b"a\r\n"), ("get k other", b"")]) == [
        b"STORED\r\n",
        b"VALUE k 2 3\r\na\r\n\r\nEND\r\n",
    ]


def test_add_stores_only_what_is_not_there() -> None:
    store = Store()
    assert replies(store, [("add k 0 0 1", b"1"), ("add k 0 0 1", b"2"), ("get k", b"")]) == [
        b"STORED\r\n",
        b"NOT_STORED\r\n",
        b"VALUE k 0 1\r\n1\r\nEND\r\n",
    ]


def test_counting_needs_a_value_and_stops_at_zero() -> None:
    store = Store()
    assert replies(
        store, [("incr k 2", b""), ("set k 0 0 1", b"5"), ("incr k 2", b""), ("decr k 9", b"")]
    ) == [b"NOT_FOUND\r\n", b"STORED\r\n", b"7\r\n", b"0\r\n"]


def test_a_deleted_value_is_gone() -> None:
    store = Store()
    assert replies(
        store, [("set k 0 0 1", b"1"), ("delete k", b""), ("delete k", b""), ("get k", b"")]
    ) == [b"STORED\r\n", b"DELETED\r\n", b"NOT_FOUND\r\n", b"END\r\n"]


def test_an_unknown_command_is_an_error() -> None:
    assert replies(Store(), [("flush_all", b""), ("version", b"")]) == [
        b"ERROR\r\n",
        b"VERSION lab\r\n",
    ]


def test_expiry_is_seconds_up_to_thirty_days_and_a_time_beyond() -> None:
    now = time.time()
    assert expires_at(0) == float("inf")
    assert now + 60 <= expires_at(60) <= now + 61
    assert expires_at(int(now) + 5) == int(now) + 5


def test_an_expired_value_is_gone() -> None:
    store = Store()
    past = int(time.time()) - 10
    assert replies(store, [(f"set k 0 {past} 1", b"1"), ("get k", b"")])[1] == b"END\r\n"


def test_the_oldest_value_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_cache, "MAX_ENTRIES", 2)
    store = Store()
    replies(store, [(f"set {key} 0 0 1", b"1") for key in "abac"])
    assert replies(store, [("get a b c", b"")]) == [
        b"VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n1\r\nEND\r\n"
    ]
