"""HTTP over urllib3's connections.

Its pools and managers are left out: they normalise paths (``..``, stray percent
signs), retry, redirect and log URLs, and what is signed must be what is sent. Each
request has a connection of its own: a fault is then never a stale connection's, and
a load balancer chooses afresh every time.
"""

from __future__ import annotations

import http.client
import logging
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from setup_tool import __version__
from setup_tool.core.errors import DeclarationError, UnreachableError
from setup_tool.core.http import Request, Response
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    import ssl
    from urllib.parse import SplitResult

    from urllib3.connection import HTTPConnection

CONNECT_TIMEOUT = 10.0
"""Seconds to wait for a connection, at most."""

_CHUNK = 1 << 16
_DEFAULT_PORTS = {"http": 80, "https": 443}


class UrllibWeb:
    """`setup_tool.ports.Web`; several threads may use one.

    ``ca_bundle`` is a PEM file of the authorities to trust; None means the system's.
    ``HTTP_PROXY`` and its kin are not read.
    """

    def __init__(self, ca_bundle: str | None = None) -> None:
        self._ca_bundle = ca_bundle

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        """Send one request and read the whole answer within ``timeout`` seconds.

        The URL's path and query go out byte for byte.

        Raises:
            UnreachableError: There is no whole answer. Names host and port and the
                phase (resolve, connect, TLS, read); never a path, query or header.
            DeclarationError: The URL, a header or the CA bundle cannot be used.
        """
        url = split_url(request.url)
        deadline = time.monotonic() + timeout
        exchange = _Exchange(self._connection(url, min(timeout, CONNECT_TIMEOUT)), url, deadline)
        try:
            exchange.connect()
            exchange.ask(request)
            return exchange.answer()
        finally:
            exchange.close()

    def _connection(self, url: SplitResult, timeout: float) -> HTTPConnection:
        from urllib3.connection import HTTPConnection, HTTPSConnection

        # A warning about malformed headers shows the URL, and with it a signature.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        host = url.hostname or ""
        port = url.port or _DEFAULT_PORTS[url.scheme]
        if url.scheme == "https":
            return HTTPSConnection(host, port, timeout=timeout, ssl_context=self._trust)
        return HTTPConnection(host, port, timeout=timeout)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        import ssl

        try:
            return ssl.create_default_context(cafile=self._ca_bundle)
        except OSError as error:  # ssl.SSLError is one
            raise DeclarationError(
                f"The CA bundle {self._ca_bundle} cannot be used ({_reason(error)}). "
                "Give a readable file of PEM certificates."
            ) from None


class _Exchange:
    """One request and its answer on a connection of their own."""

    def __init__(self, connection: HTTPConnection, url: SplitResult, deadline: float) -> None:
        self._connection = connection
        self._url = url
        self._deadline = deadline
        self._sock: Any = None

    def connect(self) -> None:
        from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError

        try:
            self._connection.connect()
        except NameResolutionError:
            self._fail("resolve", "the name has no address")
        except ConnectTimeoutError as error:  # and NewConnectionError, its child
            self._fail("connect", _reason(error))
        except (HTTPError, OSError) as error:
            self._fail("TLS", _reason(error))
        self._sock = self._connection.sock

    def ask(self, request: Request) -> None:
        headers = {name: _header(name, value) for name, value in request.headers}
        if "host" not in {name.lower() for name in headers}:
            headers["Host"] = _host(self._url)
        headers["User-Agent"] = f"setup-tool/{__version__}"
        target = self._url.path or "/"
        if self._url.query:
            target += f"?{self._url.query}"
        try:
            self._wait_until_deadline()
            self._connection.request(
                request.method,
                target,
                body=request.body or None,
                headers=headers,
                preload_content=False,
            )
        except (BrokenPipeError, ConnectionResetError):
            pass  # a server may answer, and close, before it has read the whole body
        except (http.client.HTTPException, OSError) as error:
            self._fail("send", _reason(error))

    def answer(self) -> Response:
        from urllib3.exceptions import HTTPError

        body = bytearray()
        try:
            self._wait_until_deadline()
            response = self._connection.getresponse()
            while chunk := response.read1(_CHUNK, decode_content=False):
                body += chunk
                self._wait_until_deadline()
        except (HTTPError, http.client.HTTPException, OSError) as error:
            self._fail("read", _reason(error))
        headers = tuple((name.lower(), value) for name, value in response.headers.items())
        return Response(response.status, headers, bytes(body))

    def close(self) -> None:
        self._connection.close()
        if self._sock is not None:
            self._sock.close()

    def _wait_until_deadline(self) -> None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._connection.timeout = remaining  # to which getresponse sets the socket's anew
        if self._sock.fileno() >= 0:  # not closed behind an answer that was read whole
            self._sock.settimeout(remaining)

    def _fail(self, phase: str, reason: str) -> NoReturn:
        """Raise without the cause: its text may hold the URL's query."""
        port = self._url.port or _DEFAULT_PORTS[self._url.scheme]
        where = f"{self._url.hostname}:{port}"
        raise UnreachableError(
            f"No answer from {where} ({phase}: {reason}). {_ADVICE[phase]}"
        ) from None


_ADVICE = {
    "resolve": "Check the name in the URL, and DNS.",
    "connect": "Check the address, that the service runs, and firewalls between.",
    "TLS": "Check that this port speaks HTTPS, and give the CA bundle its certificate needs.",
    "send": "See the service's log, and that of any load balancer before it.",
    "read": "See the service's log, and that of any load balancer before it.",
}

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timed out"),
    (http.client.RemoteDisconnected, "the connection was closed without an answer"),
    (http.client.BadStatusLine, "the answer is not HTTP"),
    (http.client.IncompleteRead, "the answer ended too early"),
)


def split_url(url: str | Secret) -> SplitResult:
    """Take a URL apart; raises `DeclarationError`, without its query, if it is none to ask."""
    text = url.reveal() if isinstance(url, Secret) else url
    shown = text.partition("?")[0] if isinstance(url, str) else "The URL"
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.scheme in _DEFAULT_PORTS and parts.port != 0
    except ValueError:  # an impossible port, a broken IPv6 address
        usable = False
    if not usable or not text.isascii() or any(char <= " " or char == "\x7f" for char in text):
        raise DeclarationError(
            f"{shown} cannot be asked: it should be http:// or https://, a host, perhaps a port, "
            "and a percent-encoded path."
        )
    return parts


def _host(url: SplitResult) -> str:
    """Return the Host header as signers count on it: lower case, no default port."""
    host = url.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if url.port in {None, _DEFAULT_PORTS[url.scheme]}:
        return host
    return f"{host}:{url.port}"


def _header(name: str, value: str | Secret) -> str:
    """Return a value that http.client will not refuse: its exception would show it."""
    text = value.reveal() if isinstance(value, Secret) else value
    if not text.isascii() or any(char < " " and char != "\t" for char in text):
        raise DeclarationError(
            f"The header {name} would hold characters that HTTP has no room for; "
            "a key or token with a line break or an accent in it is the usual cause."
        )
    return text


def _reason(error: BaseException) -> str:
    """Return what went wrong, without anything the peer sent or we asked for."""
    cause: BaseException | None = error
    while cause is not None:
        for kind, words in _WORDS:
            if isinstance(cause, kind):
                return words
        verdict = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None)
        if isinstance(verdict, str):
            return verdict
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
