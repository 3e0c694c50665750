"""Asking URLs from a node with whichever client it has: curl, wget, busybox's wget, python3.

An answer is text that starts, or for wgets whose complaints start, with an HTTP
status line. A request that carries secrets is staged as files (0600) in each
client's own form, never as arguments or environment; busybox's wget takes headers
as arguments only, so it never asks those.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from setup_tool.core.http import Request

BODY_LIMIT = 64 * 1024
"""Bytes of a body that are kept."""
HEAD_ALLOWANCE = 16 * 1024
"""Bytes of status line and headers that come before it."""

ASK_TIMEOUT = 15
"""Seconds a canary's request may take."""

# Without arguments it reads a request (JSON) from standard input.
_PYTHON_CLIENT = """\
import http.client, json, ssl, sys
from urllib.parse import urlsplit
if len(sys.argv) > 1:
    url, timeout, verify = sys.argv[1:]
    ask = dict(url=url, timeout=timeout, verify=verify, method="GET")
else:
    ask = json.load(sys.stdin)
url = urlsplit(ask["url"])
kinds = dict(timeout=float(ask["timeout"]))
if url.scheme == "https":
    trust = ssl.create_default_context()
    if not ask["verify"]:
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
    link = http.client.HTTPSConnection(url.hostname, url.port, context=trust, **kinds)
else:
    link = http.client.HTTPConnection(url.hostname, url.port, **kinds)
try:
    link.request(
        ask["method"],
        (url.path or "/") + ("?" + url.query if url.query else ""),
        ask.get("body", "").encode("latin-1") or None,
        dict(ask.get("headers", ())),
    )
    reply = link.getresponse()
    out = sys.stdout.buffer
    out.write(b"HTTP/1.1 %d\\r\\n\\r\\n" % reply.status)
    out.write(reply.read(65536))
except Exception as problem:
    sys.exit("python3: %s" % type(problem).__name__ + ": %s" % problem)
"""

HTTP_CLIENT = (
    r"""
# choose_client: sets client, the program that asks plain URLs, and private_client,
# the one for requests that hold secrets; empty where there is none
choose_client() {
    client= private_client=
    if command -v curl >/dev/null; then
        client=curl
    elif command -v wget >/dev/null; then
        case $(wget --version 2>/dev/null) in
        'GNU Wget'*) client=wget ;;
        *) client='busybox wget' wget=wget ;;
        esac
    elif command -v busybox >/dev/null && busybox wget --help >/dev/null 2>&1; then
        client='busybox wget' wget='busybox wget'
    elif command -v python3 >/dev/null; then
        client=python3
    fi
    private_client=$client
    if [ "$client" = 'busybox wget' ]; then
        limited=timeout
        timeout 1 true 2>/dev/null || limited='timeout -t'
        private_client=
        command -v python3 >/dev/null && private_client=python3
    fi
    return 0
}

# get URL SECONDS [verify]: the answer on standard output, complaints on standard error
get() {
    case $client in
    curl)
        any=-k
        [ -z "$3" ] || any=
        curl -q -sS -g $any --noproxy '*' -m "$2" -i -- "$1"
        ;;
    wget)
        any=--no-check-certificate
        [ -z "$3" ] || any=
        wget --no-config -nv -S $any --no-proxy --tries=1 --max-redirect=0 \
            --content-on-error -T "$2" -O - -- "$1"
        ;;
    # where it was built without -T it crashes on one (Debian 12)
    'busybox wget')
        if [ -n "$3" ]; then
            echo "busybox's wget verifies no certificate" >&2
            return 1
        fi
        $limited "$2" $wget -q -S -Y off -O - "$1"
        ;;
    python3) python3 -c "$python_client" "$1" "$2" "$3" ;;
    *) echo 'no HTTP client' >&2 ;;
    esac
}

# ask STEM: the same for a request staged as STEM.curl, STEM.wget and STEM.url, STEM.json
ask() {
    case $private_client in
    curl) curl -q -K "$1.curl" ;;
    wget) wget --config="$1.wget" -i "$1.url" ;;
    python3) python3 -c "$python_client" <"$1.json" ;;
    *) echo 'no HTTP client that keeps secrets' >&2 ;;
    esac
}

python_client='"""
    + _PYTHON_CLIENT
    + "'\n"
)

_LINE_END = re.compile(r"[\r\n\x00]")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class StagedRequest:
    """The files, by suffix, that `ask` reads for one request."""

    files: tuple[tuple[str, bytes], ...]


def staged(request: Request, stem: str) -> StagedRequest:
    """Return a request in the form of each client; ``stem`` names its files on the node.

    Certificates are verified unless the request goes to the node itself by a
    loopback address. Raises `DeclarationError` for a request no client could send.
    """
    url = request.url.reveal() if isinstance(request.url, Secret) else request.url
    headers = tuple(
        (name, value.reveal() if isinstance(value, Secret) else value)
        for name, value in request.headers
    )
    if any(_LINE_END.search(part) for part in (request.method, url, *sum(headers, ()))):
        raise DeclarationError("A canary's URL or header holds a line end; it cannot be sent.")
    verify = urlsplit(url).hostname not in _LOOPBACK
    files = [
        ("curl", _curl_config(request, url, headers, stem, verify=verify)),
        ("wget", _wget_config(request, headers, stem, verify=verify)),
        ("url", url.encode() + b"\n"),
        ("json", _json_request(request, url, headers, verify=verify)),
    ]
    if request.body:
        files.append(("body", request.body))
    return StagedRequest(tuple(files))


def _curl_config(
    request: Request, url: str, headers: tuple[tuple[str, str], ...], stem: str, *, verify: bool
) -> bytes:
    """Return a file for ``curl -K`` (curl(1): quotes and backslashes are escaped)."""

    def line(option: str, value: str) -> str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{option} = "{escaped}"'

    lines = ["silent", "show-error", "globoff", "include", f"max-time = {ASK_TIMEOUT}"]
    lines += [line("noproxy", "*"), line("url", url)]
    lines += [line("header", f"{name}: {value}") for name, value in headers]
    if not verify:
        lines.append("insecure")
    if request.method == "HEAD":
        lines.append("head")
    else:
        lines.append(line("request", request.method))
    if request.body:
        lines += [line("header", "Expect:"), line("data-binary", f"@{stem}.body")]
    return "\n".join([*lines, ""]).encode()


def _wget_config(
    request: Request, headers: tuple[tuple[str, str], ...], stem: str, *, verify: bool
) -> bytes:
    """Return a file for GNU ``wget --config`` (wget info pages, "Wgetrc Commands")."""
    lines = [
        "verbose = off",
        "server_response = on",
        "use_proxy = off",
        "tries = 1",
        "max_redirect = 0",
        "content_on_error = on",
        "output_document = -",
        f"timeout = {ASK_TIMEOUT}",
        f"check_certificate = {'on' if verify else 'off'}",
        f"method = {request.method}",
    ]
    lines += [f"header = {name}: {value}" for name, value in headers]
    if request.body:
        lines.append(f"body_file = {stem}.body")
    return "\n".join([*lines, ""]).encode()


def _json_request(
    request: Request, url: str, headers: tuple[tuple[str, str], ...], *, verify: bool
) -> bytes:
    return json.dumps(
        {
            "method": request.method,
            "url": url,
            "headers": headers,
            "body": request.body.decode("latin-1"),
            "timeout": ASK_TIMEOUT,
            "verify": verify,
        }
    ).encode()
