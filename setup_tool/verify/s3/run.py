"""Running the checks, proxy by proxy and then through the public URL, and cleaning up."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from setup_tool.core.errors import UnreachableError
from setup_tool.verify.answer import MADE
from setup_tool.verify.result import Status
from setup_tool.verify.run import Found, Run
from setup_tool.verify.s3.answer import S3Error
from setup_tool.verify.s3.checks import ODD_KEYS, proxy_checks, public_checks
from setup_tool.verify.s3.gateway import NoGatewayError, limits, probe_region
from setup_tool.verify.s3.hints import Circumstances, hint_for
from setup_tool.verify.s3.leftovers import Leftovers
from setup_tool.verify.s3.session import S3Session
from setup_tool.verify.s3.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.ports import Clock, Entropy, Signer, Web
    from setup_tool.verify.answer import ServiceError
    from setup_tool.verify.check import Check
    from setup_tool.verify.result import CheckResult
    from setup_tool.verify.s3.plan import S3VerifyPlan

REGION = "find the region"


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
    run = _Gateways(plan, web, signer, clock, entropy, Run("s3", clock, on_result))
    try:
        run.everything()
    finally:
        run.remove_all()
    return tuple(run.run.results)


@dataclass(slots=True)
class _Gateways:
    plan: S3VerifyPlan
    web: Web
    signer: Signer
    clock: Clock
    entropy: Entropy
    run: Run
    leftovers: Leftovers = field(default_factory=Leftovers)
    subjects: list[Subject] = field(default_factory=list)

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
        buckets = {each: partial(self._remove, each) for each in self.leftovers.buckets()}
        self.run.remove_all(self.plan.url, buckets, "Delete these buckets by hand.")

    def _remove(self, bucket: str) -> str:
        return self.leftovers.remove(bucket, self._sessions(bucket), self.clock)

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
                self.run.tell(REGION, url, start, Found(Status.PASSED, region))
                return region, ""
        self.run.tell(REGION, self.plan.url, start, Found(Status.FAILED, *refusals[0]))
        return "", f"It needs: {REGION}."

    def _limits(self) -> GatewayLimits | None:
        try:
            return limits(self.web, self.plan.url)
        except UnreachableError:
            return None  # the first check says so

    def _subject(self, url: str, region: str) -> Subject:
        session = S3Session(self.web, self.signer, url, self.plan.pair, region)
        bucket = f"{MADE}{self.entropy.token(8)}"
        subject = Subject(session, bucket, self.leftovers, self.clock, self.entropy)
        self.subjects.append(subject)
        return subject

    def _sessions(self, bucket: str) -> list[S3Session]:
        """Return all sessions, first the one that made the bucket."""
        ordered = sorted(self.subjects, key=lambda subject: subject.bucket != bucket)
        return [subject.session for subject in ordered]

    def _run_all(self, checks: Iterable[Check[Subject]], subject: Subject, blocked: str) -> None:
        session = subject.session

        def explain(check: Check[Subject], error: ServiceError) -> str:
            elsewhere = self.run.works_at if self.run.works_at != session.url else ""
            odd_key = check.name in ODD_KEYS
            seen = Circumstances(session.host, elsewhere, odd_key=odd_key, now=self.clock.now())
            return hint_for(error, seen) if isinstance(error, S3Error) else ""

        self.run.run_all(checks, subject, session.url, explain, blocked)
