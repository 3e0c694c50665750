"""The table of EC2 says what a whole run of the tests as they are now would write."""

from __future__ import annotations

import pytest

from tests.ec2 import table


def test_the_page_has_the_checks_and_servers_of_the_tests() -> None:
    page = table.PAGE.path.read_text()
    wanted = {section.title: section.written(section.cells) for section in table.SECTIONS}
    told = "run `make test-ec2`, and `make test-nodes` for the test hosts"
    assert page == table.PAGE.assembled(wanted), told


@pytest.mark.parametrize("section", table.SECTIONS, ids=lambda section: section.title)
def test_no_table_is_written_of_what_was_not_seen(section: table.Servers) -> None:
    for cell in section.cells:
        with pytest.raises(KeyError):
            section.written(section.cells - {cell})
