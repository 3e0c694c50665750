"""Several failures as one: all sentences, and the exit status that stands for them."""

from __future__ import annotations

import pytest

from setup_tool.core.errors import (
    DeclarationError,
    NotConvergedError,
    SetupToolError,
    UnreachableError,
    as_one,
)
from setup_tool.editors.ini_scan import FileProblemError

DOWN = UnreachableError("one: down.")
FAILED = SetupToolError("two: failed.")
DIFFERS = NotConvergedError("three: differs.")
TORN = FileProblemError("four", 3, "torn.")


def test_a_single_error_stays_what_it_is() -> None:
    assert as_one([TORN]) is TORN


@pytest.mark.parametrize(
    ("errors", "status"),
    [
        ([DOWN, DOWN], 4),
        ([FAILED, DOWN], 4),
        ([DIFFERS, FAILED], 1),
        ([DIFFERS, DIFFERS], 5),
        ([DOWN, TORN], 2),
        ([TORN, TORN], 2),
    ],
)
def test_of_several_the_worst_status_stands_and_all_are_said(
    errors: list[SetupToolError], status: int
) -> None:
    one = as_one(errors)
    assert one.exit_status == status
    assert str(one).splitlines() == [str(error) for error in errors]


def test_a_sentence_about_a_file_keeps_its_line() -> None:
    assert str(as_one([DIFFERS, TORN])) == "three: differs.\nfour, line 3: torn."
    assert isinstance(as_one([DIFFERS, TORN]), DeclarationError)
