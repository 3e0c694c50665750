"""The ``credentials`` commands."""

from __future__ import annotations

import typer

from setup_tool.cli import commands_issue

app = typer.Typer(help="Keys for users, with the files of their clients.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `credentials` a group while it has one command only."""


app.command()(commands_issue.issue)
