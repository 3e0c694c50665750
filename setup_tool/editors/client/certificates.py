"""``ca.pem``: the certificates of a private authority, beside the files that point to it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import joined, text
from setup_tool.editors.client.client import GENERATED, Client, ClientFile
from setup_tool.editors.client.settings import Mark, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.content import Content
    from setup_tool.core.secret import Text

CA_PATH = "ca.pem"

_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\s*(?P<body>[A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----"
)
_SEQUENCE = 0x30
"""How every certificate's DER begins (X.690)."""


def certificates(content: Content, *, name: str) -> str:
    """Return the certificates of a PEM file, nothing else of it, a line each part.

    Raises `DeclarationError` for a file without any, or with something that is none.
    """
    plain = decoded(content, name)
    found = tuple(_CERTIFICATE.finditer(plain))
    if not found or plain.count("-----BEGIN CERTIFICATE-----") != len(found):
        raise DeclarationError(_no_certificates(name))
    for certificate in found:
        try:
            data = base64.b64decode("".join(certificate["body"].split()), validate=True)
        except binascii.Error:
            data = b""
        if not data or data[0] != _SEQUENCE:
            raise DeclarationError(_no_certificates(name))
    return "".join(f"{block}\n" for block in _blocks(plain))


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`. Certificates for another cloud of the same directory stay."""
    del name
    if not before.strip():
        return declared
    there = _blocks(before)
    new = [block for block in _blocks(joined(declared).reveal()) if block not in there]
    end = "" if before.endswith("\n") else "\n"
    return text(before, *([end, *(f"{block}\n" for block in new)] if new else []))


def _blocks(plain: str) -> list[str]:
    """Return the certificates, each with Unix line ends."""
    return [
        "\n".join(line.strip() for line in found[0].splitlines())
        for found in _CERTIFICATE.finditer(plain)
    ]


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    del profile, directory  # one file is for all
    before = texts.get(CA_PATH, "")
    if not before.strip() or GENERATED in before.partition("\n")[0]:
        return None
    return Mark(None, what="a file that setup-tool did not write")


def _no_certificates(name: str) -> str:
    return (
        f"{name}, which Keystone's login names as cacert, has no certificates in PEM form"
        " (-----BEGIN CERTIFICATE-----), or a damaged one. Name the authority's certificates."
    )


CA = Client("ca", (ClientFile(CA_PATH, "ca.pem.j2", merge),), _mark)
"""Written for every cloud whose login names certificates, whichever clients are chosen."""
