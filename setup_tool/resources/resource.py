"""What every resource can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from setup_tool.core.plan import Change, Note, Stage


Answers = Mapping[Any, Any]
"""The facts of one target: `NodeFacts` or `IdentityFacts`."""


class Resource(Protocol):
    """One declared thing on one target."""

    @property
    def target(self) -> str:
        """The node's name, or `IDENTITY`."""
        ...

    @property
    def stage(self) -> Stage:
        """When it is changed."""
        ...

    def queries(self) -> tuple[Any, ...]:
        """Return what it needs to know: node queries or identity queries."""
        ...

    def diff(self, facts: Answers) -> Change | None:
        """Return what differs from the declaration; None when nothing does.

        Raises `DeclarationError` when the target cannot be brought there, which
        refuses the whole plan.
        """
        ...

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Return what an operator should know that nothing will be done about."""
        ...
