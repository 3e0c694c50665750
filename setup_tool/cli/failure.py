"""What an operator can cause ends in a sentence and an exit status, never in a traceback."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import typer

from setup_tool.core.errors import SetupToolError
from setup_tool.core.standing import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.standing import Standing

INTERRUPTED = 130

# typer may bring its own copy of click, so what it raises is found through its own names
_UsageProblem: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run the application and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(app)
    try:
        result = command.main(args=words, prog_name="setup-tool", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        _say("Interrupted.", words, INTERRUPTED)
        return INTERRUPTED
    except _UsageProblem as wrong:
        wrong.show()
        _document(wrong.format_message(), words, int(wrong.exit_code))
        return int(wrong.exit_code)
    except SetupToolError as error:
        _say(str(error), words, error.exit_status, error.standing)
        return error.exit_status
    except BrokenPipeError:
        # The reader left; the interpreter's own flush at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if result == INTERRUPTED:  # typer's own answer to Ctrl-C, which says nothing
        _say("Interrupted.", words, INTERRUPTED)
    return result if isinstance(result, int) else 0


def _say(
    sentence: str, words: Sequence[str], status: int, standing: Sequence[Standing] = ()
) -> None:
    print(f"setup-tool: {sentence}", file=sys.stderr)
    if standing:
        print("What stands where:", file=sys.stderr)
    for one in standing:
        print(f"  {one.target} ({one.stage}): {_STATES[one.state]}", file=sys.stderr)
    _document(sentence, words, status, standing)


_STATES = {
    State.DONE: "done",
    State.RESTORED: "restored, its old files and service are back",
    State.FAILED: "failed, it stands as said above",
    State.STALE: "stale, a file had changed meanwhile and nothing was written",
    State.LOCKED: "locked by another run, nothing was written",
    State.UNKNOWN: "unknown, the way to it broke; a run that had begun goes on there by itself",
    State.NOT_BEGUN: "not begun, it is as it was",
}


def _document(
    sentence: str, words: Sequence[str], status: int, standing: Sequence[Standing] = ()
) -> None:
    if _wants_json(words):
        import json

        document: dict[str, Any] = {"error": sentence, "exit_status": status}
        if standing:
            document["standing"] = [
                {"target": one.target, "stage": one.stage, "state": one.state.value}
                for one in standing
            ]
        print(json.dumps(document))


def _wants_json(words: Sequence[str]) -> bool:
    """Whether ``--format json`` was asked for: then stdout holds a document in any case."""
    pairs = pairwise(words)
    return "--format=json" in words or any(pair == ("--format", "json") for pair in pairs)
