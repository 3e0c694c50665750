"""What following a run printed, as progress and an outcome."""

from __future__ import annotations

from setup_tool.core.transaction import Ending, Outcome
from setup_tool.node.reply import IncompleteReplyError

_GONE = {
    "lost": "the run was killed on the node before its end; the next run finds it and settles it",
    "settled": "the run was dead and has been settled",
}


def progress_text(line: str, run: str) -> str | None:
    """Return what a line tells a person, None when it tells nothing of this run."""
    _, text = _progress(line, run)
    return text or None


def _progress(line: str, run: str) -> tuple[bool, str | None]:
    """Return whether a line marks a step, and its text.

    It is empty for a note to the journal alone, None for a line that is no progress.
    """
    tag = f"{run} progress "
    if not line.startswith(tag):
        return False, None
    said = line.removeprefix(tag).strip()
    number, _, text = said.partition(" ")
    if number.isdigit():
        return True, text
    return False, "" if number == "#" else said


def parse_outcome(output: bytes, run: str) -> Outcome:
    """Return how the run ended. Raises `IncompleteReplyError` where the output does not say."""
    fields: dict[str, str] = {}
    last_step = ""
    for line in output.decode("utf-8", "replace").splitlines():
        is_step, text = _progress(line, run)
        if is_step and text:
            last_step = text
        elif text is None and line.startswith(f"{run} "):
            name, _, value = line.removeprefix(f"{run} ").partition(" ")
            fields[name] = value
    if "over" not in fields or "ended" not in fields:
        raise IncompleteReplyError("The node's report of the run broke off before its end.")
    word = fields["ended"]
    if word in _GONE:
        return Outcome(Ending.FAILED, step=last_step, detail=fields.get("detail") or _GONE[word])
    return Outcome(Ending(word), step=fields.get("step", ""), detail=fields.get("detail", ""))
