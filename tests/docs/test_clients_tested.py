"""The table of clients says what a whole run of the tests as they are now would write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import matrix, page
from tests.nodes import debian_clients

SECTIONS = (matrix.SECTION, *debian_clients.SECTIONS)


def test_the_page_has_the_clients_and_operations_of_the_tests() -> None:
    tables = {section.title: section.written(section.cells) for section in SECTIONS}
    told = "run `make test-clients`, and `make test-nodes` for Debian's"
    assert page.PAGE.path.read_text() == page.PAGE.assembled(tables), told


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_no_table_is_written_of_what_did_not_pass(section: page.Section) -> None:
    for cell in section.cells:
        if cell[-1] != page.VERSION:
            with pytest.raises(KeyError):
                section.written(section.cells - {cell})


def test_every_client_is_installed_by_the_projects_own_files() -> None:
    for client in matrix.CLIENTS:
        program = Path(client.words[0])
        assert program.is_relative_to(matrix.CACHE)
        assert program.relative_to(matrix.CACHE).parts[0] in matrix.READY
