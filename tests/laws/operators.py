"""Operators that start at once and may be killed at any instant.

One process has imported everything and forks for each run, so that an instant chosen
at random falls into the run and not into a second of imports.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SERVER = """
import json, os, sys
import setup_tool.wiring
from setup_tool.adapters import cloud_login, identity, inventory_files, keys, ssh
from setup_tool.cli.failure import run
from setup_tool.cli.main import app
from setup_tool.engine import apply
import keystoneclient.v3.client, paramiko, botocore.auth
for line in sys.stdin:
    words, output = json.loads(line)
    child = os.fork()
    if child == 0:
        into = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, source in ((0, nothing), (1, into), (2, into)):
            os.dup2(source, descriptor)
        status = 70
        try:
            status = run(app, words)
        finally:
            sys.stdout.flush()
            os._exit(status)
    print(child, flush=True)
    _, ended = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(ended), flush=True)
"""


class Operators:
    """Runs the program again and again; ``log`` is what the last run printed."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *words: str) -> int:
        """Start a run and return its process id."""
        self._input.write(json.dumps([words, str(self.log)]) + "\n")
        self._input.flush()
        return int(self._output.readline())

    def ended(self) -> int:
        """Wait for the run's end; negative: the signal that killed it."""
        return int(self._output.readline())

    def run(self, *words: str) -> int:
        """Run to the end and return the exit status."""
        self.start(*words)
        return self.ended()

    def close(self) -> None:
        """Let the server end."""
        self._input.close()
        self._output.close()
        self._server.wait()

    @property
    def _input(self) -> IO[str]:
        return cast("IO[str]", self._server.stdin)

    @property
    def _output(self) -> IO[str]:
        return cast("IO[str]", self._server.stdout)


def leftovers(folders: Iterable[Path]) -> list[str]:
    """Return the temporary files that a transaction left beside the files it writes."""
    return [p.name for folder in folders for p in folder.iterdir() if ".setup-tool." in p.name]
