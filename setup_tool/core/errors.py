"""What can go wrong for an operator, as sentences with an exit status.

The tree::

    SetupToolError            1  the work failed
    +-- DeclarationError      2  inventory, role, option: refused before anything is touched
    +-- UnreachableError      4  a target could not be reached or let us in
    +-- NotConvergedError     5  done, but something is still not as declared, or a check failed
    +-- OverloadedError       1  a service failed by itself, and may work later
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.standing import Standing


class SetupToolError(Exception):
    """Something an operator can mend.

    ``str()`` is the whole message: what was wrong, where, and what to do. It never
    holds a secret. ``standing`` is what stands where, if it stopped a run.
    """

    exit_status = 1
    standing: tuple[Standing, ...] = ()


class DeclarationError(SetupToolError):
    """What was asked for is wrong or contradicts itself; nothing was touched."""

    exit_status = 2


class UnreachableError(SetupToolError):
    """A target could not be reached, or did not let us in; names the target and the phase."""

    exit_status = 4


class NotConvergedError(SetupToolError):
    """A run ended and a target is still not as declared, or a check failed."""

    exit_status = 5


class OverloadedError(SetupToolError):
    """A service failed by itself (5xx) or has too much to do (429): it may work later."""


_SEVERITY = (2, 130, 4, 1, 5, 3, 0)


def worst_status(statuses: set[int]) -> int:
    """Return the exit status that stands for several: the first of 2, 130, 4, 1, 5, 3, 0."""
    return next((status for status in _SEVERITY if status in statuses), 1 if statuses else 0)


def as_one(errors: Sequence[SetupToolError]) -> SetupToolError:
    """Return the one error, or of several one that says them all, a line each.

    Its exit status is the one that stands for theirs. ``errors`` must not be empty.
    """
    if len(errors) == 1:
        return errors[0]
    status = worst_status({error.exit_status for error in errors})
    kinds = (DeclarationError, UnreachableError, SetupToolError, NotConvergedError)
    kind = next(kind for kind in kinds if kind.exit_status == status)
    return kind("\n".join(map(str, errors)))
