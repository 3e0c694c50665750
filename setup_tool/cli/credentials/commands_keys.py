"""``credentials list``, ``show``, ``revoke`` and ``audit``."""

from __future__ import annotations

from typing import Annotated

import typer

from setup_tool.cli.credentials.options import (
    AuditFormat,
    DomainOption,
    LabelOption,
    OsCloudOption,
    ProjectOption,
    RegionOption,
    UserOption,
)
from setup_tool.cli.options import Format, FormatOption, VerboseOption, YesOption


def list_keys(
    user: UserOption = None,
    project: ProjectOption = None,
    domain: DomainOption = None,
    label: LabelOption = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Keys of everybody in the cloud, as an administrator.")
    ] = False,
    os_cloud: OsCloudOption = None,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """List keys, by default our own, with what is wrong with each; no secret is shown."""
    del verbose
    from setup_tool.cli.console import print_json
    from setup_tool.cli.credentials import keys_text
    from setup_tool.cli.credentials.keyring import Keyring
    from setup_tool.credentials.selection import Selection

    keyring = Keyring.opened(os_cloud)
    wanted = Selection(user, project, domain, label, everybody=everybody)
    found = keyring.select(wanted)
    if output is Format.JSON:
        print_json({"keys": [keys_text.document(state) for state in found]})
        return 0
    for line in keys_text.table(found, keyring.now):
        typer.echo(line)
    if not found:
        typer.echo("No keys.")
    return 0


def show(
    access: Annotated[str, typer.Argument(metavar="ACCESS", help="The access key.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the secret, too.")] = False,
    os_cloud: OsCloudOption = None,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Show all that is known of one key."""
    del verbose
    from setup_tool.cli.console import print_json
    from setup_tool.cli.credentials import keys_text
    from setup_tool.cli.credentials.keyring import Keyring, revealed
    from setup_tool.credentials.selection import Selection

    keyring = Keyring.opened(os_cloud)
    (state,) = keyring.select(Selection(accesses=(access,)))
    secret = revealed(state) if reveal else None
    if output is Format.JSON:
        more = {} if secret is None else {"secret": secret}
        print_json(keys_text.document(state) | more)
        return 0
    lines = list(keys_text.details(state, keyring.now))
    if secret is not None:
        lines[-1] = f"{'secret:':<16} {secret}"
    for line in lines:
        typer.echo(line)
    return 0


def revoke(
    access: Annotated[
        list[str] | None, typer.Argument(metavar="[ACCESS]...", help="Access keys.")
    ] = None,
    user: UserOption = None,
    project: ProjectOption = None,
    domain: DomainOption = None,
    label: LabelOption = None,
    due: Annotated[
        bool,
        typer.Option("--due", help="Keys that are expired, or whose grace after rotate is over."),
    ] = False,
    os_cloud: OsCloudOption = None,
    yes: YesOption = False,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Delete keys in Keystone, after showing which; their client files stay where they are."""
    del verbose
    from setup_tool.cli.console import print_json
    from setup_tool.cli.credentials.keyring import Keyring, revoke_keys
    from setup_tool.credentials.selection import Selection

    wanted = Selection(user, project, domain, label, tuple(access or ()), due=due)
    revoked = revoke_keys(Keyring.opened(os_cloud), wanted, yes=yes, quiet=output is Format.JSON)
    if output is Format.JSON:
        print_json(revoked.document)
    return revoked.status


def audit(
    user: UserOption = None,
    project: ProjectOption = None,
    domain: DomainOption = None,
    label: LabelOption = None,
    max_age: Annotated[
        str | None, typer.Option("--max-age", metavar="DAYS", help="From which age on, as 90d.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Send a signed request with each, and note it.")
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="FINDING", help="Pass over, as `several keys`."),
    ] = None,
    region: RegionOption = None,
    os_cloud: OsCloudOption = None,
    output: Annotated[
        AuditFormat, typer.Option("--format", help="How findings are printed.")
    ] = AuditFormat.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Find keys with something wrong with them, of everybody; the exit status is 5 for any."""
    del verbose
    from setup_tool.cli.credentials.auditing import Audit, audit_keys, print_findings
    from setup_tool.credentials.selection import Selection

    wanted = Selection(user, project, domain, label)
    found = audit_keys(os_cloud, wanted, Audit(max_age, tuple(ignore or ()), check, region))
    print_findings(found, output)
    return found.status
