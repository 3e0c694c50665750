"""A node's answer becomes facts, and a broken one an error."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup_tool.core.facts import (
    FileFact,
    HttpFact,
    PackageFact,
    RunsFact,
    RunState,
    ServiceFact,
    StampFact,
)
from setup_tool.core.queries import (
    FetchHttp,
    NodeQuery,
    ReadFile,
    ReadPackage,
    ReadRuns,
    ReadService,
    ReadStamp,
)
from setup_tool.node.reply import IncompleteReplyError, parse_reply

NONCE = "5eed"


def record(key: str | int, text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return f"{NONCE} {key} {len(data)}\n".encode() + data + b"\n"


def answer(query: NodeQuery, text: str | bytes, *others: bytes) -> object:
    reply = record(0, text) + b"".join(others) + record("end", "")
    return parse_reply(reply, [query], NONCE)[query]


def http(output: bytes, complaint: str) -> object:
    whole = output + f"\n{NONCE} {complaint}".encode()
    return answer(FetchHttp("http://x/"), base64.encodebytes(whole))


FILE = f"file\n/etc/a b\n6 640 root:swift 100 200\n{base64.b64encode(b'secret').decode()}"
WHOLE = record(0, FILE) + record("mounts", "") + record("end", "")


def test_what_start_up_files_print_is_passed_over() -> None:
    fact = parse_reply(b"Welcome!\nno mail\n" + WHOLE, [ReadFile("/etc/a b")], NONCE)
    assert isinstance(fact[ReadFile("/etc/a b")], FileFact)


@given(st.integers(min_value=0, max_value=len(WHOLE) - 2))
def test_an_answer_cut_short_anywhere_is_an_error(length: int) -> None:
    with pytest.raises(IncompleteReplyError):
        parse_reply(WHOLE[:length], [ReadFile("/etc/a b")], NONCE)


@given(st.binary(max_size=200))
def test_whatever_else_is_printed_is_an_error_of_ours(noise: bytes) -> None:
    with pytest.raises(IncompleteReplyError):
        parse_reply(noise, [ReadFile("/etc/a b")], NONCE)


def test_an_answer_of_something_else_is_quoted() -> None:
    with pytest.raises(IncompleteReplyError, match="This account is currently not available"):
        parse_reply(b"This account is currently not available.\n", [], NONCE)


def test_a_record_that_is_missing_is_an_error() -> None:
    with pytest.raises(IncompleteReplyError, match="ReadStamp"):
        parse_reply(record("end", ""), [ReadStamp("a", "/s")], NONCE)


def test_the_content_of_a_file_is_never_in_an_error() -> None:
    garbled = record(0, FILE.replace("640", "x")) + record("end", "")
    with pytest.raises(IncompleteReplyError) as caught:
        parse_reply(garbled, [ReadFile("/etc/a b")], NONCE)
    assert "secret" not in str(caught.value)


def test_a_file_is_told_with_its_later_time_and_its_mount() -> None:
    fact = answer(ReadFile("/etc/a b"), FILE, record("mounts", "/etc/a b\n/other"))
    assert isinstance(fact, FileFact)
    assert (fact.mode, fact.owner, fact.changed_at, fact.fixed) == (0o640, "root:swift", 200, True)
    assert fact.content is not None
    assert fact.content.data == b"secret"


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("absent", None),
        ("directory", "it is a directory"),
        ("special", "it is not a regular file"),
        ("unreadable", "it may not be read by this login"),
        ("hidden /etc/swift", "it is in /etc/swift, which this login may not look into"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(kind: str, problem: str | None) -> None:
    fact = answer(ReadFile("/x"), f"{kind}\n/x\n\n")
    assert fact == FileFact("/x", problem=problem)


def test_a_start_is_rounded_down_to_the_second() -> None:
    text = "running yes\ninstance abc\nticks 199\nboot 1000\nunit nova-api.service\n"
    text += "seamless yes\nenabled \ninit "
    expected = ServiceFact(
        running=True, instance="abc", started_at=1001, unit="nova-api.service", seamless=True
    )
    assert answer(ReadService("nova"), text) == expected
    assert answer(ReadService("nova"), f"{text}yes") == replace(expected, swift_init=True)


@pytest.mark.parametrize(
    ("word", "enabled"), [("enabled", True), ("disabled", False), ("static", False), ("", None)]
)
def test_a_unit_tells_whether_it_is_started_with_the_node(
    word: str,
    enabled: bool | None,  # noqa: FBT001
) -> None:
    text = f"running \ninstance \nticks \nboot \nunit a\nseamless \ninit \nenabled {word}"
    assert answer(ReadService("a"), text) == ServiceFact(running=False, unit="a", enabled=enabled)


def test_runs_are_told_by_their_state() -> None:
    fact = answer(ReadRuns("/s"), "dead a1\nrunning b2\n")
    assert fact == RunsFact({"a1": RunState.DEAD, "b2": RunState.RUNNING})


def test_a_stamp_is_read_back_and_a_damaged_one_says_nothing() -> None:
    query = ReadStamp("a", "/s")
    whole = StampFact("1:2:3", {"/etc/a b": "abcd"})
    assert answer(query, "instance 1:2:3\nabcd /etc/a b\n") == whole
    assert answer(query, "instance 1:2:3\nlistens 1F90 4711\nabcd /etc/a b\n") == whole
    assert answer(query, "\0\0\0") == StampFact()
    assert answer(query, "") == StampFact()


def test_the_first_installed_package_is_the_answer() -> None:
    query = ReadPackage(("swift3", "python3-swift", "swift"))
    lines = (
        "swift 2.30.1 installed\nswift3 1.0 config-files\npython3-swift 2.30.1-0+deb12u3 installed"
    )
    reply = record("packages", lines) + record("end", "")
    fact = parse_reply(reply, [query], NONCE)[query]
    assert fact == PackageFact("2.30.1-0+deb12u3", "python3-swift")


def test_http_heads_are_told_from_bodies() -> None:
    assert http(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\nmore", "") == HttpFact(
        200, b"body\r\n\r\nmore"
    )
    assert http(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n\r\n", "") == HttpFact(404)
    assert http(b"HTTP/2 503 \r\nA: b\r\n\r\n", "") == HttpFact(503)
    assert http(b"body", "  HTTP/1.1 200 OK\n  Server: x") == HttpFact(200, b"body")
    assert http(b"", "wget: server returned error: HTTP/1.1 404 Not Found") == HttpFact(404)
    assert http(b"", "curl: (7) Failed to connect") == HttpFact(
        problem="curl: (7) Failed to connect"
    )
    assert http(b"", "") == HttpFact(problem="no answer")
