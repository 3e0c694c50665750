"""Progress to stderr, questions to the terminal, colours where they are wanted."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import typer

from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from setup_tool.core.events import Event


class Progress:
    """Shows events as lines on stderr; fulfils `setup_tool.ports.Listener`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def on(self, event: Event) -> None:
        """Print one line."""
        self.say(f"{event.target}: {event.text}")

    def say(self, text: str) -> None:
        """Print a line of progress."""
        with self._lock:
            print(f"  {text}", file=sys.stderr, flush=True)


def coloured(text: str, colour: str) -> str:
    """Return the text in a colour, where stdout is a terminal and NO_COLOR is not set."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return typer.style(text, fg=colour)


def print_json(document: Any) -> None:
    """Print the one document of this run."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def agreed(question: str, *, yes: bool) -> bool:
    """Ask on the terminal, unless yes was said already.

    Raises `DeclarationError` without a terminal: then a question is not asked.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise DeclarationError(
            "There is no terminal to ask on, so nothing was changed. Say --yes to go ahead."
        )
    return typer.confirm(question, err=True)
