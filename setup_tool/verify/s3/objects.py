"""Checks on one object at a time, and on the bucket that holds it.

Each check is a function of a `Subject` that returns what to say of success and raises
`UnmetError` otherwise.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.verify.answer import document, texts, value
from setup_tool.verify.check import UnmetError
from setup_tool.verify.s3.answer import read_error
from setup_tool.verify.s3.gateway import BUCKET_LIST, DEFAULT_REGION
from setup_tool.verify.s3.session import parts_document, path_of
from setup_tool.verify.s3.subject import expect, same_bytes

if TYPE_CHECKING:
    from setup_tool.verify.s3.subject import Subject

OBJECT = "object"
"""The key of the plain object that many checks read."""

SIZES = (0, 1, 5 * 1024 * 1024 + 1)
"""Bytes: nothing, the least, and one more than a part of a multipart upload."""

ODD_KEYS = (
    ("spaces", "odd/key with  spaces"),
    ("unicode", "odd/Straße, 東京, ключ, 🔑"),
    ("plus", "odd/one+one=two"),
    ("percent", "odd/100%, %41 and %2F"),
    ("leading slash", "/odd/leading/slash"),
)
"""What a key has, and the key: each is a way in which paths have been mistaken."""

_OBJECT_SIZE = 1000


def list_buckets(subject: Subject) -> str:
    """Sign a request for nothing but the list of buckets."""
    answer = expect(subject.session.send("GET"), 200)
    root = document(answer.body)
    if root is None or root.tag != BUCKET_LIST:
        raise UnmetError("The answer is HTTP 200, but no list of buckets.", read_error(answer))
    count = len(texts(root, "Buckets/Bucket"))
    return f"{count} of the owner's"


def make_bucket(subject: Subject) -> str:
    """Make a bucket and find it."""
    return _make(subject, "")


def make_bucket_in_region(subject: Subject) -> str:
    """Make a bucket in the region, as clients do whose region is not the default one."""
    region = subject.session.region
    return _make(subject, "" if region == DEFAULT_REGION else region)


def _make(subject: Subject, location: str) -> str:
    subject.make_bucket(location)
    expect(subject.session.send("HEAD", subject.bucket), 200, "Finding it")
    return subject.bucket


def locate_bucket(subject: Subject) -> str:
    """Ask in which region the bucket is."""
    answer = subject.session.send("GET", subject.bucket, query=(("location", ""),))
    root = document(expect(answer, 200).body)
    if root is None or root.tag != "LocationConstraint":
        raise UnmetError("The answer is HTTP 200, but no location.")
    found = root.text or DEFAULT_REGION
    if found != subject.session.region:
        raise UnmetError(f"Made in region {subject.session.region}, it lies in {found}.")
    return found


def put_and_get(subject: Subject) -> str:
    """Write an object and read the same bytes."""
    return put_and_get_size(subject, OBJECT, _OBJECT_SIZE)


def put_and_get_size(subject: Subject, key: str, size: int) -> str:
    """Write and read so many bytes."""
    subject.put(key, subject.fresh_bytes(size))
    subject.get(key)
    return f"key {key!r}"


def head(subject: Subject) -> str:
    """Ask for length, ETag and metadata of an object."""
    body = subject.fresh_bytes(_OBJECT_SIZE)
    subject.put("head", body, headers=(("x-amz-meta-made-by", "setup-tool"),))
    answer = expect(subject.session.send("HEAD", subject.bucket, "head"), 200)
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    for name, wanted in (
        ("content-length", str(len(body))),
        ("etag", f'"{etag}"'),
        ("x-amz-meta-made-by", "setup-tool"),
    ):
        if answer.header(name) != wanted:
            raise UnmetError(f"{name} should be {wanted}, and is {answer.header(name)}.")
    return "length, ETag and metadata"


def copy(subject: Subject) -> str:
    """Have the gateway copy an object."""
    source = path_of(subject.bucket, OBJECT)
    subject.uncertain.add("copy")
    answer = expect(
        subject.session.send(
            "PUT", subject.bucket, "copy", headers=(("x-amz-copy-source", source),)
        ),
        200,
    )
    root = document(answer.body)
    if root is None or root.tag != "CopyObjectResult":
        raise UnmetError(f"The copy was answered with HTTP 200, but {value(root, 'Code')!r}.")
    subject.wrote("copy", subject.contents[OBJECT])
    subject.get("copy")
    return ""


def multipart(subject: Subject, part_size: int) -> str:
    """Upload an object in two parts, the first of ``part_size`` bytes, and read it."""
    key, parts = "multipart", (subject.fresh_bytes(part_size), subject.fresh_bytes(_OBJECT_SIZE))
    send, bucket = subject.session.send, subject.bucket
    subject.uncertain.add(key)
    answer = expect(send("POST", bucket, key, query=(("uploads", ""),)), 200, "Starting it")
    upload = ("uploadId", value(document(answer.body), "UploadId"))
    etags = []
    for number, part in enumerate(parts, 1):
        query = (("partNumber", str(number)), upload)
        answer = expect(send("PUT", bucket, key, query=query, body=part), 200, f"Part {number}")
        etags.append(answer.header("etag") or "")
    answer = send("POST", bucket, key, query=(upload,), body=parts_document(etags))
    expect(answer, 200, "Completing it")
    root = document(answer.body)
    if root is None or root.tag != "CompleteMultipartUploadResult":
        # The status goes out before the parts are joined, so failure may follow a 200.
        said = f"{value(root, 'Code')} {value(root, 'Message')}".strip()
        raise UnmetError(f"Completing the upload failed after HTTP 200: {said}.")
    subject.wrote(key, b"".join(parts))
    subject.get(key)
    return f"2 parts, {len(subject.contents[key]):,} bytes"


def presigned(subject: Subject, version: str) -> str:
    """Read an object with the signature in the URL."""
    session = replace(subject.session, version=version)
    same_bytes(session.send_presigned(subject.bucket, OBJECT), subject.contents[OBJECT])
    return ""


def round_trip_v2(subject: Subject) -> str:
    """Write, read, list and delete an object, signed as the oldest clients do."""
    key, session = "sigv2/round trip", replace(subject.session, version="v2")
    subject.put(key, subject.fresh_bytes(_OBJECT_SIZE), version="v2")
    subject.get(key, version="v2")
    listing = session.send("GET", subject.bucket, query=(("prefix", key),))
    expect(listing, 200, "Listing")
    if document(listing.body) is None:
        raise UnmetError("The listing is no XML.")
    subject.uncertain.add(key)
    expect(session.send("DELETE", subject.bucket, key), 204, "Deleting")
    subject.deleted(key)
    expect(session.send("HEAD", subject.bucket, key), 404, "Looking for it after deleting it")
    return ""
