"""Listings read piece by piece."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup_tool.adapters import keystone_listing
from setup_tool.adapters.keystone import Keystone
from setup_tool.adapters.keystone_listing import CutShortError, Listing, listed
from setup_tool.core.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.adapters.cloud_login import CloudLogin
    from tests.adapters.impostor import Impostor
    from tests.adapters.rest import Rest

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def pieces(document: object, size: int, indent: int | None) -> list[bytes]:
    data = json.dumps(document, ensure_ascii=False, indent=indent).encode()
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(
    st.lists(VALUES, max_size=5),
    st.dictionaries(st.sampled_from(["links", "a", "b"]), VALUES),
    st.integers(1, 40),
    st.sampled_from([None, 2]),
)
def test_a_listing_is_the_same_however_it_is_cut_into_pieces(
    items: list[object], more: dict[str, object], size: int, indent: int | None
) -> None:
    document = {"a": 1.5, "users": items, **more}
    assert list(Listing(pieces(document, size, indent), "users")) == items


NEXT = {"links": {"next": "http://192.0.2.1/v3/users?limit=2&marker=x%20y"}}


@pytest.mark.parametrize(
    ("more", "cut", "page"),
    [
        ({"truncated": True}, True, None),
        ({**NEXT, "truncated": True}, False, {"limit": "2", "marker": "x y"}),
        (NEXT, False, {"limit": "2", "marker": "x y"}),
        ({"links": {"next": None}}, False, None),
        ({"truncated": False}, False, None),
    ],
)
@pytest.mark.parametrize("behind", [True, False])
def test_a_listing_says_whether_there_is_more(
    more: dict[str, object], page: dict[str, str] | None, *, cut: bool, behind: bool
) -> None:
    records = {"users": [{"id": "1"}]}
    document = {**records, **more} if behind else {**more, **records}
    listing = Listing(pieces(document, 7, None), "users")
    assert list(listing) == [{"id": "1"}]
    assert (listing.is_cut, listing.next_page) == (cut, page)


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "[]", "{}", '{"users": {}}', '{"users": [{"id": 1}', '{"users": [] "a": 1}'],
)
def test_what_is_no_listing_or_ends_early_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- which one depends on where it ends
        list(Listing([text.encode()], "users"))


def test_a_listing_that_keystone_cut_is_refused_and_one_that_is_none_is_named(
    impostor: Impostor,
) -> None:
    impostor.let_in().say("GET", "/v3/users", 200, {"users": [{"id": "1"}], "truncated": True})
    keystone = Keystone(impostor.login())
    with pytest.raises(CutShortError, match=r"cut the listing http.*/v3/users short"):
        listed(keystone, "list users", "users", {}, lambda record: record["id"])
    impostor.say_html("GET", "/v3/users", 200)
    with pytest.raises(UnreachableError, match=r"/v3/users is not Keystone"):
        listed(keystone, "list users", "users", {}, lambda record: record["id"])


def test_a_page_that_comes_again_and_again_counts_as_cut(impostor: Impostor) -> None:
    """As those of credentials do on Keystone 30.0.0 with a list_limit: it knows no marker there."""
    impostor.let_in()
    again = {"next": f"{impostor.url}/v3/credentials?type=ec2&marker=1"}
    impostor.say("GET", "/v3/credentials", 200, {"credentials": [{"id": "1"}], "links": again})
    keystone = Keystone(impostor.login())
    with pytest.raises(CutShortError, match="cut the listing"):
        listed(keystone, "list", "credentials", {"type": "ec2"}, lambda record: record["id"])


def test_keystone_is_asked_for_all_pages_of_users(
    log_in: Callable[..., CloudLogin], rest: Rest, monkeypatch: pytest.MonkeyPatch, unique: str
) -> None:
    for number in range(5):
        rest.make("user", name=f"{unique}-{number}", domain_id="default")
    monkeypatch.setitem(keystone_listing._PAGES, "users", {"limit": "2"})
    names = listed(Keystone(log_in()), "list users", "users", {}, lambda record: record["name"])
    assert {f"{unique}-{number}" for number in range(5)} < set(names)
    assert len(names) == len(set(names))
