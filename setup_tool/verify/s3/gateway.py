"""What a gateway tells about itself: its region and its limits."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import SetupToolError
from setup_tool.core.gateway import GatewayLimits
from setup_tool.core.http import Request
from setup_tool.verify.answer import document, texts, value
from setup_tool.verify.s3.answer import described, read_error
from setup_tool.verify.s3.hints import Circumstances, hint_for
from setup_tool.verify.s3.session import S3Session

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from setup_tool.core.credential import KeyPair
    from setup_tool.ports import Signer, Web

DEFAULT_REGION = "us-east-1"
"""What S3 calls the region of a bucket that names none, and every client's default."""

BUCKET_LIST = "ListAllMyBucketsResult"

MIN_SEGMENT_SIZE = 5 * 1024 * 1024
"""Bytes of the smallest part, but for the last, in S3 and by default in Swift."""

_PARTS = 1000
_NOWHERE = "setup-tool-region-probe"
_REGION = re.compile(r"[\w.-]{1,64}")
_EXPECTING = re.compile(r"expecting '([^']+)'")


class NoGatewayError(SetupToolError):
    """What answers is no working S3 gateway: what it said, and where the cause may be."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(f"{said} {hint}".rstrip())
        self.said = said
        self.hint = hint


def probe_region(web: Web, signer: Signer, url: str, pair: KeyPair) -> str:
    """Return the region that requests to a gateway have to be signed for.

    A request signed for a region that cannot be is refused with the right one
    (``<Region>``; swift3 and s3api do, before they look at the key). A gateway that does
    not mind is asked where the first bucket of the key's owner lies; without one, any
    region will do and `DEFAULT_REGION` is returned. Nothing is written.

    Raises:
        UnreachableError: Nothing answers at ``url``.
        NoGatewayError: What answers there is no working S3 gateway.
    """
    session = S3Session(web, signer, url, pair, region=_NOWHERE)
    answer = session.send("GET")
    error = read_error(answer)
    said = _EXPECTING.search(value(document(answer.body), "Message"))
    for region in (error.region, said[1] if said else ""):
        if _REGION.fullmatch(region):
            return region
    listing = document(answer.body)
    if answer.status == 200 and listing is not None and listing.tag == BUCKET_LIST:  # noqa: PLR2004
        return _region_of_a_bucket(session, listing)
    raise NoGatewayError(
        f"{url} does not tell the region of its S3 API: it answered {described(answer)}.",
        hint_for(error, Circumstances(session.host)),
    )


def _region_of_a_bucket(session: S3Session, listing: Element) -> str:
    names = texts(listing, "Buckets/Bucket/Name")
    if not names:
        return DEFAULT_REGION
    root = document(session.send("GET", names[0], query=(("location", ""),)).body)
    location = (root.text or "") if root is not None and root.tag == "LocationConstraint" else ""
    return location if _REGION.fullmatch(location) else DEFAULT_REGION


def limits(web: Web, url: str) -> GatewayLimits | None:
    """Return what Swift's ``/info`` says of its S3 API, or None where it does not.

    Raises `UnreachableError`.
    """
    answer = web.send(Request("GET", f"{url.rstrip('/')}/info"))
    try:
        info: Any = json.loads(answer.body)
        told = info.get("s3api", info.get("swift3"))
        return GatewayLimits(
            max_upload_part_num=int(told.get("max_upload_part_num", _PARTS)),
            min_segment_size=int(told.get("min_segment_size", MIN_SEGMENT_SIZE)),
            allow_multipart_uploads=bool(told.get("allow_multipart_uploads", True)),
        )
    except (ValueError, AttributeError, TypeError):
        return None  # not Swift, no S3 in it, or `expose_info = false`
