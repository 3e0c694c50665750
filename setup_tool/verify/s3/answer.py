"""Reading what an S3 gateway answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.verify import answer
from setup_tool.verify.answer import ServiceError, code_of, document, shown, value

if TYPE_CHECKING:
    from setup_tool.core.http import Response


@dataclass(frozen=True, slots=True)
class S3Error(ServiceError):
    """A gateway's refusal.

    ``canonical_request`` is what the gateway believes was signed (SignatureDoesNotMatch,
    SigV4), ``region`` the one it wants.
    """

    region: str = ""
    canonical_request: str = ""


def read_error(response: Response) -> S3Error:
    """Take an answer apart as far as it goes."""
    root = document(response.body)
    if root is None or root.tag != "Error":
        return S3Error(response.status, date=response.header("date") or "")
    inner = document(value(root, "Message").encode())
    if inner is not None and inner.tag == "Error":
        root = inner  # s3token's own answer, which Swift's s3api wraps into an InvalidRequest
    return S3Error(
        status=response.status,
        code=code_of(value(root, "Code")),
        message=shown(value(root, "Message")),
        region=shown(value(root, "Region")),
        canonical_request=value(root, "CanonicalRequest"),
        date=response.header("date") or "",
    )


def described(response: Response) -> str:
    """Say in a line what came back, so that it can be shown."""
    return answer.described(response, read_error(response), "S3")
