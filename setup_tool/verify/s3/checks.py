"""Which checks there are, in which order, and what each one needs.

Through the public URL everything is tried; through a single proxy only what proves that
it is a whole gateway and shares its storage with the others: its pipeline and its login
are its own, the rest is the cluster's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from setup_tool.verify.check import Check
from setup_tool.verify.s3 import access, listings, objects
from setup_tool.verify.s3.gateway import MIN_SEGMENT_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.verify.s3.plan import S3VerifyPlan
    from setup_tool.verify.s3.subject import Subject

FIRST = "list buckets"
_BUCKET = "make a bucket"
_OBJECT = "put and get an object"

ODD_KEYS = tuple(f"key with {what}" for what, _ in objects.ODD_KEYS)
"""The checks of keys that are not plain."""

_LARGEST_PART = 64 * 1024 * 1024
"""Bytes; a gateway that wants larger parts is not tried with them."""


def proxy_checks(earlier: Sequence[Subject]) -> tuple[Check[Subject], ...]:
    """Return the checks of a single proxy, which end in reading what an earlier one wrote."""
    return (
        Check(FIRST, objects.list_buckets),
        Check(_BUCKET, objects.make_bucket, (FIRST,)),
        Check(_OBJECT, objects.put_and_get, (_BUCKET,)),
        *_cross_read(earlier, most=1),
    )


def public_checks(
    plan: S3VerifyPlan, limits: GatewayLimits | None, proxies: Sequence[Subject]
) -> tuple[Check[Subject], ...]:
    """Return the checks of the public URL."""
    return (
        Check(FIRST, objects.list_buckets),
        Check(_BUCKET, objects.make_bucket_in_region, (FIRST,)),
        Check(_OBJECT, objects.put_and_get, (_BUCKET,)),
        Check("the bucket is in the region", objects.locate_bucket, (_BUCKET,)),
        *_cross_read(proxies, most=len(proxies)),
        *_sizes_and_keys(),
        Check("head an object", objects.head, (_BUCKET,)),
        Check("copy an object", objects.copy, (_OBJECT,)),
        _multipart(limits),
        Check("list by prefix and delimiter", listings.list_prefix_and_delimiter, (_OBJECT,)),
        Check("list in pages", listings.list_pages, (_OBJECT,)),
        Check("presigned GET with SigV4", partial(objects.presigned, version="v4"), (_OBJECT,)),
        Check("presigned GET with SigV2", partial(objects.presigned, version="v2"), (_OBJECT,)),
        Check("round trip with SigV2", objects.round_trip_v2, (_BUCKET,)),
        Check("a wrong secret is refused", access.wrong_secret, (_OBJECT,)),
        Check("an unknown key is refused", access.unknown_key, (_OBJECT,)),
        Check("an unsigned request is refused", access.unsigned, (_OBJECT,)),
        *_given(plan),
        Check("delete several objects at once", listings.delete_several, (_OBJECT,)),
    )


def _cross_read(others: Sequence[Subject], most: int) -> Iterator[Check[Subject]]:
    """Yield the check that reads what the latest of the others wrote, if there are others."""
    if not others:
        return
    writers = [other for other in others if access.wrote(other)][-most:]
    run = partial(access.read_others, others=writers)
    blocked = "" if writers else "Nothing could be written through the others."
    yield Check("read what other proxies wrote", run, (FIRST,), blocked=blocked)


def _sizes_and_keys() -> Iterator[Check[Subject]]:
    for size in objects.SIZES:
        run = partial(objects.put_and_get_size, key=f"size/{size}", size=size)
        yield Check(f"put and get {size:,} byte{'' if size == 1 else 's'}", run, (_BUCKET,))
    for name, (_, key) in zip(ODD_KEYS, objects.ODD_KEYS, strict=True):
        run = partial(objects.put_and_get_size, key=key, size=len(key))
        yield Check(name, run, (_OBJECT,))


def _multipart(limits: GatewayLimits | None) -> Check[Subject]:
    size = limits.min_segment_size if limits else MIN_SEGMENT_SIZE
    skip = ""
    if limits and not limits.allow_multipart_uploads:
        skip = "The gateway has allow_multipart_uploads off."
    elif limits and limits.max_upload_part_num < 2:  # noqa: PLR2004
        skip = f"The gateway allows {limits.max_upload_part_num} parts at most."
    elif size > _LARGEST_PART:
        skip = f"The gateway wants parts of at least {size:,} bytes."
    name = "multipart upload"
    if skip:
        return Check(name, None, skip=skip)
    return Check(name, partial(objects.multipart, part_size=max(size, 1)), (_BUCKET,))


def _given(plan: S3VerifyPlan) -> Iterator[Check[Subject]]:
    """Yield the checks that need more than a key."""
    name = "another project's key is refused"
    if plan.foreign is None:
        yield Check(name, None, skip="No key of another project was given.")
    else:
        yield Check(name, partial(access.foreign_key, foreign=plan.foreign), (_OBJECT,))
    name = "seen through Swift's native API"
    if plan.native is None:
        yield Check(name, None, skip="No token for Swift's native API was given.")
    else:
        yield Check(name, partial(access.seen_natively, native=plan.native), (_OBJECT,))
