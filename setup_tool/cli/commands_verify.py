"""``verify``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from setup_tool.cli.options import (
    AcceptNewHostKeysOption,
    AskBecomePassOption,
    AskPassOption,
    VerboseOption,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.verify.result import CheckResult

_CHECK_FAILED = 5


class ReportFormat(StrEnum):
    """How check results are printed."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


def verify(
    inventory: Annotated[
        str | None,
        typer.Option("--inventory", "-i", metavar="FILE", help="Verify a whole cloud."),
    ] = None,
    eucarc: Annotated[
        str | None, typer.Option("--eucarc", metavar="FILE", help="Verify with an eucarc's keys.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Verify with an AWS profile.")
    ] = None,
    foreign_eucarc: Annotated[
        str | None,
        typer.Option(
            "--foreign-eucarc",
            metavar="FILE",
            help="Keys of another project, which must be refused.",
        ),
    ] = None,
    s3: Annotated[bool, typer.Option("--s3", help="Verify S3 (also without this option).")] = True,
    output: Annotated[
        ReportFormat, typer.Option("--format", help="How results are printed.")
    ] = ReportFormat.TEXT,
    ask_pass: AskPassOption = False,
    ask_become_pass: AskBecomePassOption = False,
    accept_new_host_keys: AcceptNewHostKeysOption = False,
    verbose: VerboseOption = 0,
) -> int:
    """Prove with real, signed requests that S3 works; what the checks make, they remove."""
    del verbose, s3
    from setup_tool.cli import verifying
    from setup_tool.cli.console import Progress
    from setup_tool.core.errors import DeclarationError
    from setup_tool.declare.access import AccessOptions
    from setup_tool.verify.result import all_well

    if sum(source is not None for source in (inventory, eucarc, profile)) != 1:
        raise DeclarationError("Say one of --inventory, --eucarc and --profile.")
    progress = Progress()

    def on_result(result: CheckResult) -> None:
        progress.say(f"{result.status} {result.name}")

    foreign = verifying.foreign_pair(foreign_eucarc)
    if inventory is not None:
        options = AccessOptions(ask_pass, ask_become_pass, accept_new_host_keys)
        with verifying.from_inventory(inventory, progress, foreign, options) as (plan, ca_bundle):
            results = verifying.run_checks(plan, ca_bundle, on_result)
    else:
        plan, ca_bundle = (
            verifying.from_eucarc(eucarc, foreign)
            if eucarc is not None
            else verifying.from_profile(profile or "", foreign)
        )
        results = verifying.run_checks(plan, ca_bundle, on_result)
    _print(results, output)
    return 0 if all_well(results) else _CHECK_FAILED


def _print(results: Sequence[CheckResult], output: ReportFormat) -> None:
    from setup_tool.cli.checks_text import check_lines
    from setup_tool.cli.console import print_json
    from setup_tool.verify.report import as_document, as_junit

    if output is ReportFormat.JSON:
        print_json(as_document(results))
    elif output is ReportFormat.JUNIT:
        typer.echo(as_junit(results), nl=False)
    else:
        typer.echo("\n".join(check_lines(results)))
