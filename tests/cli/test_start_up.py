"""What a command does not need, starting up does not import."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    *("paramiko", "cryptography", "keystoneauth1", "keystoneclient", "openstack", "requests"),
    *("botocore", "jinja2", "yaml", "configobj", "logging", "rich"),
}
REPORT = (
    "import sys\n"
    "from setup_tool.cli.failure import run\n"
    "from setup_tool.cli.main import app\n"
    "status = run(app, sys.argv[1:])\n"
    "import json\n"
    "print('\\n' + json.dumps([status, sorted({n.split('.')[0] for n in sys.modules})]))\n"
)


@pytest.mark.parametrize(
    "words",
    [("--help",), ("--version",), ("apply", "--help"), ("credentials", "--help")],
    ids=" ".join,
)
def test_asking_for_help_imports_none_of_the_heavy_libraries(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        (sys.executable, "-c", REPORT, *words), capture_output=True, text=True, check=True
    )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    assert HEAVY.intersection(modules) == set()
