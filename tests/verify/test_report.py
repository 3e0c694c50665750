from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup_tool.verify.report import HEADINGS, as_document, as_junit, counts, table_rows
from setup_tool.verify.result import CheckResult, Status, all_well

GOOD = CheckResult("list buckets", "http://p1", Status.PASSED, 0.1234, "2 of the owner's")
BAD = CheckResult("head", "http://p1", Status.FAILED, 1.5, 'HTTP 403 <AccessDenied> & "x"', "Look.")
SKIPPED = CheckResult("native", "http://p2", Status.SKIPPED, detail="No token.")
NOT_RUN = CheckResult("copy", "http://p2", Status.NOT_RUN, detail="It needs: head.")
ALL = (GOOD, BAD, SKIPPED, NOT_RUN)


@pytest.mark.parametrize(
    ("results", "well"),
    [
        ((GOOD,), True),
        ((GOOD, SKIPPED), True),
        ((GOOD, NOT_RUN), False),
        ((GOOD, BAD), False),
        ((SKIPPED,), False),
        ((), False),
    ],
)
def test_only_what_ran_and_passed_is_well(results: tuple[CheckResult, ...], *, well: bool) -> None:
    assert all_well(results) is well


def test_the_document_is_json_and_holds_every_field() -> None:
    document = json.loads(json.dumps(as_document(ALL)))
    assert document["passed"] is False
    assert document["seconds"] == 1.623
    assert document["counts"] == {"passed": 1, "failed": 1, "skipped": 1, "not run": 1}
    assert document["checks"][1] == {
        "name": "head",
        "service": "s3",
        "target": "http://p1",
        "status": "failed",
        "seconds": 1.5,
        "detail": 'HTTP 403 <AccessDenied> & "x"',
        "hint": "Look.",
    }


def test_junit_has_a_suite_a_target_and_says_what_failed() -> None:
    text = as_junit(ALL)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ET.fromstring(text)  # noqa: S314  our own
    assert root.attrib == {
        "name": "setup-tool verify",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "1.623",
    }
    first, second = root
    assert (first.get("name"), first.get("tests"), first.get("failures")) == ("http://p1", "2", "1")
    good, bad = first
    assert good.attrib == {
        "name": "list buckets",
        "classname": "setup-tool.verify.s3",
        "time": "0.123",
    }
    assert good.findtext("system-out") == "2 of the owner's"
    failure = bad.find("failure")
    assert failure is not None
    assert failure.get("message") == BAD.detail
    assert failure.text == "Look."
    assert [[child.tag for child in case] for case in second] == [["skipped"], ["error"]]


_TEXT = st.text(max_size=30)


@given(
    results=st.lists(
        st.builds(
            CheckResult, _TEXT, _TEXT, st.sampled_from(Status), st.floats(0, 1e6), _TEXT, _TEXT
        ),
        max_size=6,
    )
)
def test_whatever_a_peer_said_every_report_can_be_read_again(results: list[CheckResult]) -> None:
    text = as_junit(results).encode()
    cases = ET.fromstring(text).findall("testsuite/testcase")  # noqa: S314  our own
    assert len(cases) == len(results)
    assert len(json.loads(json.dumps(as_document(results)))["checks"]) == len(results)
    assert sum(counts(results).values()) == len(results)
    assert all(len(row) == len(HEADINGS) for row in table_rows(results))


def test_a_rows_last_column_holds_detail_and_hint() -> None:
    assert table_rows((BAD,)) == (
        ("failed", "head", "http://p1", "1.50", 'HTTP 403 <AccessDenied> & "x"\nLook.'),
    )
