from __future__ import annotations

import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters import web
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.errors import DeclarationError, UnreachableError
from setup_tool.core.http import Request
from setup_tool.core.secret import Secret
from tests.adapters.wire import Sent, certificate, wire_server

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "c4n4ry"

ODD_TARGETS = (
    "/",
    "/bucket",
    "/bucket//leading/slash",
    "/bucket/a//b///c",
    "/bucket/./dot/../dots/..",
    "/bucket/a%20b%2Bc%25d",
    "/bucket/%E6%9D%B1%e4%ba%ac",  # lower-case hexadecimal stays lower case
    "/bucket/tilde~star*paren()'!,;:@&=+$",
    "/bucket/key?uploads",
    "/bucket?prefix=a%2Fb&delimiter=%2F&marker=",
    "/bucket/key?partNumber=1&uploadId=x%3D%3D",
)


@pytest.mark.parametrize("target", ODD_TARGETS)
def test_path_and_query_go_out_byte_for_byte(target: str) -> None:
    with wire_server() as server:
        UrllibWeb().send(Request("GET", server.url + target))
        assert server.seen[0].line == f"GET {target} HTTP/1.1".encode()


def test_headers_and_body_arrive_as_given_and_the_answer_comes_back_whole() -> None:
    answer = (
        b'HTTP/1.1 418 Teapot\r\nX-One: 1\r\nETag: "e"\r\nContent-Encoding: gzip\r\n'
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    body = bytes(range(256)) * 3000
    with wire_server(lambda _: answer) as server:
        request = Request("PUT", f"{server.url}/x", (("X-Key", Secret("s")), ("A", "b")), body)
        got = UrllibWeb().send(request)
        sent, host = server.seen[0], server.url.removeprefix("http://")
    assert (got.status, got.body) == (418, b"abcde")
    assert got.header("ETag") == '"e"'
    assert got.header("x-one") == "1"
    assert sent.body == body
    assert sent.headers[b"x-key"] == b"s"
    assert sent.headers[b"host"] == host.encode()
    assert sent.headers[b"accept-encoding"] == b"identity"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 400 Bad\r\nContent-Length: 2\r\n",
        b"HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: 2\r\n",
        b"HTTP/1.1 400 Bad\r\nConnection: close\r\n",
        b"HTTP/1.0 400 Bad\r\n",
    ],
)
def test_an_answer_that_ends_its_connection_is_heard(head: bytes) -> None:
    with wire_server(lambda _: head + b"\r\nno") as server:
        answer = UrllibWeb().send(Request("GET", server.url))
    assert (answer.status, answer.body) == (400, b"no")


def test_an_empty_put_says_that_it_is_empty_and_a_get_says_nothing() -> None:
    with wire_server() as server:
        for method in ("PUT", "GET"):
            UrllibWeb().send(Request(method, f"{server.url}/x"))
        put, get = server.seen
    assert put.headers[b"content-length"] == b"0"
    assert b"content-length" not in get.headers
    assert b"transfer-encoding" not in put.headers


def test_the_answer_to_head_has_no_body_whatever_its_length_says() -> None:
    with wire_server(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n") as server:
        answer = UrllibWeb().send(Request("HEAD", server.url))
    assert answer.body == b""
    assert answer.header("content-length") == "77"


def test_redirects_are_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # nor are proxies asked
    moved = b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with wire_server(lambda _: moved) as server:
        assert UrllibWeb().send(Request("GET", server.url)).status == 301
        assert len(server.seen) == 1


def test_an_answer_given_before_the_body_was_read_is_heard() -> None:
    early = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            connection, _ = listening.accept()
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(1000)
                connection.sendall(early)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        answer = UrllibWeb().send(Request("PUT", url, body=bytes(1 << 22)))
        thread.join(timeout=30)
    assert (answer.status, answer.body) == (403, b"no")


def test_many_threads_share_one_web() -> None:
    def echo(sent: Sent) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(sent.target), sent.target)

    shared = UrllibWeb()
    with wire_server(echo) as server, ThreadPoolExecutor(8) as pool:
        paths = [f"/{number}" for number in range(40)]
        answers = pool.map(lambda path: shared.send(Request("GET", server.url + path)), paths)
        assert [answer.body.decode() for answer in answers] == paths


def _refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as once:
        return int(once.getsockname()[1])


def _resolve_nothing_but_numbers(host: str, port: int, *rest: object) -> object:
    if not host.replace(".", "").isdecimal():
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _getaddrinfo(host, port, *rest)  # type: ignore[arg-type]


_getaddrinfo = socket.getaddrinfo


def test_each_failure_names_host_port_and_phase_but_no_query_and_no_header(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolve_nothing_but_numbers)
    caplog.set_level(logging.DEBUG)
    context, _ = certificate(tmp_path)
    garbage = b"SSH-2.0-OpenSSH_9.2\r\n"
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    broken_chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    with (
        wire_server() as plain,
        wire_server(tls=context) as untrusted,
        wire_server(lambda _: None) as mute,
        wire_server(lambda _: garbage) as other,
        wire_server(lambda _: short) as half,
        wire_server(lambda _: broken_chunks) as odd,
    ):
        cases = (
            (f"http://127.0.0.1:{_refused_port()}", "connect"),
            ("http://no-such-host.invalid:8080", "resolve"),
            (f"https://127.0.0.1:{plain.port}", "TLS"),
            (untrusted.url, "TLS"),
            (mute.url, "read"),
            (other.url, "read"),
            (half.url, "read"),
            (odd.url, "read"),
        )
        for url, phase in cases:
            request = Request(
                "GET", Secret(f"{url}/{CANARY}?X-Amz-Signature={CANARY}"), (("A", Secret(CANARY)),)
            )
            with pytest.raises(UnreachableError) as caught:
                UrllibWeb().send(request, timeout=20)
            message = str(caught.value)
            assert message.startswith(f"No answer from {url.split('//')[1]} ({phase}: "), message
            assert CANARY not in message
            assert CANARY not in repr(caught.value.__cause__)
    assert CANARY not in caplog.text


def test_a_silent_server_is_given_up_after_the_timeout_and_not_after_that_for_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web, "CONNECT_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        since = time.monotonic()
        with pytest.raises(UnreachableError, match=r"\(read: timed out\)"):
            UrllibWeb().send(Request("GET", url), timeout=0.3)
        assert time.monotonic() - since >= 0.3


def test_a_server_that_trickles_is_given_up_after_the_timeout() -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not stop.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with pytest.raises(UnreachableError, match=r"\(read: timed out\)"):
                UrllibWeb().send(Request("GET", url), timeout=0.5)
        finally:
            stop.set()
            thread.join(timeout=30)


def test_malformed_headers_do_not_bring_the_url_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    odd = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno colon here\r\n\r\nok"
    with wire_server(lambda _: odd) as server:
        UrllibWeb().send(Request("GET", Secret(f"{server.url}/?Signature={CANARY}")))
    assert CANARY not in caplog.text


def test_a_private_authority_is_trusted_when_it_is_given(tmp_path: Path) -> None:
    context, pem = certificate(tmp_path)
    with wire_server(tls=context) as server:
        assert UrllibWeb(pem).send(Request("GET", f"{server.url}/x")).body == b"ok"


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_ca_bundle_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(DeclarationError, match=r"The CA bundle .*ca\.pem cannot be used"):
        UrllibWeb(str(bundle)).send(Request("GET", "https://127.0.0.1:1/"))


@pytest.mark.parametrize(
    "url",
    [
        "swift.example.com:8080",
        "ftp://swift.example.com/",
        "http://swift.example.com:99999/",
        "http://swift.example.com:0/",
        "http://[::1/",
        "http:///path",
        "http://swift.example.com/a b",
        "http://swift.example.com/ünï",
        "http://swift.example.com/a\nb",
    ],
)
def test_what_is_no_url_is_refused_in_a_sentence_without_its_query(url: str) -> None:
    for given in (f"{url}?Signature={CANARY}", Secret(f"{url}?Signature={CANARY}")):
        with pytest.raises(DeclarationError, match="cannot be asked") as caught:
            UrllibWeb().send(Request("GET", given))
        assert CANARY not in str(caught.value)


@pytest.mark.parametrize("value", [f"{CANARY}\r\nX: y", f"{CANARY}\n", f"é{CANARY}"])
def test_a_header_that_http_has_no_room_for_is_refused_without_its_value(value: str) -> None:
    with wire_server() as server:
        request = Request("GET", server.url, (("Authorization", Secret(value)),))
        with pytest.raises(DeclarationError, match="The header Authorization") as caught:
            UrllibWeb().send(request)
        assert server.seen == []
    assert CANARY not in str(caught.value)


def test_the_default_port_is_left_out_of_host_as_signers_expect() -> None:
    from urllib.parse import urlsplit

    from setup_tool.adapters.web import _host

    assert _host(urlsplit("https://S3.Example.com:443/")) == "s3.example.com"
    assert _host(urlsplit("http://s3.example.com:443/")) == "s3.example.com:443"
    assert _host(urlsplit("http://[2001:DB8::1]:8080/")) == "[2001:db8::1]:8080"
