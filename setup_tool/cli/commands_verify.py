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

    from setup_tool.cli.verifying import Wanted
    from setup_tool.verify.result import CheckResult, Service

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
    s3: Annotated[
        bool, typer.Option("--s3", help="Verify S3; without --s3 and --ec2 what there is.")
    ] = False,
    ec2: Annotated[bool, typer.Option("--ec2", help="Verify EC2.")] = False,
    launch: Annotated[
        str | None,
        typer.Option(
            "--launch",
            metavar="IMAGE",
            help="Start two instances of an image, by id or name, and end them; means --ec2.",
        ),
    ] = None,
    instance_type: Annotated[
        str | None,
        typer.Option(
            "--instance-type", metavar="NAME", help="Of those instances; m1.small without it."
        ),
    ] = None,
    output: Annotated[
        ReportFormat, typer.Option("--format", help="How results are printed.")
    ] = ReportFormat.TEXT,
    ask_pass: AskPassOption = False,
    ask_become_pass: AskBecomePassOption = False,
    accept_new_host_keys: AcceptNewHostKeysOption = False,
    verbose: VerboseOption = 0,
) -> int:
    """Prove with real, signed requests that S3 and EC2 work.

    What the checks make and start, they remove and end.
    """
    del verbose
    from setup_tool.cli import verifying
    from setup_tool.cli.console import Progress
    from setup_tool.core.errors import DeclarationError
    from setup_tool.declare.access import AccessOptions
    from setup_tool.verify.result import all_well

    if sum(source is not None for source in (inventory, eucarc, profile)) != 1:
        raise DeclarationError("Say one of --inventory, --eucarc and --profile.")
    wanted = _wanted(s3, ec2, launch, instance_type, foreign_eucarc)
    progress = Progress()

    def on_result(result: CheckResult) -> None:
        left = f": {result.detail}" if result.status == "failed" else ""
        progress.say(f"{result.status} {result.name}{left}")

    if inventory is not None:
        options = AccessOptions(ask_pass, ask_become_pass, accept_new_host_keys)
        with verifying.from_inventory(inventory, progress, wanted, options) as found:
            results = verifying.run_checks(found, progress, on_result)
    else:
        found = (
            verifying.from_eucarc(eucarc, wanted)
            if eucarc is not None
            else verifying.from_profile(profile or "", wanted)
        )
        results = verifying.run_checks(found, progress, on_result)
    _print(results, output)
    return 0 if all_well(results) else _CHECK_FAILED


def _wanted(
    s3: bool, ec2: bool, launch: str | None, instance_type: str | None, foreign: str | None
) -> Wanted:
    from setup_tool.cli import verifying
    from setup_tool.core.errors import DeclarationError
    from setup_tool.verify.ec2.plan import INSTANCE_TYPE, Launch

    if instance_type is not None and launch is None:
        raise DeclarationError("--instance-type is of the instances of --launch IMAGE: say both.")
    services: set[Service] = {"s3"} if s3 else set()
    if ec2 or launch is not None:
        services.add("ec2")
    if foreign is not None and services == {"ec2"}:
        raise DeclarationError("--foreign-eucarc is about S3: say --s3 as well, or leave it out.")
    return verifying.Wanted(
        frozenset(services),
        None if launch is None else Launch(launch, instance_type or INSTANCE_TYPE),
        verifying.foreign_pair(foreign),
    )


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
