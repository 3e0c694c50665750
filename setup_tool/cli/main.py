"""The command line's entry point. Whatever is heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from setup_tool import __version__
from setup_tool.cli import (
    commands_lab,
    commands_plan,
    commands_rollback,
    commands_verify,
)
from setup_tool.cli.credentials import commands as credentials

app = typer.Typer(
    name="setup-tool",
    help="Give an OpenStack cloud its EC2 and S3 APIs, and keep them working.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"setup-tool {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    del version


app.command("plan")(commands_plan.plan)
app.command("apply")(commands_plan.apply)
app.command("rollback")(commands_rollback.rollback)
app.command("verify")(commands_verify.verify)
app.add_typer(credentials.app, name="credentials")
app.add_typer(commands_lab.app, name="lab")
app.command("demo")(commands_lab.demo)


def main() -> None:
    """Run the command line and leave with its exit status."""
    from setup_tool.cli.failure import run

    sys.exit(run(app))
