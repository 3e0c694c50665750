"""The bytes of a file on a node: they hold passwords, so they print as their size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NoReturn


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """A file's bytes and their SHA-256 digest (hexadecimal).

    ``repr`` and ``str`` tell the size only, and pickling fails, so that no log or
    exception can carry what the file says. Only adapters, editors and node scripts
    call `reveal`.
    """

    data: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, as ``sha256sum`` prints it."""
        return hashlib.sha256(self.data).hexdigest()

    def reveal(self) -> bytes:
        """Return the bytes, for the border they cross at once."""
        return self.data

    def __repr__(self) -> str:
        return f"Content({len(self.data)} bytes)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Content is not pickled")
