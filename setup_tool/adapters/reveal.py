"""The one way by which a secret reaches somebody's eyes: they asked for it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.secret import Secret


def shown(secret: Secret) -> str:
    """Return a secret to be printed on stdout, for ``--reveal`` alone."""
    return secret.reveal()
