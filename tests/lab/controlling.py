"""The service manager of a proxy node, called as its operator would."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab_fixture import RunningLab


def control(running: RunningLab, proxy: str, action: str) -> subprocess.CompletedProcess[str]:
    """Run ``proxy ACTION`` on a node and return how it went."""
    command = [running.layout.nodes / proxy / "bin/proxy", action]
    return subprocess.run(command, capture_output=True, text=True, check=False)
