"""Running checks one after another, telling each result, and the removal at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from setup_tool.core.errors import UnreachableError
from setup_tool.verify.check import SkippedError, UnmetError
from setup_tool.verify.result import CheckResult, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from setup_tool.ports import Clock
    from setup_tool.verify.answer import ServiceError
    from setup_tool.verify.check import Check
    from setup_tool.verify.result import Service

Subject = TypeVar("Subject")

REMOVAL = "remove what was made"

FELL_SILENT = (
    "It answered a moment ago: the service stopped, a load balancer took it out, or this request "
    "takes longer than something between is willing to wait."
)

_SILENT = 2
"""Checks in a row without any answer, after which an endpoint is given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """How one check ended; ``silence`` tells that nothing answered."""

    status: Status
    detail: str = ""
    hint: str = ""
    silence: bool = False


@dataclass(slots=True)
class Run:
    """What the checks of one service found, each told to ``on_result`` as soon as it is known.

    ``works_at`` is the first target where a check passed.
    """

    service: Service
    clock: Clock
    on_result: Callable[[CheckResult], None] | None
    results: list[CheckResult] = field(default_factory=list)
    works_at: str = ""

    def tell(self, name: str, target: str, since: float, found: Found) -> None:
        """Note a result; ``since`` is the clock's monotonic time at its beginning."""
        took = self.clock.monotonic() - since
        result = CheckResult(
            name, target, found.status, took, found.detail, found.hint, self.service
        )
        self.results.append(result)
        if self.on_result is not None:
            self.on_result(result)

    def run_all(
        self,
        checks: Iterable[Check[Subject]],
        subject: Subject,
        target: str,
        explain: Callable[[Check[Subject], ServiceError], str],
        blocked: str = "",
    ) -> None:
        """Run checks in their order; ``explain`` finds a hint to what was answered.

        With a reason why they are ``blocked`` none is run.
        """
        passed: set[str] = set()
        silent = 0
        for check in checks:
            missing = [name for name in check.needs if name not in passed]
            reason = blocked or check.blocked or (f"It needs: {missing[0]}." if missing else "")
            start = self.clock.monotonic()
            found = Found(Status.NOT_RUN, reason)
            if check.run is None:
                found = Found(Status.SKIPPED, check.skip)
            elif not reason:
                found = _attempt(check, check.run, subject, explain, answered_before=bool(passed))
                silent = silent + 1 if found.silence else 0
            if found.status is Status.PASSED:
                passed.add(check.name)
                self.works_at = self.works_at or target
            if silent >= _SILENT:
                blocked = "The endpoint does not answer any more."
            self.tell(check.name, target, start, found)

    def remove_all(
        self,
        target: str,
        things: Mapping[str, Callable[[], str]],
        advice: str,
    ) -> None:
        """Remove what was made, if anything was, and tell what could not be.

        ``things`` are what may be there by what people call it, each with what removes it and
        returns why it is left, or an empty string. Ctrl-C is heard once: what is left is tried
        again, the next one gives up.
        """
        left = dict.fromkeys(things, "interrupted")
        if not left:
            return
        start = self.clock.monotonic()
        try:
            _remove_each(left, things)
        except KeyboardInterrupt:
            _remove_each(left, things)
            raise
        finally:
            reasons = _reasons(left)
            found = (
                Found(Status.FAILED, f"Left over: {reasons}", advice)
                if reasons
                else Found(Status.PASSED, ", ".join(left))
            )
            self.tell(REMOVAL, target, start, found)


def _remove_each(left: dict[str, str], things: Mapping[str, Callable[[], str]]) -> None:
    """Remove each that is left, noting why it still is, with no reason when it is not."""
    for thing, remove in things.items():
        if left[thing]:
            left[thing] = remove()


def _reasons(left: Mapping[str, str]) -> str:
    return "; ".join(f"{thing} ({why})" for thing, why in left.items() if why)


def _attempt(
    check: Check[Subject],
    run: Callable[[Subject], str],
    subject: Subject,
    explain: Callable[[Check[Subject], ServiceError], str],
    *,
    answered_before: bool,
) -> Found:
    try:
        return Found(Status.PASSED, run(subject))
    except UnmetError as unmet:
        hint = unmet.hint
        if not hint and unmet.error is not None:
            hint = explain(check, unmet.error)
        return Found(Status.FAILED, str(unmet), hint)
    except SkippedError as reason:
        return Found(Status.SKIPPED, str(reason))
    except UnreachableError as error:
        hint = FELL_SILENT if answered_before else ""
        return Found(Status.FAILED, str(error), hint, silence=True)
