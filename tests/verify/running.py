"""Running the checks in a test: over real HTTP, with something done to the requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.adapters.machine import SystemClock, SystemEntropy
from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.errors import UnreachableError
from setup_tool.core.http import Response
from setup_tool.verify.result import CheckResult, Status
from setup_tool.verify.s3.run import run_s3_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from setup_tool.core.http import Request
    from setup_tool.ports import Web
    from setup_tool.verify.s3.plan import S3VerifyPlan

BUCKETS = Response(
    200,
    (),
    b'<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets><Bucket>'
    b"<Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>",
)


@dataclass(slots=True)
class Meddling:
    """A `Web` that counts requests and does something before or after each."""

    before: Callable[[int, Request], None] = lambda number, request: None  # noqa: ARG005
    after: Callable[[int, Request], None] = lambda number, request: None  # noqa: ARG005
    web: Web = field(default_factory=UrllibWeb)
    count: int = 0

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        self.count += 1
        number = self.count
        self.before(number, request)
        answer = self.web.send(request, timeout=timeout)
        self.after(number, request)
        return answer


@dataclass(slots=True)
class Scripted:
    """A `Web` that answers from a list, over and over."""

    answers: list[Response | UnreachableError]
    count: int = 0

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        assert request.method
        assert timeout
        answer = self.answers[self.count % len(self.answers)]
        self.count += 1
        if isinstance(answer, UnreachableError):
            raise answer
        return answer


class NoWaiting(SystemClock):
    """The system's clock, for what need not settle."""

    def wait(self, seconds: float) -> None:
        assert seconds > 0


def verify(
    plan: S3VerifyPlan,
    web: Web | None = None,
    on_result: Callable[[CheckResult], None] | None = None,
    *,
    clock: SystemClock | None = None,
) -> tuple[CheckResult, ...]:
    clock = clock or SystemClock()
    return run_s3_checks(
        plan,
        web=web or UrllibWeb(),
        signer=BotocoreSigner(clock),
        clock=clock,
        entropy=SystemEntropy(),
        on_result=on_result,
    )


def by_status(results: Sequence[CheckResult], status: Status) -> dict[str, CheckResult]:
    return {result.name: result for result in results if result.status is status}


def failed(results: Sequence[CheckResult]) -> dict[str, CheckResult]:
    return by_status(results, Status.FAILED)
