"""Long listings of Keystone's, read record by record: a whole one never lies in memory."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from setup_tool.core.errors import SetupToolError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from setup_tool.adapters.cloud_login import CloudLogin

T = TypeVar("T")

_CHUNK = 65536
_INSIDE = frozenset({"start_map", "start_array", "map_key"})
"""Events at a record's own place that do not end it."""

_PAGES = {"users": {"limit": "1000"}, "projects": {"limit": "1000"}}
"""What is asked for in pages, and of what size.

Keystone 30.0.0 (``max_db_limit``, 1000) gives no more than so many of these at once, and only
says so where a ``limit`` was asked for. Older ones pass over it.
"""


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

    The collection is called as ``path`` ends. Keystone is asked page by page where it has
    pages. Raises `CutShortError` when it says that there is more and does not give it, and
    what `Keystone.call` raises.
    """
    reader = _Reader(keystone.login, path, pick)
    page: Mapping[str, str] | None = {**query, **_PAGES.get(path, {})}
    while page is not None:
        listing = keystone.call(doing, partial(reader.read, page))
        asked, page = page, listing.next_page
        if listing.is_cut or page == asked:
            raise CutShortError(
                f"Keystone cut the listing {reader.url} short, so what is missing cannot be told "
                "from what does not exist. Raise list_limit in keystone.conf."
            )
    return reader.found


class _Reader(Generic[T]):
    """Reads the pages of one listing."""

    def __init__(
        self, login: CloudLogin, path: str, pick: Callable[[dict[str, Any]], T | None]
    ) -> None:
        self.url = f"{login.auth_url}/{path}"
        self.found: list[T] = []
        self._login = login
        self._collection = path.rpartition("/")[2]
        self._pick = pick

    def read(self, query: Mapping[str, str], _client: object) -> Listing:
        """Add what is picked of one page, all of it or nothing; return the page, read."""
        import requests
        from keystoneauth1.exceptions import ConnectFailure

        session, before = self._login.session, len(self.found)
        response = session.get(self.url, params=query, authenticated=True, stream=True)
        with contextlib.closing(response):
            listing = Listing(response.iter_content(_CHUNK), self._collection)
            try:
                picked = map(self._pick, listing)
                self.found.extend(one for one in picked if one is not None)
            except requests.exceptions.RequestException as error:
                del self.found[before:]
                raise ConnectFailure(f"The answer of {self.url} broke off") from error
            except ValueError:
                del self.found[before:]
                raise UnreachableError(
                    f"What answers at {self.url} is not Keystone: its answer is no listing of "
                    f"{self._collection}. Check auth_url and what lies between."
                ) from None
        return listing


class Listing:
    """The records of one collection in a JSON document that comes in pieces.

    After the last record ``next_page`` is the query for those that follow, None where there
    is none, and ``is_cut`` tells whether there are more without one. Iterating raises
    `ValueError` when the document is no such listing or ends early.
    """

    def __init__(self, chunks: Iterable[bytes], collection: str) -> None:
        self._chunks = chunks
        self._collection = collection
        self.next_page: Mapping[str, str] | None = None
        self.is_cut = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        import ijson

        is_truncated, seen, record = False, False, None
        item = f"{self._collection}.item"
        try:
            for place, event, value in ijson.parse(ijson.from_iter(self._chunks), use_float=True):
                if place == item and record is None:
                    record = ijson.ObjectBuilder()
                if record is not None:
                    record.event(event, value)
                    if place == item and event not in _INSIDE:
                        yield record.value
                        record = None
                elif place == self._collection and event == "start_array":
                    seen = True
                elif place == "truncated":
                    is_truncated = bool(value)
                elif place == "links.next" and value:
                    # Its address may be one that only Keystone's own hosts reach.
                    self.next_page = dict(parse_qsl(urlsplit(str(value)).query))
        except ijson.JSONError as error:
            raise ValueError(self._collection) from error
        if not seen:
            raise ValueError(self._collection)
        self.is_cut = is_truncated and self.next_page is None
