"""Requests that a service must refuse, for who asks or when it was signed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from setup_tool.core.credential import KeyPair
from setup_tool.core.secret import Secret
from setup_tool.verify.ec2.answer import described, read_error
from setup_tool.verify.refusal import refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from setup_tool.core.http import Response
    from setup_tool.ports import Clock, Signer
    from setup_tool.verify.ec2.subject import Subject

ACTION = "DescribeRegions"

_STATUSES = (400, 401, 403, 404)
"""nova and ec2-api: 400 without a signature, 404 for an unknown key, 401 for a wrong secret;
Amazon: 401 and 403; ec2-api for a stale timestamp: 403 without an EC2 document."""

_STALE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Late:
    """A clock that is behind by `_STALE`."""

    clock: Clock

    def now(self) -> datetime:
        return self.clock.now() - _STALE

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def wait(self, seconds: float) -> None:
        self.clock.wait(seconds)


def unsigned(subject: Subject) -> str:
    """Ask without a signature."""
    return _refused(subject.session.send_unsigned(ACTION))


def wrong_secret(subject: Subject) -> str:
    """Sign with the right key and a wrong secret."""
    pair = KeyPair(subject.session.pair.access, Secret(subject.entropy.token(16)))
    return _refused(replace(subject.session, pair=pair).send(ACTION))


def unknown_key(subject: Subject) -> str:
    """Sign with a key that nobody has."""
    pair = KeyPair(subject.entropy.token(16), Secret(subject.entropy.token(16)))
    return _refused(replace(subject.session, pair=pair).send(ACTION))


def stale(subject: Subject, signer: Callable[[Clock], Signer], *, version: str) -> str:
    """Sign as if it were an hour ago."""
    late = signer(_Late(subject.clock))
    return _refused(replace(subject.session, signer=late, version=version).send(ACTION))


def _refused(answer: Response) -> str:
    hint = "The service, or something before it, does not check who asks, and when."
    return refused(read_error(answer), described(answer), _STATUSES, hint)
