"""Reading what a service, or whatever stands in its place, answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from setup_tool.core.secret import MASK

if TYPE_CHECKING:
    from setup_tool.core.http import Response

MADE = "setup-tool-verify-"
"""What the name of everything begins with that the checks make."""
MOVED = "The URL is moved, often from http to https: use the new one; signatures stay here."
"""A hint for an answer of 300 to 399."""

_OPAQUE = re.compile(r"[\w+/=%-]{24,}")
_CODE = re.compile(r"[A-Za-z.]{1,60}")
_SIGNATURE = re.compile(r"(?i)(signature['\":= ]+)[\w+/=%-]{8,}")
_TITLE = re.compile(rb"(?is)<title[^>]*>(.*?)</title>")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An answer that is not the one expected, taken apart.

    ``code`` and ``message`` are empty where the answer is not the service's own.
    """

    status: int
    code: str = ""
    message: str = ""
    date: str = ""


def document(body: bytes) -> ET.Element | None:
    """Return an XML body's root without namespaces, or None when it is no XML.

    Documents with a DOCTYPE are refused, and with them every entity: neither S3 nor EC2
    has any.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return None
    try:
        root = ET.fromstring(body)  # noqa: S314  without a DOCTYPE there is nothing to expand
    except (ET.ParseError, ValueError, LookupError):
        return None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def texts(root: ET.Element | None, path: str) -> tuple[str, ...]:
    """Return the texts of all elements at a path."""
    return () if root is None else tuple(found.text or "" for found in root.iterfind(path))


def value(root: ET.Element | None, path: str) -> str:
    """Return the text of the first element at a path, or an empty string."""
    return next(iter(texts(root, path)), "")


def described(response: Response, error: ServiceError, protocol: str) -> str:
    """Say in a line what came back, so that it can be shown."""
    if error.code:
        return f"HTTP {error.status} {error.code}: {error.message}"
    kind = shown(response.header("content-type") or "no content type").partition(";")[0]
    said = f"HTTP {response.status}"
    if response.body:
        said += f" with {len(response.body)} bytes of {kind}, not {protocol}'s XML"
    if location := response.header("location"):
        said += f", to {shown(location.partition('?')[0])}"
    if title := _TITLE.search(response.body):
        said += f", titled {shown(title[1].decode('utf-8', 'replace'))!r}"
    return said


def shown(text: str) -> str:
    """Return a peer's text in one short line, without what looks like a signature or token."""
    masked = _OPAQUE.sub(_unless_ours, _SIGNATURE.sub(rf"\1{MASK}", text))
    line = " ".join("".join(char if char.isprintable() else " " for char in masked).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _unless_ours(run: re.Match[str]) -> str:
    """Mask a long run of characters, unless it is the name of what was made here."""
    return run[0] if MADE in run[0] else MASK


def code_of(text: str) -> str:
    """Return an error's code, all letters and some of them long, or what may be shown of it."""
    return text if _CODE.fullmatch(text) else shown(text)
