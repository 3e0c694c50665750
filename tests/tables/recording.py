"""Hears what passed, in whichever process, and has a page written when nothing is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tables.page import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.tables.page import Cell, Page, Section

PROPERTY = "cell"
"""The property of a test that names a cell; it may have several."""


class Recorder:
    """A plugin of the process that hears of every test."""

    def __init__(self, page: Page, *sections: Section) -> None:
        self._page = page
        self._sections = sections
        self._wanted: set[Cell] = {cell for section in sections for cell in section.cells}
        self._passed: set[Cell] = set()
        self._said = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._passed.update(_cells(report.user_properties) & self._wanted)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not self._passed or hasattr(session.config, "workerinput"):
            return
        name = self._page.path.relative_to(ROOT)
        missing = self._wanted - self._passed
        if exitstatus or missing:
            self._said = f"{name} is left as it is: {len(missing)} of its cells did not pass."
        elif self._page.write(self._sections, self._passed):
            self._said = f"{name} was written anew, and says something else than before."

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._said:
            terminalreporter.write_line(self._said)


def _cells(properties: Iterable[tuple[str, object]]) -> set[Cell]:
    """Return the cells among a test's properties, which come as lists from other processes."""
    return {
        tuple(map(str, value))
        for name, value in properties
        if name == PROPERTY and isinstance(value, list | tuple)
    }
