"""Whether a request was refused that must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify.check import UnmetError

if TYPE_CHECKING:
    from collections.abc import Container

    from setup_tool.verify.answer import ServiceError

_SUCCESS = range(200, 300)


def refused(error: ServiceError, described: str, statuses: Container[int], hint: str) -> str:
    """Return how a request was refused, by one of the statuses that say so.

    Raises `UnmetError` when it was let in, with the ``hint``, or refused for another reason.
    """
    if error.status in statuses:
        return f"HTTP {error.status} {error.code}".rstrip()
    if error.status in _SUCCESS:
        raise UnmetError(f"It was let in: HTTP {error.status}.", hint=hint)
    raise UnmetError(f"It was refused, but not for who asked: {described}", error)
