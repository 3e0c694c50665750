"""What following a run prints becomes progress and an outcome."""

from __future__ import annotations

import pytest

from setup_tool.core.transaction import Ending, Outcome
from setup_tool.node.outcome import parse_outcome, progress_text
from setup_tool.node.reply import IncompleteReplyError


def lines(*texts: str) -> bytes:
    return "".join(f"r1 {text}\n" for text in texts).encode()


def test_progress_is_told_without_numbers_and_notes() -> None:
    assert progress_text("r1 progress 3 restart proxy-server", "r1") == "restart proxy-server"
    assert progress_text("r1 progress failed: it did", "r1") == "failed: it did"
    assert progress_text("r1 progress # wrote 0 abcd /etc/x", "r1") is None
    assert progress_text("r1 waiting", "r1") is None
    assert progress_text("r2 progress 3 restart", "r1") is None


@pytest.mark.parametrize("ending", Ending)
def test_every_ending_is_told_with_step_and_detail(ending: Ending) -> None:
    output = lines(f"ended {ending.value}", "step write /x", "detail it is full", "over")
    assert parse_outcome(b"noise\n" + output, "r1") == Outcome(ending, "write /x", "it is full")


def test_a_run_that_was_killed_failed_in_its_last_step() -> None:
    output = lines(
        "progress 1 check", "progress 2 restart proxy", "ended lost", "step ", "detail ", "over"
    )
    outcome = parse_outcome(output, "r1")
    assert (outcome.ending, outcome.step) == (Ending.FAILED, "restart proxy")
    assert "was killed" in outcome.detail


@pytest.mark.parametrize(
    "output", [b"", lines("progress 1 check"), lines("ended done"), b"sh: syntax error\n"]
)
def test_output_without_an_end_is_an_error(output: bytes) -> None:
    with pytest.raises(IncompleteReplyError):
        parse_outcome(output, "r1")
