"""A gateway under verification, and what the checks wrote there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from setup_tool.verify.check import UnmetError
from setup_tool.verify.s3.answer import described, read_error
from setup_tool.verify.s3.session import location_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.core.http import Response
    from setup_tool.ports import Clock, Entropy
    from setup_tool.verify.s3.leftovers import Leftovers
    from setup_tool.verify.s3.session import S3Session

Seen = TypeVar("Seen")

_PAUSES = (0.0, 0.5, 1.0, 2.0)
"""Seconds before each look at a listing: Swift's may lag behind its objects."""


@dataclass(slots=True)
class Subject:
    """One endpoint, the bucket the checks have there, and its contents.

    ``contents`` are the objects whose upload was confirmed; a key is in ``uncertain``
    from before a change to it until its answer.
    """

    session: S3Session
    bucket: str
    leftovers: Leftovers
    clock: Clock
    entropy: Entropy
    contents: dict[str, bytes] = field(default_factory=dict)
    uncertain: set[str] = field(default_factory=set)

    def make_bucket(self, location: str = "") -> None:
        """Make the bucket, in a location where one is given."""
        body = location_document(location) if location else b""
        self.leftovers.note(self.bucket)
        answer = self.session.send("PUT", self.bucket, body=body)
        if answer.status == 409:  # noqa: PLR2004
            self.leftovers.disown(self.bucket)
        expect(answer, 200)
        self.leftovers.confirm(self.bucket)

    def put(
        self,
        key: str,
        body: bytes,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        version: str = "v4",
    ) -> Response:
        """Write an object."""
        self.uncertain.add(key)
        session = replace(self.session, version=version)
        answer = session.send("PUT", self.bucket, key, headers=headers, body=body)
        expect(answer, 200)
        self.wrote(key, body)
        return answer

    def wrote(self, key: str, body: bytes) -> None:
        """Note that an object is there."""
        self.contents[key] = body
        self.uncertain.discard(key)

    def deleted(self, *keys: str) -> None:
        """Note that objects are gone."""
        for key in keys:
            self.contents.pop(key, None)
            self.uncertain.discard(key)

    def get(self, key: str, *, version: str = "v4") -> None:
        """Read an object of this subject and compare every byte."""
        session = replace(self.session, version=version)
        same_bytes(session.send("GET", self.bucket, key), self.contents[key])

    def fresh_bytes(self, size: int) -> bytes:
        """Return bytes that no earlier run has written and that do not compress."""
        return hashlib.shake_128(self.entropy.token(16).encode()).digest(size)

    def settled(self, look: Callable[[], Seen], wanted: Seen) -> Seen:
        """Look until what is seen is what is wanted, for a few seconds; return it."""
        seen = wanted
        for pause in _PAUSES:
            if pause:
                self.clock.wait(pause)
            seen = look()
            if seen == wanted:
                break
        return seen


def expect(answer: Response, status: int, step: str = "") -> Response:
    """Return an answer of that status; raises `UnmetError`, naming the step, for others."""
    if answer.status == status:
        return answer
    raise UnmetError(
        f"{step}: {described(answer)}" if step else described(answer), read_error(answer)
    )


def same_bytes(answer: Response, body: bytes) -> None:
    """Compare an object that was read with what was written; raises `UnmetError`."""
    expect(answer, 200)
    if answer.body == body:
        return
    if len(answer.body) != len(body):
        raise UnmetError(f"{len(body):,} bytes were written and {len(answer.body):,} read.")
    at = next(index for index, byte in enumerate(body) if byte != answer.body[index])
    raise UnmetError(f"All {len(body):,} bytes came back, but they differ from byte {at:,} on.")
