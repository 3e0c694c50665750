"""What the engine needs of the world, as protocols of one to six methods.

Adapters fulfil them; tests may too. Nothing here does I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from setup_tool.core.credential import KeyPair
    from setup_tool.core.http import Request, Response
    from setup_tool.core.secret import Text


class Web(Protocol):
    """An HTTP client that neither retries nor follows redirects."""

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        """Send one request and read the whole answer; ``timeout`` in seconds.

        Raises `UnreachableError` when there is no answer.
        """
        ...


class Signer(Protocol):
    """Signs S3 and EC2 requests as the AWS SDKs do."""

    def sign(
        self, request: Request, pair: KeyPair, *, region: str, version: str, service: str = "s3"
    ) -> Request:
        """Return the request with an ``Authorization`` header; version is ``v2`` or ``v4``."""
        ...

    def presign(
        self, request: Request, pair: KeyPair, *, region: str, version: str, expires: int
    ) -> Request:
        """Return the request with its signature in the URL, valid for ``expires`` seconds."""
        ...


class Files(Protocol):
    """Files on the operator's machine."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is none; raises `SetupToolError` otherwise."""
        ...

    def write_private(self, path: str, content: Text) -> None:
        """Replace or create a file, 0600 from the moment it exists, wholly or not at all.

        A missing parent directory is created with mode 0700.
        """
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Return the time, with UTC as its zone."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        ...

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


class Entropy(Protocol):
    """Randomness."""

    def token(self, size: int) -> str:
        """Return ``size`` random bytes as lower-case hexadecimal digits."""
        ...
