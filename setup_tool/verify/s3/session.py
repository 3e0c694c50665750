"""Sending S3 requests as somebody to one endpoint."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from setup_tool.core.http import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from setup_tool.core.credential import KeyPair
    from setup_tool.core.http import Response
    from setup_tool.ports import Signer, Web

Query = tuple[tuple[str, str], ...]

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True)
class S3Session:
    """An endpoint's root URL, a key, and how it signs. Buckets are always in the path.

    ``version`` is ``v2`` or ``v4``; ``timeout`` is in seconds and holds for one request.
    """

    web: Web
    signer: Signer
    url: str
    pair: KeyPair
    region: str
    version: str = "v4"
    timeout: float = 60.0

    def send(
        self,
        method: str,
        bucket: str = "",
        key: str | None = None,
        *,
        query: Query = (),
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> Response:
        """Send one signed request; raises `UnreachableError` when there is no answer."""
        request = Request(method, self.address(bucket, key, query), headers, body)
        signed = self.signer.sign(request, self.pair, region=self.region, version=self.version)
        return self.web.send(signed, timeout=self.timeout)

    def send_presigned(self, bucket: str, key: str, *, expires: int = 300) -> Response:
        """Fetch an object with the signature in the URL, as somebody without a key would."""
        request = self.signer.presign(
            Request("GET", self.address(bucket, key)),
            self.pair,
            region=self.region,
            version=self.version,
            expires=expires,
        )
        return self.web.send(request, timeout=self.timeout)

    def send_unsigned(self, bucket: str, key: str) -> Response:
        """Ask for an object without any signature."""
        return self.web.send(Request("GET", self.address(bucket, key)), timeout=self.timeout)

    def address(self, bucket: str = "", key: str | None = None, query: Query = ()) -> str:
        """Return the URL of a bucket or object, percent-encoded as SigV4 has it."""
        return self.url.rstrip("/") + path_of(bucket, key) + query_of(query)

    @property
    def host(self) -> str:
        """Return host and port as signed: without the scheme's own port."""
        parts = urlsplit(self.url)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}" if parts.port in {None, default} else f"{host}:{parts.port}"


def path_of(bucket: str = "", key: str | None = None) -> str:
    """Return the encoded path; a key's slashes stay, leading ones too."""
    path = "/" + quote(bucket, safe="")
    return path if key is None else f"{path}/{quote(key, safe='/')}"


def query_of(query: Query) -> str:
    """Return the encoded query with its question mark; a name alone gets no ``=``."""
    parts = (
        quote(name, safe="") + (f"={quote(value, safe='')}" if value else "")
        for name, value in query
    )
    return f"?{'&'.join(parts)}" if query else ""


def content_md5(body: bytes) -> tuple[str, str]:
    """Return the header that multi-delete demands (S3's protocol, no protection)."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return "Content-MD5", b64encode(digest).decode()


def location_document(region: str) -> bytes:
    """Return the body that asks for a bucket in a region."""
    return (
        f'<CreateBucketConfiguration xmlns="{_NAMESPACE}"><LocationConstraint>{escape(region)}'
        "</LocationConstraint></CreateBucketConfiguration>"
    ).encode()


def delete_document(keys: Iterable[str]) -> bytes:
    """Return the body that deletes several objects at once."""
    objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    return f'<Delete xmlns="{_NAMESPACE}">{objects}</Delete>'.encode()


def parts_document(etags: Sequence[str]) -> bytes:
    """Return the body that completes a multipart upload of parts 1, 2, ..."""
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
        for number, etag in enumerate(etags, 1)
    )
    return (
        f'<CompleteMultipartUpload xmlns="{_NAMESPACE}">{parts}</CompleteMultipartUpload>'
    ).encode()
