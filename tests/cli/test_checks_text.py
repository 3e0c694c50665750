"""The table of checks as people read it."""

from __future__ import annotations

from setup_tool.cli.checks_text import check_lines
from setup_tool.verify.result import CheckResult, Status


def check(name: str, status: Status, detail: str = "") -> CheckResult:
    return CheckResult(name, "http://cloud:8788/", status, 0.25, detail, service="ec2")


def test_a_reason_is_said_once_for_all_checks_in_a_row_that_share_it() -> None:
    lines = list(
        check_lines(
            [
                check("one", "skipped", "There is no nova."),
                check("two", "skipped", "There is no nova."),
                check("three", "failed", "There is no nova."),
                check("four", "skipped", "There is no nova."),
                check("five", "passed"),
            ]
        )
    )
    reason = "    There is no nova."
    assert [line if line == reason else line.split()[1] for line in lines[1:-1]] == [
        *("one", "two", reason),
        *("three", reason),
        *("four", reason),
        "five",
    ]


def test_each_failure_keeps_what_was_answered() -> None:
    lines = list(check_lines([check("one", "failed", "HTTP 500"), check("two", "failed", "403")]))
    assert [line.strip() for line in lines[2::2]] == ["HTTP 500", "403"]
