"""Asking for more instances than there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify.answer import value
from setup_tool.verify.check import SkippedError, UnmetError
from setup_tool.verify.ec2.answer import OK, described, expect, read_error
from setup_tool.verify.ec2.starting import parameters, start
from setup_tool.verify.ec2.states import ENDED, ids_of, told, with_key

if TYPE_CHECKING:
    from setup_tool.verify.ec2.plan import Launch
    from setup_tool.verify.ec2.subject import Subject

MOST = 100
"""A project that may run more is not tried beyond that: ec2-api starts them one by one until
one is refused, and then ends them all."""

_OF_CAPACITY = ("Limit", "Capacity", "Quota", "NotEnoughResources", "TooMany", "Forbidden")
"""What codes of running out have in them: Amazon's, Eucalyptus's, nova's, and ec2-api's for
nova's 403."""

_MAXIMUM = "max-instances"
_PAUSE = 2.0


def refused(subject: Subject, launch: Launch) -> str:
    """Ask for one instance more than the project may run: none may be left of them."""
    count = _limit(subject) + 1
    answer = start(subject, count, parameters(subject, launch, count))
    if answer.status == OK:
        ids = ids_of(expect(answer, "RunInstances"))
        raise UnmetError(
            f"{len(ids)} were started although the service says that {count - 1} are the most."
        )
    error = read_error(answer)
    if not any(part in error.code for part in _OF_CAPACITY):
        raise UnmetError(f"It was refused, but not for the number: {described(answer)}", error)
    left = _settled(subject, launch.patience)
    if left:
        subject.leftovers.started(left)
        raise UnmetError(f"It was refused ({described(answer)}), and yet {told(left)}.")
    return f"{count} asked for: {described(answer)}"


def _limit(subject: Subject) -> int:
    """Return how many instances the project may run; raises `SkippedError`."""
    answer = subject.session.send("DescribeAccountAttributes", ("AttributeName.1", _MAXIMUM))
    try:
        root = expect(answer, "DescribeAccountAttributes")
        told_limit = {
            value(item, "attributeName"): value(item, "attributeValueSet/item/attributeValue")
            for item in root.iterfind("accountAttributeSet/item")
        }[_MAXIMUM]
        limit = int(told_limit)
    except (UnmetError, KeyError, ValueError):
        raise SkippedError("The service does not say how many the project may run.") from None
    if limit < 0:
        raise SkippedError("The project may run any number.")
    if limit > MOST:
        raise SkippedError(
            f"The project may run {limit:,}; more than {MOST} are not started to be refused."
        )
    return limit


def _settled(subject: Subject, patience: float) -> dict[str, str]:
    """Return what is left of a refused start once nothing is, or patience ends."""
    since = subject.clock.monotonic()
    while True:
        found = with_key(subject.session, subject.name)
        left = {each: state for each, state in found.items() if state not in ENDED}
        if not left or subject.clock.monotonic() - since >= patience:
            return left
        subject.progress(told(left))
        subject.clock.wait(_PAUSE)
