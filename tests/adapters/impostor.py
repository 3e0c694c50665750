"""An HTTP server that only looks like Keystone, for the ways in which Keystone fails."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from setup_tool.adapters.cloud_login import CloudLogin, open_session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping


@dataclass
class Impostor:
    """An HTTP server that answers as it is told; ``answers`` are by method and path."""

    url: str
    answers: dict[tuple[str, str], tuple[int, str, bytes]] = field(default_factory=dict)
    seen: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)
    silent: bool = False
    drops: bool = False
    """It closes every connection without an answer."""
    hangs_up: int = 0
    """So many times it closes one that it has answered on, at the next request there."""
    extra_headers: dict[str, str] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)

    def say(self, method: str, path: str, status: int, body: object = None) -> None:
        text = json.dumps(body).encode()
        self.answers[method, path] = (status, "application/json", text)

    def say_html(self, method: str, path: str, status: int) -> None:
        self.answers[method, path] = (status, "text/html", b"<html>not Keystone</html>")

    def let_in(self, **urls: str) -> Self:
        """Answer a login as Keystone does; ``urls`` are public endpoints by service type."""
        domain = {"id": "default", "name": "Default"}
        token = {
            "methods": ["password"],
            "user": {"id": "u1", "name": "admin", "domain": domain},
            "project": {"id": "p1", "name": "admin", "domain": domain},
            "roles": [{"id": "r1", "name": "admin"}],
            "catalog": [
                {
                    "type": kind,
                    "name": kind,
                    "endpoints": [
                        {"interface": "public", "region_id": "RegionOne", "url": url, "id": kind}
                    ],
                }
                for kind, url in urls.items()
            ],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2999-01-01T00:00:00.000000Z",
        }
        self.say("POST", "/v3/auth/tokens", 201, {"token": token})
        return self

    def let_in_v2(self, **urls: str) -> Self:
        """Answer a login as Keystone's v2.0 does; ``urls`` are of identity, by interface."""
        user = {"id": "u1", "name": "admin", "username": "admin", "roles": [{"name": "admin"}]}
        access = {
            "token": {
                "id": "canary-token",
                "issued_at": "2026-01-01T00:00:00.000000Z",
                "expires": "2999-01-01T00:00:00Z",
                "tenant": {"id": "p1", "name": "admin", "enabled": True},
            },
            "user": {**user, "roles_links": []},
            "serviceCatalog": [
                {
                    "type": "identity",
                    "name": "keystone",
                    "endpoints_links": [],
                    "endpoints": [
                        {"region": "RegionOne", "id": "e1"}
                        | {f"{interface}URL": url for interface, url in urls.items()}
                    ],
                }
            ],
        }
        self.say("POST", "/v2.0/tokens", 200, {"access": access})
        return self

    def serves(self, *versions: str) -> Self:
        """Say which versions there are, as Keystone does, with addresses that lead nowhere."""
        values = [
            {
                "id": version,
                "status": "stable" if version.startswith("v3") else "deprecated",
                "links": [{"rel": "self", "href": f"http://192.0.2.1:5000/{version[:4]}/"}],
            }
            for version in versions
        ]
        self.say("GET", "/", 300, {"versions": {"values": values}})
        return self

    def login(self, **changes: str) -> CloudLogin:
        environ = {
            "OS_AUTH_URL": f"{self.url}/v3",
            "OS_USERNAME": "admin",
            "OS_PASSWORD": "canary-password",
            "OS_PROJECT_NAME": "admin",
        }
        return open_session(None, {**environ, **changes}, timeout=5)


def _handler(impostor: Impostor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        served = 0

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            impostor.seen.append((self.command, self.path, dict(self.headers), body))
            if impostor.silent:
                impostor.released.wait(60)
                self.close_connection = True
                return
            if impostor.drops or (self.served and impostor.hangs_up):
                impostor.hangs_up -= 1
                self.close_connection = True
                return
            self.served += 1
            status, kind, text = impostor.answers.get(
                (self.command, path), (404, "application/json", b"{}")
            )
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            for name, value in {
                "X-Subject-Token": "canary-token",
                **impostor.extra_headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Impostor]:
    found = Impostor("")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(found)) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        found.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield found
        finally:
            found.released.set()
            server.shutdown()
            thread.join()
