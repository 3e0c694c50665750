"""Writes docs/cli.md: what every command says of itself. ``make docs`` runs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from setup_tool.cli.main import app

PAGE = Path(__file__).with_name("cli.md")
_HEAD = """# Commands

Written by `make docs` from the program itself. Exit status: 0 done, 1 failed, 2 wrong usage or
declaration, 3 `plan --exit-code` found changes, 4 a target could not be reached, 5 not
converged or a check failed, 130 interrupted.

Results go to stdout, progress to stderr. `--format json` prints one document in any case; after
a failure it holds `error` and `exit_status`.
"""


def reference() -> str:
    """Return the page."""
    os.environ["COLUMNS"] = "96"
    runner = CliRunner()
    sections = [_HEAD]
    for words in commands(typer.main.get_command(app), ()):
        shown = runner.invoke(app, [*words, "--help"], prog_name="setup-tool").output.strip()
        sections.append(f"## {' '.join(('setup-tool', *words))}\n\n```\n{shown}\n```\n")
    return "\n".join(sections)


def commands(command: Any, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the words of every command that does something."""
    children = getattr(command, "commands", None)
    if not children:
        return [words]
    return [found for name in children for found in commands(children[name], (*words, name))]


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
