"""Values that must never be seen, and texts that hold some."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MASK = "********"


class Secret:
    """A text that prints, formats and logs as a mask, and refuses to be serialized.

    It is no ``str``: joining it or handing it to ``json`` fails. Two secrets are
    equal when their values are. Only adapters, editors, node scripts and the lab
    may call `reveal`; a test holds that.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError("a Secret wraps a str")
        self._value = value

    def reveal(self) -> str:
        """Return the value, for the border it crosses at once."""
        return self._value

    def map(self, change: Callable[[str], str]) -> Secret:
        """Return the secret of the changed value (quoting, escaping)."""
        return Secret(change(self._value))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self


Text = tuple[str | Secret, ...]
"""A text some parts of which are secret."""


def text(*parts: str | Secret) -> Text:
    """Return the parts as a `Text`, empty ones dropped."""
    return tuple(part for part in parts if part)


def masked(value: Iterable[str | Secret]) -> str:
    """Return the text as it may be shown: secrets as a mask."""
    return "".join(MASK if isinstance(part, Secret) else part for part in value)


def joined(value: Iterable[str | Secret]) -> Secret:
    """Return the whole text as one secret."""
    return Secret("".join(part.reveal() if isinstance(part, Secret) else part for part in value))
