"""What is taken out of the packages of the lab's servers, and out of nobody else's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from setup_tool.lab.packages import SERVERS
from setup_tool.lab.sparing import SPARED, spare

if TYPE_CHECKING:
    from pathlib import Path

_MODULE = "eventlet/green/os.py"
_OLD, _NEW = SPARED[_MODULE]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder of packages with one of the modules, which the installer keeps a name of."""
    module = tmp_path / "packages" / _MODULE
    module.parent.mkdir(parents=True)
    kept = tmp_path / "kept"
    kept.write_text(f"while True:\n    {_OLD}\n")
    os.link(kept, module)
    return tmp_path / "packages"


def test_a_module_is_changed_and_not_the_installers_own_copy(
    installed: Path, tmp_path: Path
) -> None:
    spare(installed)
    assert (installed / _MODULE).read_text() == f"while True:\n    {_NEW}\n"
    assert (tmp_path / "kept").read_text() == f"while True:\n    {_OLD}\n"


def test_another_release_is_noticed(installed: Path) -> None:
    (installed / _MODULE).write_text("while True:\n    wait()\n")
    with pytest.raises(LookupError, match=_MODULE):
        spare(installed)


@pytest.mark.usefixtures("running_lab")
def test_the_labs_servers_have_it() -> None:
    (packages,) = SERVERS.environment().glob("lib/python*/site-packages")
    for name, (old, new) in SPARED.items():
        text = (packages / name).read_text()
        assert text.count(old) == 0, name
        assert new in text, name
