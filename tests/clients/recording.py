"""Which client is asked for what, and tests that are to fail as the table says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.client import ClientFailedError
from tests.clients.page import VERSION

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from tests.clients.client import Limit
    from tests.clients.page import Section


class Limits:
    """A plugin of the process that runs the tests."""

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Have a test fail as the table says, where the table says that it fails."""
        limit = _limit(pyfuncitem)
        if limit is None:
            return (yield)
        with pytest.raises(ClientFailedError, match=limit.says):
            yield
        return True


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
