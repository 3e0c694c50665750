"""What changes in a client's file, for people to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.secret import Secret, joined
from setup_tool.editors.diff import masked_diff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.secret import Text


def difference(
    before: Secret, after: Text, *, secrets: Sequence[Secret], name: str
) -> tuple[str, ...]:
    """Return the lines that change and no others, with secrets hidden.

    Lines beside them are left out: a client keeps the secrets of other clouds there, under
    names that need not sound secret.
    """
    lines = masked_diff(
        before.reveal(), joined(after).reveal(), secrets=secrets, name=name, context=0
    )
    return tuple(map(str, lines))
