"""``credentials rotate``."""

from __future__ import annotations

from typing import Annotated

import typer

from setup_tool.cli.credentials.options import (
    BothsDomainOption,
    ClientOption,
    DirectoryOption,
    ForceOption,
    NoFilesOption,
    OsCloudOption,
    OwnProjectOption,
    OwnUserOption,
    ProfileOption,
    RegionOption,
)
from setup_tool.cli.options import Format, FormatOption, VerboseOption, YesOption


def rotate(
    access: Annotated[
        str | None, typer.Argument(metavar="[ACCESS]", help="The access key to replace.")
    ] = None,
    user: OwnUserOption = None,
    project: OwnProjectOption = None,
    domain: BothsDomainOption = None,
    grace: Annotated[
        str | None,
        typer.Option(
            "--grace", metavar="TIME", help="How long the old key works on, as 10m; else not."
        ),
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Leave the old key to `revoke --due` then.")
    ] = False,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires", metavar="TIME", help="As 90d or 2027-03-31; else as long as before."
        ),
    ] = None,
    directory: DirectoryOption = None,
    profile: ProfileOption = None,
    client: ClientOption = None,
    no_files: NoFilesOption = False,
    force: ForceOption = False,
    yes: YesOption = False,
    region: RegionOption = None,
    os_cloud: OsCloudOption = None,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Replace a key: make a new one, prove it, write its files, delete the old one."""
    del verbose
    from setup_tool import wiring
    from setup_tool.cli.console import print_json
    from setup_tool.cli.credentials.keyring import CACHED_NOTE
    from setup_tool.cli.credentials.rotating import RotateWanted, rotate_key
    from setup_tool.core.key_record import expiry
    from setup_tool.credentials.rotate import parsed_grace

    wanted = RotateWanted(
        access,
        user,
        project,
        domain,
        region,
        directory,
        profile,
        tuple(client or ()),
        parsed_grace(grace),
        expiry(expires, "--expires", wiring.open_clock().now()),
        wait=not no_wait,
        files=not no_files,
        force=force,
        yes=yes,
    )
    turned = rotate_key(wiring.open_login(os_cloud), wanted)
    if output is Format.JSON:
        print_json(turned.document)
        return 0
    rotated, owner = turned.rotated, turned.rotated.new.owner
    typer.echo(
        f"{owner.user} in project {owner.project}: access key {rotated.new.pair.access} "
        f"took the place of {rotated.old.access}"
    )
    for file in rotated.files:
        state = "written" if file.changed else "unchanged"
        typer.echo(f"  {turned.directory}/{file.path} ({state})")
    for note in turned.notes:
        typer.echo(f"note: {note}", err=True)
    if rotated.is_over:
        typer.echo(f"{rotated.old.access} is deleted.")
        typer.echo(f"note: {CACHED_NOTE}", err=True)
    else:
        typer.echo(
            f"{rotated.old.access} works until `setup-tool credentials revoke --due` deletes it, "
            f"from {turned.document['retires']} on."
        )
    return 0
