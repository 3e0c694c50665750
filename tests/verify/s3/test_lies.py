"""A gateway whose answers are tampered with: every check must notice its own lie."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.secret import Secret
from setup_tool.verify.result import Status
from setup_tool.verify.run import REMOVAL
from tests.verify.running import NoWaiting, by_status, failed, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.core.http import Request, Response
    from tests.verify.s3.gateway_fixture import Gateway


def _shown(request: Request) -> str:
    """Return method, path and query, and who signed, in one line."""
    url = request.url.reveal() if isinstance(request.url, Secret) else request.url
    signed = dict(request.headers).get("Authorization", "")
    by = signed.reveal() if isinstance(signed, Secret) else "nobody"
    token = " token" if "X-Auth-Token" in dict(request.headers) else ""
    return f"{request.method} /{url.split('/', 3)[3]}{token} by {by}"


@dataclass(slots=True)
class Lying:
    """A `Web` that changes the answers to some requests."""

    lies: tuple[tuple[str, Callable[[Response], Response]], ...]

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        answer = UrllibWeb().send(request, timeout=timeout)
        shown = _shown(request)
        for pattern, lie in self.lies:
            if re.match(pattern, shown):
                answer = lie(answer)
        return answer


def _body(change: Callable[[bytes], bytes]) -> Callable[[Response], Response]:
    return lambda answer: replace(answer, body=change(answer.body))


def _status(status: int) -> Callable[[Response], Response]:
    return lambda answer: replace(answer, status=status)


def _refused_as(status: int, instead: int) -> Callable[[Response], Response]:
    return lambda answer: replace(answer, status=instead) if answer.status == status else answer


def _flipped(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])


def _without_metadata(answer: Response) -> Response:
    kept = tuple(header for header in answer.headers if header[0] != "x-amz-meta-made-by")
    return replace(answer, headers=kept)


def _lies(gateway: Gateway) -> dict[str, tuple[str, Callable[[Response], Response]]]:
    error = b"<Error><Code>InternalError</Code><Message>late</Message></Error>"
    mine, theirs = gateway.demo.access, gateway.bob.access
    no_size = b"<Deleted><Key>size/0</Key></Deleted>"
    return {
        "put and get 1 byte": (r"GET /[^/]+/size/1 ", _body(lambda _: b"")),
        "put and get 5,242,881 bytes": (r"GET /[^/]+/size/5242881 ", _body(_flipped)),
        "key with plus": (r"GET /[^/]+/odd/one%2Bone", _status(404)),
        "head an object": (r"HEAD /[^/]+/head ", _without_metadata),
        "copy an object": (r"PUT /[^/]+/copy ", _body(lambda _: error)),
        "multipart upload": (r"POST .*\?uploadId=", _body(lambda _: error)),
        "list by prefix and delimiter": (
            r"GET .*\?prefix=odd",
            _body(lambda body: body.replace(b"odd/one", b"odd/two")),
        ),
        "list in pages": (
            r"GET .*\?list-type=2",
            _body(lambda body: re.sub(rb"(<Contents>.*?</Contents>)", rb"\1\1", body)),
        ),
        "presigned GET with SigV4": (r"GET .*\?X-Amz-Algorithm", _status(403)),
        "presigned GET with SigV2": (r"GET .*\?AWSAccessKeyId", _body(_flipped)),
        "round trip with SigV2": (r"DELETE .*sigv2", _status(200)),
        "a wrong secret is refused": (rf"GET /[^/]+/object by .*{mine}", _refused_as(403, 200)),
        "an unknown key is refused": (
            rf"GET /[^/]+/object by (?!nobody|.*({mine}|{theirs}))",
            _refused_as(403, 500),
        ),
        "an unsigned request is refused": (r"GET /[^/?]+/object by nobody", _status(200)),
        "another project's key is refused": (
            rf"GET /[^/]+/object by .*{theirs}",
            _refused_as(404, 200),
        ),
        "seen through Swift's native API": (r"GET .* token", _body(_flipped)),
        "delete several objects at once": (
            r"POST .*\?delete",
            _body(lambda body: body.replace(no_size, b"<Error><Code>AccessDenied</Code></Error>")),
        ),
    }


def test_each_check_notices_what_is_not_true(gateway: Gateway) -> None:
    lies = _lies(gateway)
    plan = replace(gateway.plan(), proxies=())
    results = verify(plan, Lying(tuple(lies.values())), clock=NoWaiting())
    assert set(failed(results)) == set(lies)
    passed = set(by_status(results, Status.PASSED))
    assert passed >= {"list buckets", "make a bucket", "put and get an object", REMOVAL}
    found = {name: result.detail for name, result in failed(results).items()}
    assert found["put and get 1 byte"] == "1 bytes were written and 0 read."
    assert "differ from byte 5,242,880 on" in found["put and get 5,242,881 bytes"]
    assert "InternalError late" in found["multipart upload"]
    assert "1 missing, such as 'odd/one+one=two'" in found["list by prefix and delimiter"]
    assert found["a wrong secret is refused"] == "It was let in: HTTP 200."
    assert "not for who asked" in found["an unknown key is refused"]
    assert "1 of " in found["delete several objects at once"]
    assert gateway.containers() == []


def test_an_object_written_through_one_proxy_must_be_the_same_through_another(
    gateway: Gateway,
) -> None:
    second = gateway.proxies[1].rpartition(":")[2]
    seen: list[str] = []

    class Diverging(Lying):
        def send(self, request: Request, *, timeout: float = 60.0) -> Response:
            answer = UrllibWeb().send(request, timeout=timeout)
            if re.match(r"GET /[^/]+/object ", _shown(request)) and f":{second}/" in str(
                request.url
            ):
                seen.append(_shown(request))
                return replace(answer, body=_flipped(answer.body)) if len(seen) == 2 else answer
            return answer

    results = verify(gateway.plan(), Diverging(()))
    found = failed(results)["read what other proxies wrote"]
    assert found.target == gateway.proxies[1]
    assert f"Written through {gateway.proxies[0]}: " in found.detail


def test_a_bucket_that_lies_elsewhere_is_noticed(gateway: Gateway) -> None:
    elsewhere = _body(lambda body: body.replace(b"RegionOne", b"RegionTwo"))
    plan = replace(gateway.plan(), proxies=())
    results = verify(plan, Lying(((r"GET .*\?location", elsewhere),)))
    assert list(failed(results)) == ["the bucket is in the region"]
    assert "RegionTwo" in failed(results)["the bucket is in the region"].detail
    assert gateway.containers() == []
