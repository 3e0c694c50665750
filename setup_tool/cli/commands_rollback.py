"""``rollback``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from setup_tool.cli.options import (
    AcceptNewHostKeysOption,
    AskBecomePassOption,
    AskPassOption,
    ForksOption,
    Format,
    FormatOption,
    InventoryOption,
    LimitOption,
    SerialOption,
    VerboseOption,
    YesOption,
)
from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from setup_tool.core.plan import Plan
    from setup_tool.declare.access import AccessOptions
    from setup_tool.declare.inventory import Node

_FORKS = 16


def rollback(
    inventory: InventoryOption,
    limit: LimitOption = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="RUN",
            help="Back to before this run; without it, before the last run that changed files.",
        ),
    ] = None,
    list_runs: Annotated[
        bool, typer.Option("--list", help="Show the runs that the nodes know; change nothing.")
    ] = False,
    overwrite_changed: Annotated[
        bool,
        typer.Option(
            "--overwrite-changed",
            help="Bring back also files that somebody else changed since.",
        ),
    ] = False,
    yes: YesOption = False,
    serial: SerialOption = None,
    forks: ForksOption = _FORKS,
    ask_pass: AskPassOption = False,
    ask_become_pass: AskBecomePassOption = False,
    accept_new_host_keys: AcceptNewHostKeysOption = False,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Bring the nodes' files back to what they were before a run.

    Later runs are undone with it, services read the old files, and proxies are proven
    one by one as apply does it. Keystone and packages are left as they are.
    """
    del verbose
    from setup_tool import wiring
    from setup_tool.cli.console import Progress, agreed, print_json
    from setup_tool.cli.history_text import report_document, report_lines, rollback_lines
    from setup_tool.declare.access import AccessOptions
    from setup_tool.engine.rollback import rollback as carry_out

    options = AccessOptions(ask_pass, ask_become_pass, accept_new_host_keys)
    known = wiring.load_inventory(inventory)
    nodes = wiring.select(known, limit)
    if list_runs:
        if to is not None:
            raise DeclarationError("--list shows all runs and changes nothing; leave out --to.")
        _show_runs(nodes, forks, output, options)
        return 0
    batches = wiring.serial(known, serial)

    def agree(behind: str, found: Plan) -> bool:
        if output is Format.TEXT:
            typer.echo("\n".join(rollback_lines(behind, found)))
        return agreed("Roll back?", yes=yes)

    with wiring.open_world(known, nodes, Progress(), forks, options=options) as world:
        report = carry_out(world, to, batches, agree, overwrite_changed=overwrite_changed)
    if output is Format.JSON:
        print_json(report_document(report))
    else:
        typer.echo("\n".join(report_lines(report)))
    return 1 if report.declined else 0


def _show_runs(nodes: tuple[Node, ...], forks: int, output: Format, options: AccessOptions) -> None:
    from setup_tool import wiring
    from setup_tool.cli.console import Progress, print_json
    from setup_tool.cli.history_text import history_document, history_lines
    from setup_tool.engine.rollback import read_histories

    shells = wiring.open_shells(nodes, Progress(), options)
    try:
        found = read_histories(nodes, shells, forks)
    finally:
        for shell in shells.values():
            shell.close()
    if output is Format.JSON:
        print_json(history_document(found))
    else:
        typer.echo("\n".join(history_lines(found)))
