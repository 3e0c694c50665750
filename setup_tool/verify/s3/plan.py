"""What is to be verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.credential import KeyPair
    from setup_tool.core.secret import Secret


@dataclass(frozen=True, slots=True)
class NativeAccess:
    """Swift's own API as the key's owner: ``.../v1/AUTH_...`` and a token of its project."""

    storage_url: str
    token: Secret


@dataclass(frozen=True, slots=True)
class S3VerifyPlan:
    """An S3 gateway by its public URL and the key to try it with.

    ``region`` None means to ask the gateway. ``proxies`` are root URLs of single proxies;
    requests to them are signed for their own host and port. ``foreign`` is a key of
    another project, ``native`` the way to see the objects without S3; checks that need
    what is not given are skipped.
    """

    url: str
    pair: KeyPair
    region: str | None = None
    proxies: tuple[str, ...] = ()
    foreign: KeyPair | None = None
    native: NativeAccess | None = None
