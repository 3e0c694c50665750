"""Results as a table's rows, a JSON-able document, or JUnit's XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from setup_tool.verify.result import CheckResult, Status, all_well

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS = ("result", "check", "target", "seconds", "what was seen")


def table_rows(results: Sequence[CheckResult]) -> tuple[tuple[str, ...], ...]:
    """Return one row a result, under `HEADINGS`; a hint follows the detail on a new line."""
    return tuple(
        (
            str(result.status),
            result.name,
            result.target,
            f"{result.seconds:.2f}",
            "\n".join(part for part in (result.detail, result.hint) if part),
        )
        for result in results
    )


def as_document(results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return what ``--format json`` prints; seconds are numbers."""
    return {
        "passed": all_well(results),
        "seconds": round(sum(result.seconds for result in results), 3),
        "counts": counts(results),
        "checks": [
            {
                "name": result.name,
                "service": result.service,
                "target": result.target,
                "status": str(result.status),
                "seconds": round(result.seconds, 3),
                "detail": result.detail,
                "hint": result.hint,
            }
            for result in results
        ],
    }


def counts(results: Sequence[CheckResult]) -> dict[str, int]:
    """Return how many results there are of each status."""
    return {str(status): sum(result.status is status for result in results) for status in Status}


def as_junit(results: Sequence[CheckResult]) -> str:
    """Return JUnit's XML: a suite for each target, a check that was not run as an error."""
    suites = ET.Element("testsuites", _totals(results), name="setup-tool verify")
    for target in dict.fromkeys(result.target for result in results):
        mine = [result for result in results if result.target == target]
        suite = ET.SubElement(suites, "testsuite", _totals(mine), name=_allowed(target))
        for result in mine:
            _add_case(suite, result)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


_ELEMENTS = {Status.FAILED: "failure", Status.NOT_RUN: "error", Status.SKIPPED: "skipped"}


def _add_case(suite: ET.Element, result: CheckResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        name=_allowed(result.name),
        classname=f"setup-tool.verify.{result.service}",
        time=f"{result.seconds:.3f}",
    )
    said = _allowed(result.detail)
    if result.status is Status.PASSED:
        if said:
            ET.SubElement(case, "system-out").text = said
        return
    outcome = ET.SubElement(case, _ELEMENTS[result.status], message=said)
    if result.hint:
        outcome.text = _allowed(result.hint)


def _totals(results: Sequence[CheckResult]) -> dict[str, str]:
    found = counts(results)
    return {
        "tests": str(len(results)),
        "failures": str(found[Status.FAILED]),
        "errors": str(found[Status.NOT_RUN]),
        "skipped": str(found[Status.SKIPPED]),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _allowed(text: str) -> str:
    """Leave out what XML has no room for: control characters and lone surrogates."""
    return "".join(char for char in text if char.isprintable() or char in "\n\t")
