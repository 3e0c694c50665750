"""A listener for runs that nobody watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.events import Event


class Silence:
    """Fulfils `setup_tool.ports.Listener`."""

    def on(self, event: Event) -> None:
        """Drop an event."""
