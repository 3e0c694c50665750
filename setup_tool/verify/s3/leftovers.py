"""What the checks made, and its removal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from setup_tool.core.errors import UnreachableError
from setup_tool.verify.answer import document, texts, value
from setup_tool.verify.s3.answer import described
from setup_tool.verify.s3.session import content_md5, delete_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from setup_tool.core.http import Response
    from setup_tool.ports import Clock
    from setup_tool.verify.s3.session import S3Session

_PAUSES = (0.0, 1.0, 2.0)
"""Seconds before each attempt: a request that was cut off may still be carried out."""

_TIMEOUT = 20.0


@dataclass(slots=True)
class Leftovers:
    """The buckets made so far, noted before the request that makes them.

    A bucket is confirmed once the gateway said that it was made. Nothing but noted
    buckets is ever touched.
    """

    _confirmed: dict[str, bool] = field(default_factory=dict)

    def note(self, bucket: str) -> None:
        """Say that a request to make a bucket goes out now."""
        self._confirmed[bucket] = False

    def confirm(self, bucket: str) -> None:
        """Say that the bucket was made."""
        self._confirmed[bucket] = True

    def disown(self, bucket: str) -> None:
        """Say that the bucket is somebody else's."""
        self._confirmed.pop(bucket, None)

    def buckets(self) -> tuple[str, ...]:
        """Return the buckets that may be there."""
        return tuple(self._confirmed)

    def remove(self, bucket: str, sessions: Sequence[S3Session], clock: Clock) -> str:
        """Remove a bucket with all that is in it through the first session that can.

        Returns an empty string when it is gone, else why it is not.
        """
        reason = "no endpoint answered"
        for session in sessions:
            patient = replace(session, timeout=_TIMEOUT)
            reason = _remove(patient, bucket, clock, certain=self._confirmed[bucket])
            if not reason:
                self.disown(bucket)
                return ""
        return reason


def _remove(session: S3Session, bucket: str, clock: Clock, *, certain: bool) -> str:
    reason = ""
    for attempt, pause in enumerate(_PAUSES):
        if pause:
            clock.wait(pause)
        try:
            _empty(session, bucket, one_by_one=attempt > 0)
            answer = session.send("DELETE", bucket)
        except UnreachableError as error:
            return str(error)
        absent = answer.status == 404  # noqa: PLR2004
        if answer.status in {200, 204} or (absent and certain):
            return ""
        reason = "" if absent else described(answer)
        if not absent and answer.status not in {409, 500, 503}:
            break
    return reason


def _empty(session: S3Session, bucket: str, *, one_by_one: bool) -> None:
    """Abort the uploads and delete the objects of a bucket, as far as that goes.

    Deleting many at once is the quick way; should it be what is broken, the next
    attempt deletes one by one.
    """
    uploads = document(session.send("GET", bucket, query=(("uploads", ""),)).body)
    for upload in () if uploads is None else uploads.iterfind("Upload"):
        query = (("uploadId", value(upload, "UploadId")),)
        session.send("DELETE", bucket, value(upload, "Key"), query=query)
    for keys in _first_pages(session, bucket):
        if one_by_one:
            for key in keys:
                session.send("DELETE", bucket, key)
        else:
            delete_many(session, bucket, keys)


def _first_pages(session: S3Session, bucket: str) -> Iterator[tuple[str, ...]]:
    """Yield the keys of the listing's first page, again and again until it is the last.

    The caller deletes them in between; a page that comes back unchanged ends it too.
    """
    before: tuple[str, ...] = ()
    while True:
        listing = document(session.send("GET", bucket).body)
        keys = texts(listing, "Contents/Key")
        if not keys or keys == before:
            return
        yield keys
        if value(listing, "IsTruncated") != "true":
            return
        before = keys


def delete_many(session: S3Session, bucket: str, keys: Sequence[str]) -> Response:
    """Delete up to 1000 objects with one request."""
    body = delete_document(keys)
    query = (("delete", ""),)
    return session.send("POST", bucket, query=query, headers=(content_md5(body),), body=body)
