"""The ``credentials`` commands."""

from __future__ import annotations

import typer

from setup_tool.cli.credentials import commands_issue, commands_keys, commands_rotate

app = typer.Typer(help="Keys for users, with the files of their clients.", no_args_is_help=True)


app.command()(commands_issue.issue)
app.command("list")(commands_keys.list_keys)
app.command()(commands_keys.show)
app.command()(commands_rotate.rotate)
app.command()(commands_keys.revoke)
app.command()(commands_keys.audit)
