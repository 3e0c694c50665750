"""What may stand where a gateway should: balancers, web servers, echoes, nonsense."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.adapters.machine import SystemEntropy
from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.credential import KeyPair
from setup_tool.core.errors import DeclarationError, UnreachableError
from setup_tool.core.http import Request, Response
from setup_tool.core.secret import Secret
from setup_tool.verify.report import as_document, as_junit, table_rows
from setup_tool.verify.result import Status, all_well
from setup_tool.verify.s3.plan import NativeAccess, S3VerifyPlan
from setup_tool.verify.s3.run import run_s3_checks
from tests.adapters.wire import Sent, certificate, wire_server
from tests.verify.running import BUCKETS, NoWaiting, Scripted, failed, verify

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "c4n4ry-secret-0123456789abcdef"
TOKEN = "gAAAAABc4n4ryT0ken" + "x" * 80
PAIR = KeyPair("AKACCESS", Secret(SECRET))


def _plan(url: str, region: str | None = "RegionOne") -> S3VerifyPlan:
    native = NativeAccess(f"{url}/v1/AUTH_x", Secret(TOKEN))
    return S3VerifyPlan(
        url, PAIR, region, (url,), foreign=KeyPair("OTHER", PAIR.secret), native=native
    )


def _http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


HTML = "Content-Type: text/html; charset=utf-8"
ANSWERS = {
    "a balancer without a proxy": (
        _http("503 Service Unavailable", b"<html><title>503 busy</title></html>", HTML),
        r"HTTP 503 with 36 bytes of text/html, not S3's XML, titled '503 busy'",
        "load balancer",
    ),
    "a redirect": (
        _http(
            "301 Moved", b"", "Location: https://s3.example.com/?X-Amz-Signature=abcdef0123456789"
        ),
        r"HTTP 301, to https://s3\.example\.com/$",
        "moved",
    ),
    "a web server": (_http("404 Not Found", b"nope", HTML), "HTTP 404 with 4 bytes", "s3api"),
    "a web page": (_http("200 OK", b"<html>hello</html>", HTML), "no list of buckets", "not an S3"),
    "authtoken": (_http("401 Unauthorized", b"{}"), "HTTP 401", "delay_auth_decision"),
    "entities": (
        _http("200 OK", b'<!DOCTYPE x [<!ENTITY a "b">]><ListAllMyBucketsResult/>'),
        "no list of buckets",
        "not an S3",
    ),
    "half of an XML": (_http("403 Forbidden", b"<Error><Code>Acc"), "HTTP 403", "not an S3"),
    "another encoding": (_http("403 Forbidden", b"\xff\xfe\x00<\x00"), "HTTP 403", "not an S3"),
    "S3 as a skewed clock": (
        _http(
            "403 Forbidden",
            b"<Error><Code>RequestTimeTooSkewed</Code><Message>too far</Message></Error>",
            "Date: Sat, 21 Nov 2026 01:02:03 GMT",
        ),
        "HTTP 403 RequestTimeTooSkewed: too far",
        "the gateway's Date is 01:02:03 UTC",
    ),
    "a host rewritten": (
        _http(
            "403 Forbidden",
            b"<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><CanonicalRequest>"
            b"GET\n/\n\nhost:swift.internal:8080\nx-amz-date:1\n</CanonicalRequest></Error>",
        ),
        "HTTP 403 SignatureDoesNotMatch",
        "reached the gateway as swift.internal:8080: a load balancer rewrites Host",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_answers_instead_of_a_gateway_is_described(case: str) -> None:
    answer, detail, hint = ANSWERS[case]
    with wire_server(lambda _: answer) as server:
        results = verify(_plan(server.url), clock=NoWaiting())
    first = failed(results)["list buckets"]
    assert re.search(detail, first.detail), first.detail
    assert hint in first.hint
    assert {result.status for result in results} == {Status.FAILED, Status.NOT_RUN}


@pytest.mark.parametrize("case", ANSWERS)
def test_nothing_but_a_gateway_tells_a_region(case: str) -> None:
    answer, _, hint = ANSWERS[case]
    with wire_server(lambda _: answer) as server:
        results = verify(_plan(server.url, region=None), clock=NoWaiting())
    assert not all_well(results)
    assert hint in failed(results).popitem()[1].hint


def test_an_untrusted_certificate_is_a_failed_check(tmp_path: Path) -> None:
    context, pem = certificate(tmp_path)
    nothing = _http("404 Not Found", b"")
    with wire_server(lambda _: nothing, context) as server:
        untrusted = verify(_plan(server.url), UrllibWeb())
        trusted = verify(_plan(server.url), UrllibWeb(pem))
    assert "(TLS: self-signed certificate)" in failed(untrusted)["list buckets"].detail
    assert "HTTP 404" in failed(trusted)["list buckets"].detail


def test_a_gateway_that_is_not_there_is_a_failed_check() -> None:
    with wire_server() as server:
        url = server.url
    for region in ("RegionOne", None):
        results = verify(_plan(url, region))
        assert "(connect: Connection refused)" in next(iter(failed(results).values())).detail
        assert {result.status for result in results} == {Status.FAILED, Status.NOT_RUN}


def test_a_url_that_is_none_is_an_error_of_usage() -> None:
    with pytest.raises(DeclarationError, match="cannot be asked"):
        verify(_plan("swift.example.com:8080"))


def _echo(sent: Sent) -> bytes:
    """Answer as a debugging page does: with all that was sent."""
    headers = b"\n".join(name + b": " + value for name, value in sent.headers.items())
    shown = sent.line + b"\n" + headers
    body = b"<html><title>" + shown + b"</title>" + shown + b"</html>"
    return _http("500 Oops", body, HTML, f"Location: {sent.target.decode()}")


def _echo_as_s3(sent: Sent) -> bytes:
    """List buckets and make them; refuse the rest with an error that repeats the request."""
    if sent.line.startswith(b"GET / "):
        return _http("200 OK", b"<ListAllMyBucketsResult/>")
    if re.match(rb"(PUT|HEAD) /[^/?]+ ", sent.line) or b"/object" in sent.target:
        return _http("200 OK", b"", "ETag: x")
    headers = b" ".join(name + b": " + value for name, value in sent.headers.items())
    said = (sent.line + b" " + headers).replace(b"&", b"&amp;")
    return _http("400 Bad", b"<Error><Code>%b</Code><Message>%b</Message></Error>" % (said, said))


@pytest.mark.parametrize("answer", [_echo, _echo_as_s3])
def test_no_secret_signature_or_token_gets_into_a_result_even_when_it_is_echoed(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with wire_server(answer) as server:  # type: ignore[arg-type]
        results = verify(_plan(server.url), clock=NoWaiting())
        sent = server.seen
    secrets = {SECRET, TOKEN}
    for request in sent:
        shown = request.headers.get(b"authorization", b"") + request.target
        secrets |= {
            found.decode()
            for found in re.findall(rb"Signature=([^&\s]{20,})|AWS \w+:(\S+)", shown)
            for found in found
            if found
        }
    assert len(secrets) > 2
    texts = [
        repr(results),
        json.dumps(as_document(results)),
        as_junit(results),
        repr(table_rows(results)),
        caplog.text,
    ]
    for shown in texts:
        for secret in secrets:
            assert secret not in shown
            assert secret[:24] not in shown


_BODIES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"<Error><Code>SignatureDoesNotMatch</Code></Error>",
            b"<Error/>",
            b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>",
            b"<LocationConstraint>RegionOne</LocationConstraint>",
            (
                b"<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key>"
                b"</Contents></ListBucketResult>"
            ),
            b"<CopyObjectResult/>",
            (
                b"<InitiateMultipartUploadResult><UploadId>1</UploadId>"
                b"</InitiateMultipartUploadResult>"
            ),
            b'{"s3api": {"min_segment_size": "many"}}',
            b'{"s3api": []}',
        ]
    ),
)
_ANSWERS = st.one_of(
    st.builds(
        Response,
        st.sampled_from([100, 200, 204, 301, 400, 401, 403, 404, 409, 412, 500, 501, 503]),
        st.just((("etag", '"x"'), ("date", "no date"))),
        _BODIES,
    ),
    st.just(UnreachableError("No answer from here:1 (read: timed out).")),
)


class HalfGood(Scripted):
    """Lists, makes, stores and returns like a gateway that lets anybody in; scripted otherwise."""

    def __init__(self, answers: list[Response | UnreachableError]) -> None:
        super().__init__(answers)
        self._stored: dict[str, bytes] = {}

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        url = str(request.url)
        self.count += 1
        if request.method == "PUT" and "?" not in url:
            self._stored[url] = request.body
            return Response(200, (("etag", '"x"'),), b"")
        if request.method == "GET" and url in self._stored:
            return Response(200, (), self._stored[url])
        if request.method == "GET" and url == "http://here:1/":
            return BUCKETS
        if request.method == "HEAD" and url in self._stored:
            return Response(200, (), b"")
        return super().send(request, timeout=timeout)


@settings(max_examples=100, deadline=None)
@given(
    answers=st.lists(_ANSWERS, min_size=1, max_size=5),
    region=st.sampled_from([None, "RegionOne"]),
    web=st.sampled_from([Scripted, HalfGood]),
)
def test_whatever_is_answered_the_run_ends_with_results_that_are_not_well(
    answers: list[Response | UnreachableError], region: str | None, web: type[Scripted]
) -> None:
    gateway = web(answers)
    clock = NoWaiting()
    results = run_s3_checks(
        _plan("http://here:1", region),
        web=gateway,
        signer=BotocoreSigner(clock),
        clock=clock,
        entropy=SystemEntropy(),
    )
    assert results
    assert not all_well(results)
    assert gateway.count < 2000
