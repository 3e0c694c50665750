"""Where the files that come with the package lie: templates, roles, the example inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from setup_tool.core.errors import SetupToolError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: Literal["templates", "roles", "inventory"]) -> Path:
    """Return the folder of that name.

    A wheel carries it as ``setup_tool/_data/NAME``. A checkout, and an editable
    install, which points at one, have it beside the package.

    Raises `SetupToolError` when the installation lacks it.
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise SetupToolError(
        f"This installation of setup-tool lacks its {name} folder: there is neither"
        f" {_PACKAGE / '_data' / name} nor {_PACKAGE.parent / name}. Install setup-tool again."
    )
