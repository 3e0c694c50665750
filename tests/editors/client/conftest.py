"""s3cmd's own reader."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parents[3] / ".cache" / "clients"

_READER = """
import json, sys, tempfile
from S3.Config import ConfigParser
for line in sys.stdin:
    with tempfile.NamedTemporaryFile() as file:
        file.write(json.loads(line).encode())
        file.flush()
        print(json.dumps(ConfigParser(file.name).cfg), flush=True)
"""


@pytest.fixture(scope="session")
def read_by_s3cmd() -> Iterator[Callable[[str], dict[str, str]]]:
    """Return what s3cmd's parser makes of a text; the parser runs in its own environment."""
    python = CLIENTS / "bin" / "python"
    assert python.exists(), f"{CLIENTS} is missing: run `make test`"
    with subprocess.Popen(
        [python, "-c", _READER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:

        def read(text: str) -> dict[str, str]:
            process.stdin.write(json.dumps(text) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield read
        process.stdin.close()
