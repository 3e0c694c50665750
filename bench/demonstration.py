"""How long the whole demonstration takes, as a newcomer sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.timing import SETUP_TOOL, print_table, ran

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def measure(folder: Path, environ: Mapping[str, str]) -> None:
    """Print how long it took, once; its lab is left running in the folder."""
    took = ran((SETUP_TOOL, "demo", "--dir", str(folder)), environ)
    print_table(
        "The demonstration in a new folder: lab up, apply, keys, verify, apply again; once",
        ("", "seconds"),
        (("setup-tool demo", f"{took.wall:.1f}"),),
    )
