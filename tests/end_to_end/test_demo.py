"""The demo, as a newcomer has it: from nothing, in a shell where another cloud was in use."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.lab import lab
from tests.clients.ways import PATH, assert_installed

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = Path(sys.executable).with_name("setup-tool")
OF_ANOTHER_CLOUD = {
    "OS_CLOUD": "theirs",
    "OS_AUTH_URL": "http://192.0.2.9:5000/v3",
    "OS_USERNAME": "them",
    "OS_PASSWORD": "their password",
    "OS_PROJECT_NAME": "theirs",
    "AWS_PROFILE": "theirs",
    "AWS_ACCESS_KEY_ID": "AKIATHEIRS",
    "AWS_SECRET_ACCESS_KEY": "their secret",
}


def run(command: str, environment: Mapping[str, str], folder: Path) -> str:
    """Run a line as a shell would, and return what it printed."""
    ran = subprocess.run(
        ["/bin/sh", "-c", command],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def test_the_demo_ends_with_two_lines_that_work(tmp_path: Path) -> None:
    assert_installed()
    kept = {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME") if name in os.environ}
    environment = {
        **kept,
        **OF_ANOTHER_CLOUD,
        "PATH": PATH,
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    folder = tmp_path / "a lab"
    try:
        out = run(shlex.join([str(PROGRAM), "demo", "--dir", str(folder)]), environment, tmp_path)
        assert "changes made. Nothing to do: everything is as declared." in out
        skipped = re.findall(r"^skipped +(\S+)", out, re.MULTILINE)
        assert "RunInstances" in skipped, "there is no nova"
        assert "DescribeRegions" not in skipped
        counted = rf"^\d+ passed, {len(skipped)} skipped$"
        assert re.search(counted, out, re.MULTILINE), "none failed"
        assert out.rpartition("[setup-tool apply]")[2].startswith("\nNothing to do: ")
        try_it, stop_it = (line.strip() for line in out.splitlines()[-2:])
        assert try_it.startswith("s3cmd -c ")
        assert run(try_it, environment, tmp_path) == "Bucket 's3://my-bucket/' created\n"
        assert lab.status(folder).running
        run(stop_it, environment, tmp_path)
        assert lab.status(folder).stopped
    finally:
        lab.down(folder)
