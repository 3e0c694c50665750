"""Does an API answer at a URL? Nothing is published before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import UnreachableError
from setup_tool.core.http import Request

if TYPE_CHECKING:
    from setup_tool.core.http import Response
    from setup_tool.core.plan import Answering
    from setup_tool.ports import Clock, Web

_PROBE = (("Authorization", "AWS setup-tool:probe"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"))
"""Unsigned requests never reach s3api; one that claims a signature is refused by it in XML."""

_TIMEOUT = 15.0
_PATIENCE = 30.0
"""Seconds in which a balancer should have seen that what was just changed is well again."""
_NAP = 0.5
_OF_BALANCERS = frozenset({502, 503, 504})
_MARKS = {"s3": (b"<Error>", b"<Code>"), "ec2": (b"<Response>", b"<Code>")}


def problem_at(web: Web, clock: Clock, wanted: Answering) -> str | None:
    """Return why the API cannot be published at its URL yet, None when it answers.

    Where a balancer answers that nothing behind it is well, it is asked again for half a
    minute: its checks lag behind.
    """
    headers = _PROBE if wanted.api == "s3" else ()
    until = clock.monotonic() + _PATIENCE
    while True:
        try:
            answer = web.send(Request("GET", wanted.url, headers), timeout=_TIMEOUT)
        except UnreachableError as error:
            return str(error)
        if _answers(answer, wanted):
            return None
        if answer.status not in _OF_BALANCERS or clock.monotonic() >= until:
            return f"{wanted.url} answered HTTP {answer.status}, not as {wanted.api.upper()} does."
        clock.wait(_NAP)


def _answers(answer: Response, wanted: Answering) -> bool:
    return all(mark in answer.body for mark in _MARKS[wanted.api])
