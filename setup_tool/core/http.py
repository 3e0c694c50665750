"""One HTTP request and its answer, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.secret import Secret

Headers = tuple[tuple[str, "str | Secret"], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. The URL is complete and percent-encoded; a secret one is presigned."""

    method: str
    url: str | Secret
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. Header names are lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)
