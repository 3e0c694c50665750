"""From what a client sees to where the cause may be.

The pairs were seen on Swift 2.30 and 2.38 with one fault at a time put into a working
gateway. Many faults look alike from outside; a hint names them all, the likeliest first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.verify.answer import MOVED
from setup_tool.verify.skew import skew_hint

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from setup_tool.verify.s3.answer import S3Error


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known when a check fails.

    ``host`` is what the client signed as Host; ``works_at`` another target where the
    same key was accepted, or an empty string; ``odd_key`` tells that a plain key worked
    at this target and this one is not plain.
    """

    host: str
    works_at: str = ""
    odd_key: bool = False
    now: datetime | None = None


def hint_for(error: S3Error, seen: Circumstances) -> str:
    """Return a sentence or two on the cause, or an empty string when none is known."""
    known = _BY_CODE.get(error.code)
    if known is not None:
        return known if isinstance(known, str) else known(error, seen)
    if not error.code:
        return _not_s3(error)
    return ""


def _signature(error: S3Error, seen: Circumstances) -> str:
    host = re.search(r"^host:(.*)$", error.canonical_request, re.MULTILINE)
    if host is not None and host[1].strip() != seen.host:
        return (
            f"The request was signed for host {seen.host} and reached the gateway as "
            f"{host[1].strip()}: a load balancer rewrites Host. Let it pass the client's."
        )
    if seen.odd_key:
        return (
            "Plain keys work here and this one does not: something in front of the gateway "
            "decodes the path or merges its slashes."
        )
    if seen.works_at:
        return (
            f"The same key works at {seen.works_at}, so the key is good: compare this gateway's "
            "[filter:s3token] (its login, role service, auth_uri with /v3) and the order of its "
            "pipeline with that one's, and look for a load balancer that rewrites Host."
        )
    return (
        "Keystone did not confirm the key. Either the key or secret is wrong or revoked or its "
        "project disabled; or [filter:s3token] has no working login with role service (needed "
        "since OSSA-2025-002) or an auth_uri without /v3; or the pipeline is not in the order "
        "authtoken s3api s3token keystoneauth."
    )


def _region(error: S3Error, _: Circumstances) -> str:
    asked = f"the gateway signs for region {error.region}" if error.region else "the region differs"
    return f"The client's region is wrong: {asked}. Write the client files again with it."


def _clock(error: S3Error, seen: Circumstances) -> str:
    return skew_hint("gateway", error.date, seen.now, "15 minutes")


def _internal(error: S3Error, _: Circumstances) -> str:
    if "404" in error.message:
        return (
            "The project has no Swift account yet and the gateway does not make it: set "
            "account_autocreate = true in [app:proxy-server]."
        )
    return "The gateway failed at something behind it: its log names it by the request's id."


def _not_implemented(error: S3Error, _: Circumstances) -> str:
    if "multi" in error.message.lower():
        return (
            "The filter slo is not in the pipeline (after s3api), or allow_multipart_uploads is "
            "off: clients cannot upload large files."
        )
    return "This gateway's release does not know that request."


def _not_s3(error: S3Error) -> str:
    status = error.status
    if status == 401:  # noqa: PLR2004
        return (
            "Something before S3 asked for a token: [filter:authtoken] lacks "
            "delay_auth_decision = true."
        )
    if status in {404, 405, 412}:
        return (
            "What answers here is not an S3 gateway: s3api is not in the proxy's pipeline, or "
            "the URL is not the gateway's root."
        )
    if 300 <= status < 400:  # noqa: PLR2004
        return MOVED
    if status >= 500:  # noqa: PLR2004
        return (
            "A load balancer answers in the gateway's place, or the proxy failed: look whether "
            "a proxy is up behind this URL, and at its log."
        )
    return "What answers here is not an S3 gateway."


_BY_CODE: dict[str, str | Callable[[S3Error, Circumstances], str]] = {
    "SignatureDoesNotMatch": _signature,
    "InvalidAccessKeyId": "The gateway does not know the access key: it was revoked or mistyped.",
    "AccessDenied": (
        "The key is good, but its user has no role in the project that operator_roles of "
        "[filter:keystoneauth] names."
    ),
    "AuthorizationHeaderMalformed": _region,
    "InvalidLocationConstraint": (
        "The region asked for is not the gateway's location: write the client files again with "
        "the gateway's."
    ),
    "InvalidURI": "The proxy cannot reach Keystone at auth_uri of its [filter:s3token].",
    "RequestTimeTooSkewed": _clock,
    "InternalError": _internal,
    "NotImplemented": _not_implemented,
    "ServiceUnavailable": "The gateway is overloaded or storage servers are down: see its log.",
    "SlowDown": "The gateway limits the rate of requests (filter ratelimit).",
    "NoSuchBucket": (
        "The bucket made a moment ago is not there: the endpoint leads to another cluster or "
        "account than the one before, or containers are not replicated."
    ),
    "NoSuchKey": (
        "The object written a moment ago is not there: the endpoint leads to another cluster, "
        "or something rewrites the path."
    ),
}
