"""``lab`` and ``demo``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from setup_tool.cli.options import Format, FormatOption

if TYPE_CHECKING:
    from pathlib import Path

    from setup_tool.lab.lab import LabStatus

app = typer.Typer(
    help="A real Keystone and Swift on this machine, to try everything on.", no_args_is_help=True
)

DirectoryOption = Annotated[
    str | None, typer.Option("--dir", metavar="DIR", help="Where the lab lies.")
]


@app.command()
def up(
    directory: DirectoryOption = None,
    ec2: Annotated[
        bool, typer.Option("--ec2", help="With an ec2-api that `apply` can set up, from now on.")
    ] = False,
    output: FormatOption = Format.TEXT,
) -> int:
    """Start the lab, or what of it does not run; its data is kept."""
    from setup_tool.cli.console import Progress
    from setup_tool.lab import lab

    status = lab.up(_folder(directory), ec2=ec2, report=Progress().say)
    _show(status, output)
    return 0


@app.command()
def down(
    directory: DirectoryOption = None,
    wipe: Annotated[bool, typer.Option("--wipe", help="Remove its data as well.")] = False,
    output: FormatOption = Format.TEXT,
) -> int:
    """Stop every process of the lab."""
    from setup_tool.lab import lab

    folder = _folder(directory)
    existed = lab.status(folder).exists
    found = lab.down(folder, wipe=wipe)
    if existed and not found.exists and output is Format.TEXT:
        typer.echo(f"The lab in {folder} is stopped and removed.")
    else:
        _show(found, output)
    return 0


@app.command()
def status(directory: DirectoryOption = None, output: FormatOption = Format.TEXT) -> int:
    """Show what of the lab runs; exit status 0 when all of it does, else 1."""
    from setup_tool.lab import lab

    found = lab.status(_folder(directory))
    _show(found, output)
    return 0 if found.running else 1


@app.command()
def env(directory: DirectoryOption = None, output: FormatOption = Format.TEXT) -> int:
    """Print the environment that makes OpenStack's clients use the lab, for ``eval``."""
    import shlex

    from setup_tool.cli.console import print_json
    from setup_tool.lab import lab

    found = lab.environment(_folder(directory))
    if output is Format.JSON:
        print_json(found)
    else:
        for name, value in found.items():
            typer.echo(f"export {name}={shlex.quote(value)}")
    return 0


def demo(directory: DirectoryOption = None) -> int:
    """Start a lab, give it S3 and EC2, issue keys, verify them; a second run has nothing to do."""
    from setup_tool.cli.demonstration import demonstrate

    return demonstrate(_folder(directory))


def _folder(directory: str | None) -> Path:
    from pathlib import Path

    from setup_tool.lab import lab

    return Path(directory).absolute() if directory else lab.default_folder()


def _show(found: LabStatus, output: Format) -> None:
    from setup_tool.cli.console import print_json

    if output is Format.JSON:
        print_json(
            {
                "folder": str(found.folder),
                "running": found.running,
                "services": [
                    {"name": s.name, "pid": s.pid, "address": s.address, "state": s.state}
                    for s in found.services
                ],
            }
        )
        return
    if not found.exists:
        typer.echo(f"There is no lab in {found.folder}.")
    for service in found.services:
        typer.echo(f"{service.name:9} {service.state:8} {service.address}")
    if found.exists:
        typer.echo(f"inventory {found.folder / 'inventory.yaml'}")
