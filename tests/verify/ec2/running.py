"""Running the checks of EC2 in a test, by a clock that does not wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from setup_tool.adapters.machine import SystemClock, SystemEntropy
from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.secret import Secret
from setup_tool.verify.ec2.plan import Ec2VerifyPlan, Launch
from setup_tool.verify.ec2.run import run_ec2_checks
from tests.verify.ec2.small_ec2 import IMAGE, PAIR

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from setup_tool.core.events import Event
    from setup_tool.core.http import Request
    from setup_tool.ports import Web
    from setup_tool.verify.result import CheckResult

LAUNCH = Launch(IMAGE, patience=60)


@dataclass(slots=True)
class Hasty:
    """A clock on which waiting takes no time, and nothing else takes any."""

    clock: SystemClock = field(default_factory=SystemClock)
    waited: float = 0.0

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.waited

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.waited += seconds


@dataclass(slots=True)
class Told:
    """Keeps what is told while it goes on."""

    events: list[str] = field(default_factory=list)

    def on(self, event: Event) -> None:
        self.events.append(event.text)


def plan(url: str, launch: Launch | None = LAUNCH) -> Ec2VerifyPlan:
    return Ec2VerifyPlan(url, PAIR, region="RegionOne", launch=launch)


def verify(
    asked: Ec2VerifyPlan,
    web: Web | None = None,
    on_result: Callable[[CheckResult], None] | None = None,
    *,
    listener: Told | None = None,
    clock: Hasty | None = None,
) -> tuple[CheckResult, ...]:
    return run_ec2_checks(
        asked,
        web=web or UrllibWeb(),
        signer=BotocoreSigner,
        clock=clock or Hasty(),
        entropy=SystemEntropy(),
        listener=listener or Told(),
        on_result=on_result,
    )


def action_of(request: Request) -> str:
    """Return the action that a request is for."""
    url = request.url.reveal() if isinstance(request.url, Secret) else request.url
    return parse_qs(request.body.decode() or url.partition("?")[2])["Action"][0]
