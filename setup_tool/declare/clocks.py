"""Do the nodes' clocks agree with the operator's? Signatures and tokens carry times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError, as_one
from setup_tool.core.plan import Note
from setup_tool.core.queries import ReadSystem
from setup_tool.declare.questions import is_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.core.facts import SystemFact
    from setup_tool.declare.inventory import Node
    from setup_tool.resources.resource import Answers

REFUSED = 15 * 60
"""Seconds. s3api answers RequestTimeTooSkewed to what is signed further off
(``allowable_clock_skew`` of swift.common.middleware.s3api, 900 by default)."""

NOTED = 60
"""Seconds from which it is worth saying."""


def check_clocks(
    nodes: Sequence[Node], facts: Mapping[str, Answers], began: float, ended: float
) -> tuple[Note, ...]:
    """Return a note for each clock that is off.

    ``began`` and ``ended`` are this machine's, seconds since 1970, before the first node
    was asked and after the last: a node may have looked at its own at any time between.
    Raises `DeclarationError` naming every proxy that would refuse what is signed by this
    machine's clock.
    """
    notes: list[Note] = []
    errors: list[DeclarationError] = []
    for node in nodes:
        system: SystemFact = facts[node.name][ReadSystem(node.settings.state_dir)]
        off = min(0.0, system.clock - began) + max(0.0, system.clock - ended)
        if abs(off) < NOTED:
            continue
        text = (
            f"The clock is {_span(abs(off))} {'ahead of' if off > 0 else 'behind'} this machine's; "
            "one of the two is wrong"
        )
        if is_proxy(node) and abs(off) >= REFUSED:
            errors.append(
                DeclarationError(
                    f"{node.name}: {text[0].lower()}{text[1:]}. S3 refuses what is signed more "
                    "than 15 minutes off. Set the clocks (timedatectl, chronyc tracking), then "
                    "run again."
                )
            )
        else:
            notes.append(Note(node.name, f"{text}. S3 refuses what is signed 15 minutes off."))
    if errors:
        raise as_one(errors)
    return tuple(notes)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
