"""From what an EC2 client sees to where the cause may be.

Read in nova 12 (``nova/api/ec2``) and ec2-api 17 (``ec2api/api``), and seen on ec2-api 17 and
on moto's server. Many faults look alike from outside; a hint names them all, the likeliest
first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.verify.answer import MOVED
from setup_tool.verify.skew import seconds_apart, skew_hint

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from setup_tool.verify.answer import ServiceError

_SKEW = 240
"""Seconds; ec2-api and nova's EC2 take 300 (``ec2_timestamp_expiry``)."""

_NO_SERVICE = (
    "The service found no endpoint to ask, or none that answers: with ec2-api the catalogue must "
    "have compute, network, image and volumev3."
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known when a check fails.

    ``known`` tells that the service accepted a request of the same key signed with SigV4.
    """

    url: str
    known: bool
    now: datetime


def hint_for(error: ServiceError, seen: Circumstances) -> str:
    """Return a sentence or two on the cause, or an empty string when none is known."""
    if error.status in {400, 401, 403} and seconds_apart(error.date, seen.now) > _SKEW:
        return skew_hint("service", error.date, seen.now, "4 minutes")
    if not error.code:
        return _not_ec2(error, seen)
    for code, known in _BY_CODE.items():
        if error.code.startswith(code):
            return known if isinstance(known, str) else known(error, seen)
    if error.status >= 500:  # noqa: PLR2004
        return f"The service failed inside: its log has the request. {_NO_SERVICE}"
    return ""


def _authentication(_: ServiceError, seen: Circumstances) -> str:
    if seen.known:
        return (
            "The same key works here with SigV4, so key and secret are good: the signature covers "
            "method, host and path, and something between changes one of them, or the service "
            "takes no other version."
        )
    path = urlsplit(seen.url).path or "/"
    return (
        "Keystone did not confirm the key. Either the key or secret is wrong or revoked or its "
        "project disabled; or the service asks Keystone without a token of a user with role "
        "service (needed since OSSA-2025-002; ec2-api 17 cannot by itself), or at another "
        "keystone_ec2_tokens_url; or something between rewrites Host or the path, which were "
        f"signed as {urlsplit(seen.url).netloc} and {path}."
    )


def _instance_type(error: ServiceError, _: Circumstances) -> str:
    if "InstanceType" in error.message:
        return "There is no such instance type (flavor): say another with --instance-type."
    return ""


def _unsupported(error: ServiceError, _: Circumstances) -> str:
    if "network" in error.message:
        return "The project has no network of its own with a subnet, which ec2-api starts into."
    return ""


def _not_ec2(error: ServiceError, seen: Circumstances) -> str:
    status = error.status
    if status == 400:  # noqa: PLR2004
        return (
            "ec2-api says that of every failure of its own: its log has the cause. When it does "
            "so to everything, its libraries are newer than it can take."
        )
    if status in {404, 405}:
        return (
            f"There is no EC2 service at the path {urlsplit(seen.url).path or '/'}: nova's own is "
            "at /services/Cloud, ec2-api at /, Eucalyptus at /services/compute or, before 4.0, "
            "/services/Eucalyptus."
        )
    if 300 <= status < 400:  # noqa: PLR2004
        return MOVED
    if status >= 500:  # noqa: PLR2004
        return (
            "A load balancer answers in the service's place, or the service failed: look whether "
            "one is up behind this URL, and at its log."
        )
    if status == 403:  # noqa: PLR2004
        return "ec2-api says that of a timestamp that it does not take, or a balancer of a client."
    return "What answers here is not an EC2 service."


_BY_CODE: dict[str, str | Callable[[ServiceError, Circumstances], str]] = {
    "AuthFailure": _authentication,
    "SignatureDoesNotMatch": _authentication,
    "InvalidClientTokenId": _authentication,
    "Unauthorized": (
        "The key is good, but the policy of a service lets its user not do this: a role is missing."
    ),
    "RequestExpired": "The clocks of this machine and the service differ.",
    "ServiceUnavailable": (
        "The service cannot ask Keystone, or is overloaded: see its log, and whether its own "
        "login in Keystone works."
    ),
    "EndpointNotFound": _NO_SERVICE,
    "ConnectFailure": _NO_SERVICE,
    "DiscoveryFailure": _NO_SERVICE,
    "CatalogException": _NO_SERVICE,
    "InvalidAction": "This service does not know that action.",
    "InvalidRequest": "This service does not know that action.",
    "InvalidParameterValue": _instance_type,
    "Unsupported": _unsupported,
    "ResourceLimitExceeded": "The project's quota is used up.",
    "InstanceLimitExceeded": "The project's quota is used up.",
    "Forbidden": (
        "A service behind refused: the project's quota is used up, or its policy lets the key's "
        "user not do this."
    ),
}
