"""Long listings of Keystone's, read record by record: a whole one never lies in memory."""

from __future__ import annotations

import codecs
import contextlib
import json
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from setup_tool.core.errors import SetupToolError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from setup_tool.adapters.cloud_login import CloudLogin

T = TypeVar("T")

_CHUNK = 65536
_BLANKS = " \t\r\n"
_AFTER_A_VALUE = frozenset(",:]}" + _BLANKS)


class Calls(Protocol):
    """Whatever calls Keystone: once (`Keystone`) or until it works (`PatientKeystone`)."""

    @property
    def login(self) -> CloudLogin:
        """The login it calls with, in the calling thread."""
        ...

    def call(self, doing: str, action: Callable[[Any], T], *, secret: bool = False) -> T:
        """Call Keystone; see `Keystone.call`."""
        ...


class CutShortError(SetupToolError):
    """A listing is not whole (``list_limit``): what it lacks may exist."""


def listed(
    keystone: Calls,
    doing: str,
    path: str,
    query: Mapping[str, str],
    pick: Callable[[dict[str, Any]], T | None],
) -> list[T]:
    """Return what ``pick`` makes of each record of a listing, without its Nones.

    The collection is called as ``path`` ends. Raises `CutShortError` when Keystone says that
    there is more, and what `Keystone.call` raises.
    """
    from urllib.parse import urlencode

    login = keystone.login
    url = f"{login.auth_url}/{path}?{urlencode(query)}".rstrip("?")
    collection = path.rpartition("/")[2]
    found = keystone.call(doing, lambda _: _read(login, url, collection, pick))
    if found is None:
        raise CutShortError(
            f"Keystone cut the listing {login.auth_url}/{path} short, so what is missing cannot "
            "be told from what does not exist. Raise list_limit in keystone.conf."
        )
    return found


def _read(
    login: CloudLogin, url: str, collection: str, pick: Callable[[dict[str, Any]], T | None]
) -> list[T] | None:
    """Return what was picked, None when the listing was cut short."""
    import requests
    from keystoneauth1.exceptions import ConnectFailure

    found: list[T] = []
    response = login.session.get(url, authenticated=True, stream=True)
    with contextlib.closing(response):
        listing = Listing(response.iter_content(_CHUNK), collection)
        try:
            for record in listing:
                picked = pick(record)
                if picked is not None:
                    found.append(picked)
        except requests.exceptions.RequestException as error:
            raise ConnectFailure(f"The answer of {url} broke off") from error
        except ValueError:
            raise UnreachableError(
                f"What answers at {url.partition('?')[0]} is not Keystone: its answer is no "
                f"listing of {collection}. Check auth_url and what lies between."
            ) from None
    return None if listing.is_cut else found


class Listing:
    """The records of one collection in a JSON document that comes in pieces.

    ``is_cut`` tells after the last record whether Keystone says that there are more.
    Iterating raises `ValueError` when the document is no such listing or ends early.
    """

    def __init__(self, chunks: Iterable[bytes], collection: str) -> None:
        self._json = _PiecewiseJson(chunks)
        self._collection = collection
        self.is_cut = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        json_text, seen = self._json, False
        json_text.take("{")
        while True:
            name = json_text.value()
            json_text.take(":")
            if name == self._collection:
                seen = True
                yield from json_text.items()
            else:
                value = json_text.value()
                further = name == "links" and isinstance(value, dict) and value.get("next")
                self.is_cut |= bool(further or (name == "truncated" and value))
            if json_text.take(",}") == "}":
                break
        if not seen:
            raise ValueError(self._collection)


class _PiecewiseJson:
    """JSON text of which no more is kept than what is being read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._parse = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0

    def take(self, expected: str) -> str:
        """Take the next character that is no blank, which must be one of those expected."""
        found = self._next()
        if not found or found not in expected:
            raise ValueError(expected)
        self._at += 1
        return found

    def value(self) -> Any:
        """Take a whole value."""
        self._next()
        while True:
            try:
                value, end = self._parse(self._text, self._at)
            except ValueError:
                if not self._more():
                    raise
                continue
            # A number may go on in the next piece, after its point as well.
            if self._text[end : end + 1] in _AFTER_A_VALUE or not self._more():
                self._at = end
                return value

    def items(self) -> Iterator[Any]:
        """Take a whole array, item by item."""
        self.take("[")
        if self._next() == "]":
            self._at += 1
            return
        while True:
            yield self.value()
            if self.take(",]") == "]":
                return

    def _next(self) -> str:
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        piece = next(self._chunks, None)
        if piece is None:
            return False
        self._text = self._text[self._at :] + self._decode(piece)
        self._at = 0
        return True
