"""Does an API answer at a URL? Nothing is published before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import UnreachableError
from setup_tool.core.http import Request

if TYPE_CHECKING:
    from setup_tool.core.plan import Answering
    from setup_tool.ports import Web

_PROBE = (("Authorization", "AWS setup-tool:probe"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"))
"""Unsigned requests never reach s3api; one that claims a signature is refused by it in XML."""

_TIMEOUT = 15.0
_MARKS = {"s3": (b"<Error>", b"<Code>"), "ec2": (b"<Response>", b"<Code>")}


def problem_at(web: Web, wanted: Answering) -> str | None:
    """Return why the API cannot be published at its URL yet, None when it answers."""
    headers = _PROBE if wanted.api == "s3" else ()
    try:
        answer = web.send(Request("GET", wanted.url, headers), timeout=_TIMEOUT)
    except UnreachableError as error:
        return str(error)
    if all(mark in answer.body for mark in _MARKS[wanted.api]):
        return None
    return f"{wanted.url} answered HTTP {answer.status}, not as {wanted.api.upper()} answers."
