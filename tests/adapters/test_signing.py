"""botocore's own clients are the oracle: the same request at the same time, signed alike."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.credential import KeyPair
from setup_tool.core.http import Request
from setup_tool.core.secret import Secret
from setup_tool.verify.s3.objects import ODD_KEYS
from setup_tool.verify.s3.session import S3Session
from tests.adapters.wire import wire_server

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 21, 20, 30, 15, tzinfo=UTC)
PAIR = KeyPair("AK1ACCESS", Secret("s3cr3t/+="))
REGION = "RegionOne"
ENDPOINT = "http://s3.example.com:8080"

TRICKY_KEYS = (*(key for _, key in ODD_KEYS), "plain", "a//b", "dots/../up/./here", "~tilde*'()!")


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def wait(self, seconds: float) -> None:
        raise AssertionError(seconds)


SIGNER = BotocoreSigner(FixedClock())


@pytest.fixture(autouse=True)
def _botocore_has_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = NOW.timestamp()
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None))
    monkeypatch.setattr(botocore.auth, "formatdate", lambda **_: "Sat, 21 Nov 2026 20:30:15 GMT")
    faked = SimpleNamespace(time=lambda: stamp, gmtime=NOW.timetuple, strftime=_strftime)
    monkeypatch.setattr(botocore.auth, "time", faked)


def _strftime(form: str, _: object) -> str:
    return NOW.strftime(form)


@cache
def _client(version: str, service: str = "s3") -> Any:
    names = {("v4", "s3"): "s3v4", ("v2", "s3"): "s3", ("v4", "ec2"): "v4", ("v2", "ec2"): "v2"}
    return botocore.session.Session().create_client(
        service,
        region_name=REGION,
        endpoint_url=ENDPOINT,
        aws_access_key_id=PAIR.access,
        aws_secret_access_key=PAIR.secret.reveal(),
        config=Config(
            signature_version=names[version, service],
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 0},
        ),
    )


def _prepared(client: Any, service: str, operation: Callable[[Any], object]) -> Any:
    """Return what a client is about to send."""
    caught: list[Any] = []

    def catch(request: Any, **_: object) -> AWSResponse:
        caught.append(request)
        body = b"<Response/>"
        raw = SimpleNamespace(stream=lambda: iter((body,)))
        return AWSResponse(request.url, 200, {}, raw)

    client.meta.events.register(f"before-send.{service}", catch, unique_id="catch")
    try:
        operation(client)
    finally:
        client.meta.events.unregister(f"before-send.{service}", unique_id="catch")
    return caught[0]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _unsigned(prepared: Any) -> Request:
    """Take the signature out of a request, and what is added by signing or after it."""
    added = re.compile(
        r"authorization|(x-amz-)?date|x-amz-content-sha256|user-agent|content-length|amz-sdk-.*"
    )
    headers = tuple(
        (name, _text(value))
        for name, value in prepared.headers.items()
        if not added.fullmatch(name.lower())
    )
    body = prepared.body if prepared.body is not None else b""
    body = body if isinstance(body, bytes | str) else body.read()
    return Request(
        prepared.method, prepared.url, headers, body.encode() if isinstance(body, str) else body
    )


def _revealed(request: Request, name: str) -> str:
    value = {key.lower(): value for key, value in request.headers}[name]
    return value.reveal() if isinstance(value, Secret) else value


OPERATIONS: dict[str, Callable[[Any], object]] = {
    "list": lambda s3: s3.list_buckets(),
    "make": lambda s3: s3.create_bucket(
        Bucket="b", CreateBucketConfiguration={"LocationConstraint": REGION}
    ),
    "location": lambda s3: s3.get_bucket_location(Bucket="b"),
    "pages": lambda s3: s3.list_objects_v2(
        Bucket="b", Prefix="a b/ü+", MaxKeys=4, ContinuationToken="x=/+"
    ),
    "start": lambda s3: s3.create_multipart_upload(Bucket="b", Key="k"),
    "part": lambda s3: s3.upload_part(
        Bucket="b", Key="k", PartNumber=2, UploadId="abc==", Body=b"part"
    ),
    "copy": lambda s3: s3.copy_object(Bucket="b", Key="k", CopySource="b/ü x"),
    "delete": lambda s3: s3.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "ü&<"}]}),
    "metadata": lambda s3: s3.put_object(
        Bucket="b", Key="k", Body=b"x", Metadata={"a-b": "two  words"}, ContentType="text/plain"
    ),
}


ON_BUCKETS = {"make", "location", "pages", "delete"}
"""With SigV2 botocore signs ``/b/`` and sends ``/b`` here, which s3api refuses."""


@pytest.mark.parametrize(
    ("version", "operation"),
    [
        *(("v4", operation) for operation in OPERATIONS),
        *(("v2", operation) for operation in OPERATIONS if operation not in ON_BUCKETS),
    ],
)
def test_a_request_is_signed_as_botocores_client_signs_it(version: str, operation: str) -> None:
    theirs = _prepared(_client(version), "s3", OPERATIONS[operation])
    ours = SIGNER.sign(_unsigned(theirs), PAIR, region=REGION, version=version)
    assert _revealed(ours, "authorization") == _text(theirs.headers["Authorization"])
    assert ours.url == theirs.url


@pytest.mark.parametrize("key", TRICKY_KEYS)
@pytest.mark.parametrize("version", ["v2", "v4"])
def test_odd_keys_make_the_url_and_signature_that_botocores_client_makes(
    version: str, key: str
) -> None:
    theirs = _prepared(_client(version), "s3", lambda s3: s3.get_object(Bucket="b", Key=key))
    session = S3Session(UrllibWeb(), SIGNER, ENDPOINT, PAIR, REGION, version)
    assert session.address("b", key) == theirs.url
    ours = SIGNER.sign(_unsigned(theirs), PAIR, region=REGION, version=version)
    assert _revealed(ours, "authorization") == _text(theirs.headers["Authorization"])


@pytest.mark.parametrize("key", TRICKY_KEYS)
@pytest.mark.parametrize("version", ["v2", "v4"])
def test_a_presigned_url_is_botocores(version: str, key: str) -> None:
    theirs = _client(version).generate_presigned_url(
        "get_object", {"Bucket": "b", "Key": key}, ExpiresIn=300
    )
    session = S3Session(UrllibWeb(), SIGNER, ENDPOINT, PAIR, REGION, version)
    request = Request("GET", session.address("b", key))
    ours = SIGNER.presign(request, PAIR, region=REGION, version=version, expires=300)
    assert isinstance(ours.url, Secret)
    assert ours.url.reveal() == theirs


@pytest.mark.parametrize("key", TRICKY_KEYS)
@pytest.mark.parametrize("version", ["v2", "v4"])
def test_the_bytes_on_the_wire_are_those_that_were_signed(version: str, key: str) -> None:
    with wire_server() as server:
        session = S3Session(UrllibWeb(), SIGNER, server.url, PAIR, REGION, version)
        session.send("PUT", "b", key, body=b"x")
        session.send_presigned("b", key)
        (plain, presigned), root = server.seen, server.url
    request = Request("PUT", session.address("b", key), body=b"x")
    signed = SIGNER.sign(request, PAIR, region=REGION, version=version)
    url = SIGNER.presign(
        Request("GET", request.url), PAIR, region=REGION, version=version, expires=300
    ).url
    assert isinstance(url, Secret)
    assert plain.target == str(signed.url).removeprefix(root).encode()
    assert plain.headers[b"authorization"] == _revealed(signed, "authorization").encode()
    assert presigned.target == url.reveal().removeprefix(root).encode()


@pytest.mark.parametrize("version", ["v2", "v4"])
def test_an_ec2_request_is_signed_as_botocores_client_signs_it(version: str) -> None:
    theirs = _prepared(_client(version, "ec2"), "ec2", lambda ec2: ec2.describe_regions())
    request = _unsigned(theirs)
    if version == "v4":
        ours = SIGNER.sign(request, PAIR, region=REGION, version="v4", service="ec2")
        assert _revealed(ours, "authorization") == _text(theirs.headers["Authorization"])
    else:
        added = ("Signature", "SignatureVersion", "SignatureMethod", "Timestamp", "AWSAccessKeyId")
        form = dict(parse_qsl(request.body.decode()))
        body = "&".join(f"{name}={value}" for name, value in form.items() if name not in added)
        bare = Request("POST", request.url, request.headers, body.encode())
        ours = SIGNER.sign(bare, PAIR, region=REGION, version="v2", service="ec2")
        assert dict(parse_qsl(ours.body.decode())) == form


def test_ec2_parameters_in_the_query_are_signed_there() -> None:
    request = Request("GET", f"{ENDPOINT}/services/Cloud?Action=DescribeRegions&Version=2010-08-31")
    ours = SIGNER.sign(request, PAIR, region=REGION, version="v2", service="ec2")
    assert isinstance(ours.url, Secret)
    query = dict(parse_qsl(urlsplit(ours.url.reveal()).query))
    assert query["Action"] == "DescribeRegions"
    assert query["Timestamp"] == "2026-11-21T20:30:15Z"
    assert len(query["Signature"]) == 44


def test_signatures_and_secrets_show_in_no_repr_and_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    request = Request("GET", f"{ENDPOINT}/b/k", (("X-Auth-Token", Secret("t0k3n")),))
    for version in ("v2", "v4"):
        signed = SIGNER.sign(request, PAIR, region=REGION, version=version)
        signature = _revealed(signed, "authorization")[-20:]
        presigned = SIGNER.presign(request, PAIR, region=REGION, version=version, expires=9)
        assert isinstance(presigned.url, Secret)
        for shown in (repr(signed), repr(presigned), caplog.text):
            assert signature not in shown
            assert presigned.url.reveal()[-20:] not in shown
            assert PAIR.secret.reveal() not in shown
            assert "t0k3n" not in shown
