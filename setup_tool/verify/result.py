"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Service = Literal["s3", "ec2"]
"""Which of the two APIs a check is about."""


class Status(StrEnum):
    """How a check ended.

    ``skipped``: it was not asked for (no second key given, no token). ``not run``: it
    was, but something it needs failed before; that is no success.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check against one target, an endpoint's URL.

    ``detail`` says what was seen, on failure with HTTP status, error code and message;
    ``hint`` where to look for the cause. ``seconds`` is wall time. Neither text ever
    holds a secret key, a signature or a token.
    """

    name: str
    target: str
    status: Status
    seconds: float = 0.0
    detail: str = ""
    hint: str = ""
    service: Service = "s3"


def all_well(results: Iterable[CheckResult]) -> bool:
    """Tell whether every check that was asked for ran and passed; none at all is not well."""
    statuses = {result.status for result in results}
    return Status.PASSED in statuses and not statuses & {Status.FAILED, Status.NOT_RUN}
