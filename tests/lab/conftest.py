"""A lab that tests may break, beside the session's own that stays as it came up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.lab import layout
from tests.lab.controlling import control
from tests.lab_fixture import RunningLab, started

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def spare_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab to break, in a folder whose name needs quoting; each test leaves it running."""
    with started(tmp_path_factory.mktemp("cloud") / "it's a lab") as running:
        yield running


@pytest.fixture(scope="session")
def storing_lab(spare_lab: RunningLab) -> RunningLab:
    """The spare lab, where accounts come into being when somebody stores something."""
    for proxy in layout.PROXIES:
        conf = spare_lab.layout.proxy_conf(proxy)
        wanted = conf.read_text().replace("# account_autocreate = false", "account_autocreate = 1")
        conf.write_text(wanted)
        assert control(spare_lab, proxy, "reload").returncode == 0
    return spare_lab
