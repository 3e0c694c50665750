"""Every command that README and docs show is run, as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import warm
from tests.cloud import PROGRAM

if TYPE_CHECKING:
    from tests.cloud import Cloud

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "docs/clients.md",
    *(
        f"docs/clients/{name}.md"
        for name in ("eucarc", "s3cmd", "aws", "env", "boto", "rclone", "page")
    ),
    "docs/inventory.md",
    "docs/architecture.md",
    "docs/rollback.md",
    "docs/credentials.md",
)
_FENCE = re.compile(r"^```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(setup-tool|s3cmd|s5cmd|aws|rclone|export|env|[A-Z_]+=\S+|\.) \S")


def _shown(page: str) -> list[str]:
    """Return a page's command lines, without the remarks beside them."""
    lines = [
        line for block in _FENCE.findall((ROOT / page).read_text()) for line in block.splitlines()
    ]
    commands = [re.split(r"\s{2,}", line)[0].strip() for line in lines if _COMMAND.match(line)]
    for placeholder, meant in (("BUNDLE", "keys"), ("PROFILE", "demo"), ("mycloud", "lab")):
        commands = [command.replace(placeholder, meant) for command in commands]
    return commands


def _block(page: str, beginning: str) -> str:
    """Return what a page shows that begins so."""
    blocks = _FENCE.findall((ROOT / page).read_text())
    return next(block for block in blocks if block.startswith(beginning))


def _path_with_programs(folder: Path, started_by: tuple[str, ...] = PROGRAM) -> str:
    folder.mkdir()
    program = folder / "setup-tool"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(started_by)} "$@"\n')
    program.chmod(0o755)
    return f"{folder}:{ROOT / '.cache/clients/bin'}:{os.environ['PATH']}"


def _run(script: str, folder: Path, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        ["/bin/sh", "-eu", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert ran.returncode == 0, f"{script}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def test_the_readme_shows_output_as_it_really_is_and_all_pages_commands_that_work_in_their_order(
    untouched: Cloud, tmp_path: Path
) -> None:
    shown = _block("README.md", "Accounts in Keystone:")
    assert _without_ports(untouched.apply().out) == _without_ports(shown)
    commands = [line for page in PAGES for line in _shown(page)]
    assert any(line.startswith("setup-tool verify --eucarc") for line in commands)
    shutil.copy(untouched.inventory, tmp_path / "inventory.yaml")
    (tmp_path / "people.csv").write_text(_block("docs/credentials.md", "user,project"))
    environment = untouched.environment | {
        "PATH": _path_with_programs(tmp_path / "bin", warm.ready().program),
        "HOME": str(tmp_path),
    }
    out = _run("\n".join(commands), tmp_path, environment)
    untouched.assert_no_secret(out)
    assert "Nothing to do: everything is as declared." in out
    assert "s3://my-bucket" in out
    _run(". keys/eucarc; s3cmd rb s3://my-bucket", tmp_path, environment)


def test_the_commands_of_the_lab_page_work_in_their_order(tmp_path: Path) -> None:
    commands = [line for line in _shown("docs/lab.md") if line.startswith("setup-tool")]
    verbs = [line.split()[2] for line in commands]
    assert verbs == ["up", "status", "env", "down"]
    environment = os.environ | {
        "PATH": _path_with_programs(tmp_path / "bin"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    out = _run("\n".join(commands), tmp_path, environment)
    assert "keystone  running" in out
    assert "export OS_CLOUD=lab" in out


@pytest.mark.parametrize(
    "target",
    [
        *("demo", "test", "explore", "test-clients", "test-ec2", "test-nodes", "clean-nodes"),
        *("check", "docs", "bench"),
    ],
)
def test_the_make_targets_that_are_documented_exist(target: str) -> None:
    ran = subprocess.run(
        [shutil.which("make") or "make", "--dry-run", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_command_reference_is_what_the_program_says() -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import runpy; print(runpy.run_path('docs/cli_reference.py')['reference'](), end='')",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == (ROOT / "docs/cli.md").read_text(), "run `make docs`"


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / name for name in ("README.md", "CHANGELOG.md", "bench/README.md")]
    pages += (ROOT / "docs").rglob("*.md")
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def _without_ports(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
