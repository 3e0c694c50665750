"""A named expectation, and how it is told that it was not met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.verify.answer import ServiceError

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """A named expectation of a subject, and the names of the checks that have to pass before.

    ``run`` returns what was seen. Without it the check is skipped for the reason ``skip``;
    ``blocked`` is one why it cannot run although it should.
    """

    name: str
    run: Callable[[Subject], str] | None
    needs: tuple[str, ...] = ()
    skip: str = ""
    blocked: str = ""


class UnmetError(Exception):
    """An expectation was not met; never leaves the run of a check.

    ``str()`` is the detail, ``error`` the answer taken apart where there was one,
    ``hint`` a cause the check itself knows of.
    """

    def __init__(self, detail: str, error: ServiceError | None = None, hint: str = "") -> None:
        super().__init__(detail)
        self.error = error
        self.hint = hint


class SkippedError(Exception):
    """What a check is about is not there to be tried; ``str()`` is the reason."""
