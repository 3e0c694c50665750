"""``plan`` and ``apply``."""

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
    RemoveEndpointOption,
    ResetPasswordOption,
    RoleOption,
    SerialOption,
    VerboseOption,
    YesOption,
)

if TYPE_CHECKING:
    from setup_tool.core.plan import Plan

_FORKS = 16
_CHANGES_FOUND = 3


def plan(
    inventory: InventoryOption,
    role: RoleOption = None,
    limit: LimitOption = None,
    remove_endpoint: RemoveEndpointOption = None,
    reset_service_password: ResetPasswordOption = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Leave with 3 when there are changes.")
    ] = False,
    forks: ForksOption = _FORKS,
    ask_pass: AskPassOption = False,
    ask_become_pass: AskBecomePassOption = False,
    accept_new_host_keys: AcceptNewHostKeysOption = False,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Show what differs from the declaration; change nothing anywhere."""
    del verbose
    from setup_tool import wiring
    from setup_tool.cli.console import Progress, print_json
    from setup_tool.cli.plan_text import plan_document, plan_lines
    from setup_tool.declare.access import AccessOptions
    from setup_tool.engine.survey import survey

    known = wiring.load_inventory(inventory)
    nodes = wiring.select(known, limit)
    asked = wiring.selection(
        known,
        nodes,
        tuple(role or ()),
        tuple(remove_endpoint or ()),
        reset_passwords=reset_service_password,
    )
    options = AccessOptions(ask_pass, ask_become_pass, accept_new_host_keys)
    with wiring.open_world(known, nodes, Progress(), forks, options=options) as world:
        found = survey(world, asked).plan
    if output is Format.JSON:
        print_json(plan_document(found))
    else:
        typer.echo("\n".join(plan_lines(found)))
    return _CHANGES_FOUND if exit_code and not found.is_empty else 0


def apply(
    inventory: InventoryOption,
    role: RoleOption = None,
    limit: LimitOption = None,
    remove_endpoint: RemoveEndpointOption = None,
    reset_service_password: ResetPasswordOption = False,
    yes: YesOption = False,
    serial: SerialOption = None,
    forks: ForksOption = _FORKS,
    ask_pass: AskPassOption = False,
    ask_become_pass: AskBecomePassOption = False,
    accept_new_host_keys: AcceptNewHostKeysOption = False,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Show the plan, ask, carry it out, and show that nothing is left to do."""
    del verbose
    from setup_tool import wiring
    from setup_tool.cli.console import Progress, agreed, print_json
    from setup_tool.cli.plan_text import plan_document, plan_lines, summary_line
    from setup_tool.declare.access import AccessOptions
    from setup_tool.engine.apply import apply as carry_out

    known = wiring.load_inventory(inventory)
    nodes = wiring.select(known, limit)
    asked = wiring.selection(
        known,
        nodes,
        tuple(role or ()),
        tuple(remove_endpoint or ()),
        reset_passwords=reset_service_password,
    )
    batches = wiring.serial(known, serial)

    def agree(first: Plan) -> bool:
        if output is Format.TEXT:
            typer.echo("\n".join(plan_lines(first)))
        return agreed("Carry this out?", yes=yes)

    options = AccessOptions(ask_pass, ask_become_pass, accept_new_host_keys)
    with wiring.open_world(known, nodes, Progress(), forks, options=options) as world:
        report = carry_out(world, asked, batches, agree)
    if output is Format.JSON:
        print_json(
            {
                "run": report.run,
                "declined": report.declined,
                "plan": plan_document(report.first),
                "done": len(report.done),
                "converged": report.last.is_empty,
            }
        )
    elif report.declined:
        typer.echo("Nothing was changed.")
    elif report.first.is_empty:
        typer.echo("\n".join(plan_lines(report.last)))
    else:
        typer.echo(f"{len(report.done)} changes made. {summary_line(report.last)}")
    return 1 if report.declined else 0
