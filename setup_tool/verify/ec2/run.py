"""Running the checks of an EC2 service, and ending what they started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify.answer import MADE
from setup_tool.verify.ec2.checks import all_checks
from setup_tool.verify.ec2.hints import Circumstances, hint_for
from setup_tool.verify.ec2.leftovers import Leftovers
from setup_tool.verify.ec2.session import Ec2Session
from setup_tool.verify.ec2.subject import Subject
from setup_tool.verify.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.ports import Clock, Entropy, Listener, Signer, Web
    from setup_tool.verify.answer import ServiceError
    from setup_tool.verify.check import Check
    from setup_tool.verify.ec2.plan import Ec2VerifyPlan
    from setup_tool.verify.result import CheckResult

DEFAULT_REGION = "us-east-1"
"""Every client's default; nova, ec2-api and Keystone take any."""


def run_ec2_checks(
    plan: Ec2VerifyPlan,
    *,
    web: Web,
    signer: Callable[[Clock], Signer],
    clock: Clock,
    entropy: Entropy,
    listener: Listener,
    on_result: Callable[[CheckResult], None] | None = None,
) -> tuple[CheckResult, ...]:
    """Verify an EC2 service with real requests; what is wrong with it is in the results.

    Each result is also handed to ``on_result`` as soon as it is known, and the states of
    instances to ``listener``. Whatever the checks started or made is ended and removed, in
    whichever way the run ends, `KeyboardInterrupt` included; the last result says so or names
    what is left. ``signer`` makes one that reads a given clock.

    Raises:
        DeclarationError: The URL, the key or the CA bundle cannot be used at all.
    """
    session = Ec2Session(web, signer(clock), plan.url, plan.pair, plan.region or DEFAULT_REGION)
    name = f"{MADE}{entropy.token(8)}"
    leftovers = Leftovers(session, name, clock, listener)
    subject = Subject(session, name, leftovers, clock, entropy, listener)
    run = Run("ec2", clock, on_result)

    def explain(check: Check[Subject], error: ServiceError) -> str:
        del check
        return hint_for(error, Circumstances(plan.url, bool(run.works_at), clock.now()))

    try:
        run.run_all(all_checks(plan, signer), subject, plan.url, explain)
    finally:
        run.remove_all(plan.url, leftovers.things(), "End and delete these by hand.")
    return tuple(run.results)
