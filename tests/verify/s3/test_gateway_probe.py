"""What a gateway tells of itself, by scripted answers."""

from __future__ import annotations

import pytest

from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.core.credential import KeyPair
from setup_tool.core.errors import UnreachableError
from setup_tool.core.gateway import GatewayLimits
from setup_tool.core.http import Response
from setup_tool.core.secret import Secret
from setup_tool.verify.s3.gateway import NoGatewayError, limits, probe_region
from tests.verify.running import BUCKETS, NoWaiting, Scripted

PAIR = KeyPair("AKACCESS", Secret("s3cr3t"))


def _probe(*answers: Response | UnreachableError) -> str:
    web = Scripted(list(answers))
    return probe_region(web, BotocoreSigner(NoWaiting()), "http://here:1", PAIR)


def _malformed(inner: str) -> Response:
    code = "<Code>AuthorizationHeaderMalformed</Code>"
    return Response(400, (), f"<Error>{code}{inner}</Error>".encode())


def test_the_region_is_read_from_the_refusal_or_its_words() -> None:
    assert _probe(_malformed("<Region>eu-1</Region>")) == "eu-1"
    words = "the region 'x' is wrong; expecting 'US'"
    assert _probe(_malformed(f"<Message>{words}</Message>")) == "US"


def test_a_gateway_that_takes_any_region_is_asked_where_a_bucket_lies() -> None:
    where = Response(200, (), b"<LocationConstraint>eu-2</LocationConstraint>")
    assert _probe(BUCKETS, where) == "eu-2"
    assert _probe(BUCKETS, Response(200, (), b"<LocationConstraint/>")) == "us-east-1"
    assert _probe(BUCKETS, Response(403, (), b"")) == "us-east-1"
    assert _probe(Response(200, (), b"<ListAllMyBucketsResult/>")) == "us-east-1"


@pytest.mark.parametrize("region", ["", "two words", "x" * 65, "<b>", "a\nb"])
def test_a_region_that_can_be_none_is_not_taken(region: str) -> None:
    with pytest.raises(NoGatewayError, match="does not tell the region"):
        _probe(_malformed(f"<Region>{region.replace('<', '&lt;')}</Region>"))


def test_a_probe_of_nothing_is_unreachable() -> None:
    with pytest.raises(UnreachableError):
        _probe(UnreachableError("No answer."))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"s3api": {}}', GatewayLimits(1000, 5242880, allow_multipart_uploads=True)),
        (
            b'{"swift3": {"max_upload_part_num": 9, "allow_multipart_uploads": false}}',
            GatewayLimits(9, 5242880, allow_multipart_uploads=False),
        ),
        (b'{"swift": {}}', None),
        (b'{"s3api": {"min_segment_size": null}}', None),
        (b"[]", None),
        (b"<html>", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_limits_are_told_or_they_are_not(body: bytes, wanted: GatewayLimits | None) -> None:
    assert limits(Scripted([Response(200, (), body)]), "http://here:1/") == wanted
