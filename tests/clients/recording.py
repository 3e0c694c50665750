"""Hears what passed, in whichever process, and has the page written when nothing is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients import page
from tests.clients.client import ClientFailedError
from tests.clients.page import VERSION

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from tests.clients.client import Limit
    from tests.clients.page import Section

_PROPERTY = "cell"


class Recorder:
    """A plugin of the process that hears of every test."""

    def __init__(self, *sections: Section) -> None:
        self._sections = sections
        self._passed: set[tuple[str, ...]] = set()
        self._said = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            found = (value for name, value in report.user_properties if name == _PROPERTY)
            self._passed.update(tuple(map(str, cell)) for cell in found)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Have a test fail as the table says, where the table says that it fails."""
        limit = _limit(pyfuncitem)
        if limit is None:
            return (yield)
        with pytest.raises(ClientFailedError, match=limit.says):
            yield
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not self._passed or hasattr(session.config, "workerinput"):
            return
        name = page.PAGE.relative_to(page.ROOT)
        missing = {cell for section in self._sections for cell in section.cells} - self._passed
        if exitstatus or missing:
            self._said = f"{name} is left as it is: {len(missing)} of its cells did not pass."
        elif page.write(self._sections, self._passed):
            self._said = f"{name} was written anew, and says something else than before."

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._said:
            terminalreporter.write_line(self._said)


def cells(sections: Sequence[Section], operation: str) -> list[object]:
    """Return what a test of an operation is run with: a client and a scheme."""
    return [
        pytest.param((client, scheme), id=f"{client.name} {client.version} {scheme}")
        for section in sections
        for client, scheme in section.asked(operation)
    ]


def operation_of(node: pytest.Item | pytest.Function) -> str:
    """Return the operation that a test is about."""
    marker = node.get_closest_marker("operation")
    assert marker, f"{node.name} does not say which operation it is about"
    return str(marker.args[0])


def _limit(item: pytest.Function) -> Limit | None:
    operation = operation_of(item) if "cell" in item.funcargs else VERSION
    if operation == VERSION:
        return None
    client, scheme = item.funcargs["cell"]
    found: Limit | None = client.limit(operation, scheme)
    return found
