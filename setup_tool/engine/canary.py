"""A native and a signed S3 request through one proxy, sent by its own node."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.credential import PASSING, Credential, KeyPair
from setup_tool.core.errors import SetupToolError
from setup_tool.core.http import Request
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import Canary
from setup_tool.declare.urls import root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setup_tool.core.identity import Whereabouts
    from setup_tool.engine.world import World
    from setup_tool.ports import Clock, Entropy, Keys

_VALID_SECONDS = 3600
_LIFETIME = 6 * 3600
"""Seconds that a run with such a key may take, and operators' clocks be apart."""
_NATIVE = (200, 204, 404)
"""404: authorised, but this project's account does not exist yet."""


@dataclass(frozen=True, slots=True)
class Provable:
    """How a proxy behind Keystone is proven once it has read its new file.

    ``health_url`` tells where its own node asks it; ``location`` is the region its
    gateway signs for, None where it will serve no S3. ``signature`` is the version that
    it understands.
    """

    health_url: str
    location: str | None
    signature: str = "v4"


@contextmanager
def passing_key(keys: Keys, entropy: Entropy, clock: Clock) -> Iterator[KeyPair]:
    """Make an EC2 credential of our own that lasts as long as it is needed, then remove it.

    What a killed run left is removed as well, once it is so old that no other operator
    with the same login can still be using it. Where Keystone chooses the access key itself
    (Identity v2.0), nothing tells it from the operator's own, and what a killed run left
    stays. Raises `SetupToolError` when Keystone does not let us.
    """
    now = int(clock.now().timestamp())
    owner = keys.owner(None, None, None)
    for left in keys.find(owner):
        if left.pair.is_left_over(now, _LIFETIME):
            keys.delete(left)
    pair = KeyPair(f"{PASSING}{now}-{entropy.token(8)}", Secret(entropy.token(32)))
    credential = Credential(owner, pair)
    try:
        credential = keys.create_chosen(owner, pair)
    except BaseException:
        # Keystone may have made it although its answer, cut off, did not reach us.
        with suppress(SetupToolError):
            keys.delete(credential)
        raise
    try:
        yield credential.pair
    finally:
        keys.delete(credential)


def canaries(
    world: World, ourselves: Whereabouts, pair: KeyPair | None, proxy: Provable
) -> tuple[Canary, ...]:
    """Return the requests that prove one proxy, asked at the address of its health URL.

    The native one must work before and after the change, the signed one after it;
    without a ``pair`` or a location to sign for there is none.
    """
    base = root(proxy.health_url)
    found = []
    account = _account_path(ourselves)
    if account is not None:
        native = Request("GET", f"{base}{account}?limit=1", (("X-Auth-Token", ourselves.token),))
        found.append(Canary("native Swift request", native, _NATIVE, before=True))
    if pair is not None and proxy.location is not None:
        signed = world.signer.presign(
            Request("GET", f"{base}/"),
            pair,
            region=proxy.location,
            version=proxy.signature,
            expires=_VALID_SECONDS,
        )
        found.append(Canary("signed S3 request", signed, (200,), before=False))
    return tuple(found)


def _account_path(ourselves: Whereabouts) -> str | None:
    found = (
        *ourselves.urls("object-store", "internal"),
        *ourselves.urls("object-store", "public"),
    )
    return urlsplit(found[0]).path.rstrip("/") if found else None
