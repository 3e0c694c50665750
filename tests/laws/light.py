"""How the light service of `light_proxy` is started and restarted."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from tests.lab.waiting import wait_until

_SERVICE = Path(__file__).with_name("light_proxy.py")


def restart_command(conf: Path, port: int) -> str:
    """Return the shell command that ends the one that runs and starts another."""
    serve = shlex.join([sys.executable, "-IS", str(_SERVICE), str(conf), str(port)])
    pid_file = shlex.quote(f"{conf}.pid")
    return f"kill -9 $(cat {pid_file}); setsid {serve} </dev/null >/dev/null 2>&1 &"


def start(conf: Path, port: int) -> None:
    """Start the first one, and wait until it listens."""
    command = ["/bin/sh", "-c", restart_command(conf, port)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    wait_until(Path(f"{conf}.pid").exists)
