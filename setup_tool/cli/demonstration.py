"""The main job from nothing to working S3 and EC2, on a lab."""

from __future__ import annotations

import os
import shlex
import sys
import time
from typing import TYPE_CHECKING

import typer

from setup_tool import wiring
from setup_tool.cli import verifying
from setup_tool.cli.checks_text import check_lines
from setup_tool.cli.console import Progress, coloured
from setup_tool.cli.credentials.issuing import Wanted, issue_bundle
from setup_tool.cli.plan_text import plan_lines, summary_line
from setup_tool.core.errors import NotConvergedError
from setup_tool.engine.apply import apply
from setup_tool.engine.world import Selection
from setup_tool.lab import lab, layout
from setup_tool.verify.ec2.plan import Ec2VerifyPlan
from setup_tool.verify.result import all_well
from setup_tool.verify.s3.plan import S3VerifyPlan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from setup_tool.cli.credentials.issuing import Bundle
    from setup_tool.core.plan import Plan
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.verify.result import CheckResult


def demonstrate(folder: Path) -> int:
    """Show lab up, plan, apply, issue, verify, and apply with nothing left to do.

    Raises `SetupToolError` for the first step that fails.
    """
    started = time.monotonic()
    progress = Progress()
    _title("1. A cloud that has no S3 and no EC2 yet", "lab up --ec2")
    lab.up(folder, ec2=True, report=progress.say)
    environ = os.environ | lab.environment(folder)
    _title("2. What would be changed, and changing it", "apply")
    proxies = _apply(folder, environ, progress)
    _title("3. Keys for two users, with the files of their clients", "credentials issue")
    login = wiring.open_login("lab", environ)
    demo, other = (
        issue_bundle(
            login,
            Wanted(user, project, "Default", directory=str(folder / "keys" / user), yes=True),
        )
        for user, project in (("demo", "demo"), ("bob", "other"))
    )
    for file in demo.files:
        typer.echo(f"{demo.directory / file.path}")
    _title("4. Real, signed requests", "verify")
    _verify(demo, other, proxies, environ, progress)
    _title("5. The same again", "apply")
    _apply(folder, environ, progress)
    typer.echo(f"\nAll of it took {time.monotonic() - started:.0f} s. To play on, and to stop:\n")
    config = shlex.quote(str(demo.directory / ".s3cfg"))
    typer.echo(f"  s3cmd -c {config} mb s3://my-bucket")
    typer.echo(f"  {_program()} lab down --dir {shlex.quote(str(folder))}")
    return 0


def _apply(folder: Path, environ: Mapping[str, str], progress: Progress) -> tuple[Proxy, ...]:
    inventory = wiring.load_inventory(str(folder / "inventory.yaml"))

    def agree(first: Plan) -> bool:
        typer.echo("\n".join(plan_lines(first)))
        return True

    asked = Selection()
    serial = wiring.serial(inventory, None)
    with wiring.open_world(inventory, inventory.nodes, progress, environ=environ) as world:
        report = apply(world, asked, serial, agree)
    made = f"{len(report.done)} changes made. " if report.done else ""
    typer.echo(made + summary_line(report.last))
    return report.proxies


def _verify(
    demo: Bundle,
    other: Bundle,
    proxies: tuple[Proxy, ...],
    environ: Mapping[str, str],
    progress: Progress,
) -> None:
    def on_result(result: CheckResult) -> None:
        progress.say(f"{result.status} {result.name}")

    ourselves = wiring.open_identity(wiring.open_login("lab-demo", environ)).whereabouts()
    plan = S3VerifyPlan(
        url=str(demo.urls.s3),
        pair=demo.issued.credential.pair,
        proxies=verifying.proxy_urls(proxies),
        foreign=other.issued.credential.pair,
        native=verifying.native_access(ourselves),
    )
    ec2 = Ec2VerifyPlan(
        url=str(demo.urls.ec2),
        pair=demo.issued.credential.pair,
        region=layout.REGION,
        published_region=layout.REGION,
        no_compute=verifying.no_compute(wiring.open_web(demo.urls.ca_bundle), ourselves),
    )
    found = verifying.Verification(s3=plan, ec2=ec2, ca_bundle=demo.urls.ca_bundle)
    results = verifying.run_checks(found, progress, on_result)
    typer.echo("\n".join(check_lines(results)))
    if not all_well(results):
        raise NotConvergedError("Not every check passed; the table above says which and why.")


def _title(text: str, command: str) -> None:
    typer.echo(f"\n{coloured(text, 'bright_white')}  [setup-tool {command}]")


def _program() -> str:
    return shlex.quote(os.path.relpath(sys.argv[0])) if "/" in sys.argv[0] else "setup-tool"
