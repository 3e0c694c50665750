"""Running the checks, proxy by proxy and then through the public URL, and cleaning up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.errors import UnreachableError
from setup_tool.verify.answer import BUCKET_PREFIX
from setup_tool.verify.checks import proxy_checks, public_checks
from setup_tool.verify.gateway import NoGatewayError, limits, probe_region
from setup_tool.verify.hints import FELL_SILENT, Circumstances, hint_for
from setup_tool.verify.leftovers import Leftovers
from setup_tool.verify.result import CheckResult, Status
from setup_tool.verify.session import S3Session
from setup_tool.verify.subject import Subject, UnmetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.ports import Clock, Entropy, Signer, Web
    from setup_tool.verify.checks import Check
    from setup_tool.verify.plan import S3VerifyPlan

REGION = "find the region"
REMOVAL = "remove what was made"

_SILENT = 2
"""Checks in a row without any answer, after which an endpoint is given up."""


def run_s3_checks(
    plan: S3VerifyPlan,
    *,
    web: Web,
    signer: Signer,
    clock: Clock,
    entropy: Entropy,
    on_result: Callable[[CheckResult], None] | None = None,
) -> tuple[CheckResult, ...]:
    """Verify an S3 gateway with real requests; what is wrong with it is in the results.

    Each result is also handed to ``on_result`` as soon as it is known. Whatever the
    checks made is removed at the end, in whichever way that comes, `KeyboardInterrupt`
    included; the last result says so or names what is left.

    Raises:
        DeclarationError: A URL, key or CA bundle cannot be used at all.
    """
    run = _Run(plan, web, signer, clock, entropy, on_result)
    try:
        run.everything()
    finally:
        run.remove_all()
    return tuple(run.results)


@dataclass(frozen=True, slots=True)
class _Found:
    """How one check ended; ``silence`` tells that nothing answered."""

    status: Status
    detail: str = ""
    hint: str = ""
    silence: bool = False


@dataclass(slots=True)
class _Run:
    plan: S3VerifyPlan
    web: Web
    signer: Signer
    clock: Clock
    entropy: Entropy
    on_result: Callable[[CheckResult], None] | None
    results: list[CheckResult] = field(default_factory=list)
    leftovers: Leftovers = field(default_factory=Leftovers)
    subjects: list[Subject] = field(default_factory=list)
    works_at: str = ""

    def everything(self) -> None:
        region, blocked = self._region()
        proxies: list[Subject] = []
        for url in self.plan.proxies:
            subject = self._subject(url, region)
            self._run_all(proxy_checks(proxies), subject, blocked)
            proxies.append(subject)
        subject = self._subject(self.plan.url, region)
        known = None if blocked else self._limits()
        self._run_all(public_checks(self.plan, known, proxies), subject, blocked)

    def remove_all(self) -> None:
        """Remove what was made, and say what could not be."""
        buckets = self.leftovers.buckets()
        if not buckets:
            return
        start, left = self.clock.monotonic(), dict.fromkeys(buckets, "interrupted")
        try:
            self._remove_each(left)
        except KeyboardInterrupt:
            self._remove_each(left)  # the next one gives up
            raise
        finally:
            reasons = "; ".join(f"{bucket} ({why})" for bucket, why in left.items() if why)
            self._tell(
                CheckResult(
                    REMOVAL,
                    self.plan.url,
                    Status.FAILED if reasons else Status.PASSED,
                    self.clock.monotonic() - start,
                    f"Left over: {reasons}" if reasons else ", ".join(buckets),
                    "Delete these buckets by hand." if reasons else "",
                )
            )

    def _remove_each(self, left: dict[str, str]) -> None:
        """Remove the buckets, noting why each one is left, with no reason when it is not."""
        for bucket in self.leftovers.buckets():
            left[bucket] = self.leftovers.remove(bucket, self._sessions(bucket), self.clock)

    def _region(self) -> tuple[str, str]:
        """Return the region and an empty string, or why there is none."""
        if self.plan.region is not None:
            return self.plan.region, ""
        start = self.clock.monotonic()
        refusals: list[tuple[str, str]] = []
        for url in (self.plan.url, *self.plan.proxies):
            try:
                region = probe_region(self.web, self.signer, url, self.plan.pair)
            except UnreachableError as error:
                refusals.append((str(error), ""))
            except NoGatewayError as error:
                refusals.append((error.said, error.hint))
            else:
                took = self.clock.monotonic() - start
                self._tell(CheckResult(REGION, url, Status.PASSED, took, region))
                return region, ""
        took = self.clock.monotonic() - start
        self._tell(CheckResult(REGION, self.plan.url, Status.FAILED, took, *refusals[0]))
        return "", f"It needs: {REGION}."

    def _limits(self) -> GatewayLimits | None:
        try:
            return limits(self.web, self.plan.url)
        except UnreachableError:
            return None  # the first check says so

    def _subject(self, url: str, region: str) -> Subject:
        session = S3Session(self.web, self.signer, url, self.plan.pair, region)
        bucket = f"{BUCKET_PREFIX}{self.entropy.token(8)}"
        subject = Subject(session, bucket, self.leftovers, self.clock, self.entropy)
        self.subjects.append(subject)
        return subject

    def _sessions(self, bucket: str) -> list[S3Session]:
        """Return all sessions, first the one that made the bucket."""
        ordered = sorted(self.subjects, key=lambda subject: subject.bucket != bucket)
        return [subject.session for subject in ordered]

    def _run_all(self, checks: Sequence[Check], subject: Subject, blocked: str) -> None:
        passed: set[str] = set()
        silent = 0
        for check in checks:
            missing = [name for name in check.needs if name not in passed]
            reason = blocked or check.blocked or (f"It needs: {missing[0]}." if missing else "")
            target, start = subject.session.url, self.clock.monotonic()
            found = _Found(Status.NOT_RUN, reason)
            if check.run is None:
                found = _Found(Status.SKIPPED, check.skip)
            elif not reason:
                found = self._attempt(check, check.run, subject, answered_before=bool(passed))
                silent = silent + 1 if found.silence else 0
            if found.status is Status.PASSED:
                passed.add(check.name)
                self.works_at = self.works_at or target
            if silent >= _SILENT:
                blocked = "The endpoint does not answer any more."
            took = self.clock.monotonic() - start
            self._tell(
                CheckResult(check.name, target, found.status, took, found.detail, found.hint)
            )

    def _attempt(
        self,
        check: Check,
        run: Callable[[Subject], str],
        subject: Subject,
        *,
        answered_before: bool,
    ) -> _Found:
        try:
            return _Found(Status.PASSED, run(subject))
        except UnmetError as unmet:
            hint = unmet.hint
            if not hint and unmet.error is not None:
                hint = hint_for(unmet.error, self._circumstances(check, subject))
            return _Found(Status.FAILED, str(unmet), hint)
        except UnreachableError as error:
            hint = FELL_SILENT if answered_before else ""
            return _Found(Status.FAILED, str(error), hint, silence=True)

    def _circumstances(self, check: Check, subject: Subject) -> Circumstances:
        elsewhere = self.works_at if self.works_at != subject.session.url else ""
        return Circumstances(
            subject.session.host, elsewhere, odd_key=check.odd_key, now=self.clock.now()
        )

    def _tell(self, result: CheckResult) -> None:
        self.results.append(result)
        if self.on_result is not None:
            self.on_result(result)
