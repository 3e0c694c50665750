"""How soon ``setup-tool --help`` has answered, beside a typer hello-world as large."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bench.timing import SETUP_TOOL, CannotMeasureError, best_of, print_table, ran, ratio
from setup_tool.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROUNDS = 10
AIM = 1.3
HEAVY = (
    *("paramiko", "cryptography", "keystoneauth1", "keystoneclient", "openstack", "requests"),
    *("botocore", "jinja2", "yaml", "configobj"),
)
"""What a command imports when it needs it, and ``--help`` never."""

_LIKE_DOCS = "typer.Typer()"
_LIKE_OURS = "typer.Typer(add_completion=False, rich_markup_mode=None)"
_IMPORTED = (
    "import json, sys\n"
    "from setup_tool.cli.failure import run\n"
    "from setup_tool.cli.main import app\n"
    "status = run(app, ['--help'])\n"
    "print('\\n' + json.dumps([status, sorted({name.split('.')[0] for name in sys.modules})]))\n"
)


def measure(environ: Mapping[str, str]) -> None:
    """Print how long help takes, and what of the heavy libraries it imported."""
    with tempfile.TemporaryDirectory(prefix="setup-tool-bench-") as name:
        files = []
        for number, options in enumerate((_LIKE_DOCS, _LIKE_OURS)):
            files.append(Path(name) / f"hello{number}.py")
            files[-1].write_text(_hello(options))
        ours, documented, plain = best_of(
            ROUNDS,
            partial(ran, (SETUP_TOOL, "--help"), environ),
            *(partial(ran, (sys.executable, str(file), "--help"), environ) for file in files),
        )
    reached = "reached" if ours.wall / documented.wall <= AIM else "missed"
    print_table(
        f"--help, wall (CPU) seconds, best of {ROUNDS}",
        ("program", "seconds", "ours beside it", f"aim <= {AIM}"),
        (
            ("setup-tool", ours, "", ""),
            ("hello-world as in typer's tutorial", documented, ratio(ours, documented), reached),
            ("hello-world with our settings", plain, ratio(ours, plain), ""),
        ),
    )
    found = heavy_modules(environ)
    print(f"  heavy libraries imported by it: {', '.join(found) or 'none'}")


def heavy_modules(environ: Mapping[str, str]) -> list[str]:
    """Return the heavy libraries that ``--help`` imports."""
    done = subprocess.run(
        (sys.executable, "-c", _IMPORTED),
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotMeasureError(f"What --help imports could not be told: {done.stderr.strip()}")
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0, done.stdout
    return [name for name in HEAVY if name in modules]


def _hello(options: str) -> str:
    """Return a program with the names of our commands and groups, each of one line."""
    lines = ["import typer", "", f"app = {options}"]
    for number, path in enumerate(_commands(typer.main.get_command(app))):
        *groups, command = path
        where = "_".join(["app", *groups])
        if groups and f"{where} = {options}" not in lines:
            lines += [f"{where} = {options}", f'app.add_typer({where}, name="{groups[-1]}")']
        lines += [
            f'@{where}.command("{command}")',
            f"def hello{number}(name: str):",
            '    """Say hello."""',
            '    print(f"Hello {name}")',
        ]
    return "\n".join([*lines, "app()", ""])


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield where each command is: the names of its groups and its own."""
    for name, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from _commands(child, (*path, name))
        else:
            yield (*path, name)
