"""Each client a node may have asks the same and tells the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from setup_tool.core.facts import HttpFact
from setup_tool.core.http import Request
from setup_tool.core.queries import FetchHttp
from setup_tool.core.secret import Secret
from setup_tool.node.http_client import HTTP_CLIENT, staged
from setup_tool.node.observe import observe_script
from setup_tool.node.reply import parse_reply
from setup_tool.node.run_script import RUN_FUNCTIONS
from tests.node.places import SHELLS, free_port
from tests.node.private_tls import PrivateTls, serve_tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = {"curl": "curl", "wget": "wget", "busybox wget": "busybox", "python3": "python3"}
CLIENTS = [client for client, program in PROGRAMS.items() if shutil.which(program)]
PRIVATE_CLIENTS = [client for client in CLIENTS if client != "busybox wget"]
AWKWARD = "a \"quoted\" \\ back\\slash $HOME `id` 'single' # %41"


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    received: ClassVar[list[dict[str, object]]] = []

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        asked = {"method": self.command, "path": self.path, "body": body.decode("latin-1")}
        self.received.append({**asked, "headers": dict(self.headers.items())})
        status = {"/moved": 302, "/absent": 404, "/broken": 500}.get(self.path, 200)
        said = b"<Error><Code>NoSuchKey</Code></Error>" if status == 404 else b"said\0\xff"
        said = b"x" * 100_000 if self.path == "/large" else said
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    do_GET = do_PUT = do_HEAD = answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def private_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateTls]:
    with serve_tls(Echo, tmp_path_factory.mktemp("tls")) as server:
        yield server


def chosen(client: str) -> str:
    """Return the shell text that has a node use one client."""
    wget = "wget='busybox wget' limited=timeout\n" if client == "busybox wget" else ""
    return f"choose_client() {{ client='{client}' private_client='{client}'; }}\n{wget}"


def observed(
    client: str, url: str, *, verify: bool = False, authorities: Path | None = None
) -> HttpFact:
    query = FetchHttp(url, timeout=5, verify=verify)
    names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE") if authorities else ()
    trusting = {name: str(authorities) for name in names}
    script = observe_script([query], "00ff")
    script = script.replace(b"nonce='00ff'\n", b"nonce='00ff'\n" + chosen(client).encode())
    reply = subprocess.run(
        [SHELLS["dash"]],
        input=script,
        capture_output=True,
        check=True,
        env={**os.environ, **trusting},
    ).stdout
    fact = parse_reply(reply, [query], "00ff")[query]
    assert isinstance(fact, HttpFact)
    return fact


def asked(client: str, request: Request, folder: Path) -> str:
    """Ask as a run does; return the status and the S3 error code."""
    (folder / "canary").mkdir()
    for suffix, data in staged(request, "canary/0").files:
        (folder / "canary" / f"0.{suffix}").write_bytes(data)
    script = (
        f"dir='{folder}'\n{HTTP_CLIENT}{RUN_FUNCTIONS}"
        f"{chosen(client)}choose_client\nanswer ask canary/0\necho $status $code\n"
    )
    return subprocess.run(
        [SHELLS["dash"]], input=script, capture_output=True, check=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_tells_status_and_body(client: str, url: str) -> None:
    assert observed(client, f"{url}/healthcheck?a=1&b=2") == HttpFact(200, b"said\0\xff")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_tells_failures_and_follows_nothing(client: str, url: str) -> None:
    assert observed(client, f"{url}/absent").status == 404
    assert observed(client, f"{url}/broken").status == 500


@pytest.mark.parametrize("client", CLIENTS)
def test_a_certificate_that_nobody_vouches_for_is_refused_where_it_is_to_be_verified(
    client: str, private_tls: PrivateTls
) -> None:
    refused = observed(client, private_tls.url, verify=True)
    assert refused.status is None
    assert "certificate" in str(refused.problem).lower()
    if client in PRIVATE_CLIENTS:
        assert observed(client, private_tls.url).status == 200


@pytest.mark.parametrize("client", [c for c in CLIENTS if c in {"curl", "python3"}])
def test_a_certificate_of_a_known_authority_is_accepted(
    client: str, private_tls: PrivateTls
) -> None:
    fact = observed(client, private_tls.url, verify=True, authorities=private_tls.authority)
    assert fact == HttpFact(200, b"said\0\xff")


@pytest.mark.parametrize("client", PRIVATE_CLIENTS)
def test_a_client_follows_no_redirect(client: str, url: str) -> None:
    assert observed(client, f"{url}/moved").status == 302


@pytest.mark.parametrize("client", CLIENTS)
def test_a_body_is_cut_at_64_kib(client: str, url: str) -> None:
    assert observed(client, f"{url}/large") == HttpFact(200, b"x" * 65536)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_kept_an_answer_away_is_told(client: str) -> None:
    fact = observed(client, f"http://127.0.0.1:{free_port()}/")
    assert fact.status is None
    assert "refused" in str(fact.problem) or "connect" in str(fact.problem)


@pytest.mark.parametrize("client", PRIVATE_CLIENTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_a_staged_request_arrives_as_it_was_meant(
    client: str, method: str, url: str, tmp_path: Path
) -> None:
    Echo.received.clear()
    body = b"line\nline\0end" if method == "PUT" else b""
    path = "/v1/AUTH_x/a%20b%2Bc?X-Amz-Signature=a%2Fb&empty="
    request = Request(
        method,
        Secret(url + path),
        (("X-Auth-Token", Secret(AWKWARD)), ("X-Other", "plain")),
        body,
    )
    assert asked(client, request, tmp_path) == "200"
    [seen] = Echo.received
    headers = {name.lower(): value for name, value in dict(seen["headers"]).items()}  # type: ignore[call-overload]
    assert (seen["method"], seen["path"]) == (method, path)
    assert seen["body"] == body.decode("latin-1")
    assert (headers["x-auth-token"], headers["x-other"]) == (AWKWARD, "plain")


@pytest.mark.parametrize("client", PRIVATE_CLIENTS)
def test_the_code_of_an_s3_error_is_told(client: str, url: str, tmp_path: Path) -> None:
    assert asked(client, Request("GET", f"{url}/absent"), tmp_path) == "404 NoSuchKey"


@pytest.mark.parametrize("client", PRIVATE_CLIENTS)
def test_a_request_without_an_answer_has_status_000(client: str, tmp_path: Path) -> None:
    request = Request("GET", f"http://127.0.0.1:{free_port()}/")
    assert asked(client, request, tmp_path) == "000"


@pytest.mark.parametrize(
    ("programs", "client", "private"),
    [
        (("curl", "wget", "python3"), "curl", "curl"),
        (("wget", "python3"), "wget", "wget"),
        (("busybox", "python3"), "busybox wget", "python3"),
        (("busybox",), "busybox wget", ""),
        (("python3",), "python3", "python3"),
        ((), "", ""),
    ],
)
def test_clients_are_taken_in_their_order_and_busybox_keeps_no_secret(
    programs: tuple[str, ...], client: str, private: str, tmp_path: Path
) -> None:
    for name in programs:
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'GNU Wget 1.21'\n")
        program.chmod(0o755)
    script = f'PATH={tmp_path}\n{HTTP_CLIENT}\nchoose_client\necho "$client|$private_client"\n'
    dash = SHELLS["dash"]
    done = subprocess.run([dash], input=script, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == f"{client}|{private}"


def test_certificates_are_verified_but_on_loopback() -> None:
    def verified(url: str) -> bool:
        files = dict(staged(Request("GET", url), "canary/0").files)
        answers = {
            b"insecure" not in files["curl"],
            b"check_certificate = on" in files["wget"],
            json.loads(files["json"])["verify"],
        }
        assert len(answers) == 1
        return bool(answers.pop())

    assert verified("https://proxy1.example/")
    assert not verified("https://127.0.0.1:8080/")
    assert not verified("https://[::1]/")
