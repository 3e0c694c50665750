"""Checks on many objects at once: listings and multi-delete."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from setup_tool.verify.answer import document, texts, value
from setup_tool.verify.check import UnmetError
from setup_tool.verify.s3.leftovers import delete_many
from setup_tool.verify.s3.subject import expect

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

    from setup_tool.verify.s3.session import Query
    from setup_tool.verify.s3.subject import Subject

_PAGE = 4
_MOST_PAGES = 50


def list_prefix_and_delimiter(subject: Subject) -> str:
    """List the keys under a prefix, then what is at the top."""
    keys, prefix = _sorted(subject.contents), "odd/"
    wanted = [key for key in keys if key.startswith(prefix)]
    _settle(subject, (("prefix", prefix),), "Contents/Key", wanted)
    query = (("delimiter", "/"),)
    top = _sorted(_prefixes(keys))
    doubtful = _prefixes(subject.uncertain) - set(top)
    _settle(subject, query, "CommonPrefixes/Prefix", top, doubtful)
    _settle(subject, query, "Contents/Key", [key for key in keys if "/" not in key])
    return f"{len(wanted)} keys under {prefix}, {len(top)} prefixes"


def list_pages(subject: Subject) -> str:
    """List the bucket a few keys at a time, as clients do with large ones."""
    wanted = _sorted(subject.contents)
    seen = subject.settled(lambda: _all_pages(subject), wanted)
    if seen != wanted:
        raise UnmetError(_difference(wanted, seen))
    return f"{len(wanted)} keys, {_PAGE} to a page"


def delete_several(subject: Subject) -> str:
    """Delete several objects with one request."""
    keys = _sorted(subject.contents)
    subject.uncertain.update(keys)
    root = _listed(expect(delete_many(subject.session, subject.bucket, keys), 200).body)
    failures = texts(root, "Error/Code")
    if failures:
        raise UnmetError(
            f"{len(failures)} of {len(keys)} objects were not deleted: {failures[0]} "
            f"{value(root, 'Error/Message')}"
        )
    deleted = _sorted(texts(root, "Deleted/Key"))
    if deleted != keys:
        raise UnmetError(_difference(keys, deleted))
    subject.deleted(*keys)
    expect(subject.session.send("HEAD", subject.bucket, keys[0]), 404, "Looking for one of them")
    return f"{len(keys)} objects"


def _settle(
    subject: Subject,
    query: Query,
    path: str,
    wanted: list[str],
    doubtful: Iterable[str] | None = None,
) -> None:
    """Wait for a listing to show what it should, whatever it says of the doubtful."""
    ignored = subject.uncertain if doubtful is None else doubtful

    def look() -> list[str]:
        answer = expect(subject.session.send("GET", subject.bucket, query=query), 200)
        return [name for name in texts(_listed(answer.body), path) if name not in ignored]

    seen = subject.settled(look, wanted)
    if seen != wanted:
        raise UnmetError(_difference(wanted, seen))


def _all_pages(subject: Subject) -> list[str]:
    """Return all keys that are certain, in the order of the pages."""
    keys: list[str] = []
    token = ""
    for _ in range(_MOST_PAGES):
        query: Query = (
            ("list-type", "2"),
            ("encoding-type", "url"),
            ("max-keys", str(_PAGE)),
            *((("continuation-token", token),) if token else ()),
        )
        answer = expect(subject.session.send("GET", subject.bucket, query=query), 200)
        root = _listed(answer.body)
        page = [unquote_plus(key) for key in texts(root, "Contents/Key")]
        if len(page) > _PAGE:
            raise UnmetError(f"A page of at most {_PAGE} keys was asked for; {len(page)} came.")
        keys += page
        token = value(root, "NextContinuationToken")
        if value(root, "IsTruncated") != "true":
            return [key for key in keys if key not in subject.uncertain]
    raise UnmetError(f"The listing did not end after {_MOST_PAGES} pages.")


def _prefixes(keys: Iterable[str]) -> set[str]:
    """Return what stands before the first slash, with it."""
    return {f"{key.partition('/')[0]}/" for key in keys if "/" in key}


def _listed(body: bytes) -> Element:
    root = document(body)
    if root is None:
        raise UnmetError("The answer is HTTP 200, but no XML.")
    return root


def _sorted(keys: Iterable[str]) -> list[str]:
    """Sort as S3 does: by UTF-8 bytes."""
    return sorted(keys, key=str.encode)


def _difference(wanted: list[str], seen: list[str]) -> str:
    missing = [key for key in wanted if key not in seen]
    surplus = [key for key in seen if key not in wanted]
    parts = []
    if missing:
        parts.append(f"{len(missing)} missing, such as {missing[0]!r}")
    if surplus:
        parts.append(f"{len(surplus)} unexpected, such as {surplus[0]!r}")
    return f"{len(wanted)} keys expected: {'; '.join(parts) or 'their order differs'}."
