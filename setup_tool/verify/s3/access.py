"""Checks on who may see an object, and through which door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.core.credential import KeyPair
from setup_tool.core.http import Request
from setup_tool.core.secret import Secret
from setup_tool.verify.answer import document, texts
from setup_tool.verify.check import UnmetError
from setup_tool.verify.refusal import refused
from setup_tool.verify.s3.answer import described, read_error
from setup_tool.verify.s3.objects import OBJECT
from setup_tool.verify.s3.session import path_of
from setup_tool.verify.s3.subject import same_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.http import Response
    from setup_tool.verify.s3.plan import NativeAccess
    from setup_tool.verify.s3.subject import Subject

_REFUSALS = (401, 403)
_NOT_FOR_YOU = (401, 403, 404)
"""Another project has another account, where the bucket does not even exist."""


def wrong_secret(subject: Subject) -> str:
    """Sign with the right key and a wrong secret."""
    pair = KeyPair(subject.session.pair.access, Secret(subject.entropy.token(16)))
    return _refused(_get_as(subject, pair))


def unknown_key(subject: Subject) -> str:
    """Sign with a key that nobody has."""
    pair = KeyPair(subject.entropy.token(16), Secret(subject.entropy.token(16)))
    return _refused(_get_as(subject, pair))


def unsigned(subject: Subject) -> str:
    """Ask without a signature; Swift passes that on to its native API, which knows no such path."""
    answer = subject.session.send_unsigned(subject.bucket, OBJECT)
    return _refused(answer, statuses=range(400, 500))


def foreign_key(subject: Subject, foreign: KeyPair) -> str:
    """Use another project's key, which must be a good one, or its refusal would prove nothing."""
    session = replace(subject.session, pair=foreign)
    own = session.send("GET")
    if own.status != 200:  # noqa: PLR2004
        raise UnmetError(
            f"The second key does not work itself, so nothing is proven: {described(own)}",
            read_error(own),
        )
    if subject.bucket in texts(document(own.body), "Buckets/Bucket/Name"):
        raise UnmetError(
            "The second key sees the first one's bucket in its list.",
            hint="Both keys seem to belong to the same project: give one of another.",
        )
    return _refused(_get_as(subject, foreign), statuses=_NOT_FOR_YOU)


def seen_natively(subject: Subject, native: NativeAccess) -> str:
    """Read the object through Swift's own API."""
    url = native.storage_url.rstrip("/") + path_of(subject.bucket, OBJECT)
    request = Request("GET", url, headers=(("X-Auth-Token", native.token),))
    answer = subject.session.web.send(request, timeout=subject.session.timeout)
    if answer.status == 404:  # noqa: PLR2004
        raise UnmetError(
            described(answer),
            hint="The token and the S3 key belong to different projects, or s3token's "
            "reseller_prefix is not the one of [filter:keystoneauth].",
        )
    if answer.status in _REFUSALS:
        raise UnmetError(
            described(answer), hint="The token is not, or no longer, good for this account."
        )
    same_bytes(answer, subject.contents[OBJECT])
    return ""


def read_others(subject: Subject, others: Sequence[Subject]) -> str:
    """Read here what was written through other endpoints; `wrote` picks them."""
    for other in others:
        answer = subject.session.send("GET", other.bucket, OBJECT)
        try:
            same_bytes(answer, other.contents[OBJECT])
        except UnmetError as unmet:
            raise UnmetError(
                f"Written through {other.session.url}: {unmet}", unmet.error, unmet.hint
            ) from None
    return f"written through {', '.join(other.session.url for other in others)}"


def wrote(subject: Subject) -> bool:
    """Tell whether the object was written through an endpoint."""
    return OBJECT in subject.contents


def _get_as(subject: Subject, pair: KeyPair) -> Response:
    return replace(subject.session, pair=pair).send("GET", subject.bucket, OBJECT)


def _refused(answer: Response, statuses: Sequence[int] = _REFUSALS) -> str:
    hint = "The gateway, or something before it, does not check who asks."
    return refused(read_error(answer), described(answer), statuses, hint)
