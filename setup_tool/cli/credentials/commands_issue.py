"""``credentials issue``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
from setup_tool.cli.options import Format, FormatOption, VerboseOption

if TYPE_CHECKING:
    from setup_tool.core.key_record import KeyRecord


def issue(
    user: OwnUserOption = None,
    project: OwnProjectOption = None,
    domain: BothsDomainOption = None,
    region: RegionOption = None,
    os_cloud: OsCloudOption = None,
    directory: DirectoryOption = None,
    profile: ProfileOption = None,
    client: ClientOption = None,
    secret_in_page: Annotated[
        bool,
        typer.Option(
            "--secret-in-page", help="Put the secret key into index.html, behind a button."
        ),
    ] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Make a new key even where there is one.")
    ] = False,
    force: ForceOption = False,
    label: Annotated[
        str | None, typer.Option("--label", help="Kept with a new key: what groups it with others.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="Kept with a new key: what it is for.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", help="Kept with a new key: whom to ask about it.")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires",
            metavar="DAYS|DATE",
            help="Kept with a new key: when it should be replaced, as 90d or 2027-03-31.",
        ),
    ] = None,
    members: Annotated[
        bool, typer.Option("--members", help="For everybody with a role on the project.")
    ] = False,
    group: Annotated[
        str | None, typer.Option("--group", help="For the users of a group, on the project.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="For the rows of a CSV file with columns user, project and others.",
        ),
    ] = None,
    no_files: NoFilesOption = False,
    forks: Annotated[
        int, typer.Option("--forks", "-f", min=1, max=64, help="Keys made at the same time.")
    ] = 8,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before files that are there change.")
    ] = False,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Issue EC2 keys for a user and project, or for many, and write client files for them."""
    del verbose
    from setup_tool import wiring
    from setup_tool.cli.credentials.issuing import Wanted, issue_alone, issue_bundle
    from setup_tool.cli.credentials.issuing_many import Crowd, ManyWanted

    crowd = Crowd(members, group, file)
    crowd.check(user, project)
    record = _record(label, purpose, contact, expires)
    clients = tuple(client or ())
    login = wiring.open_login(os_cloud)
    if crowd:
        many = ManyWanted(
            crowd,
            project,
            domain,
            region,
            directory,
            profile,
            clients,
            record,
            secret_in_page=secret_in_page,
            new=new,
            force=force,
            yes=yes,
            files=not no_files,
            forks=forks,
        )
        from setup_tool.cli.credentials.issuing_text import show_many

        return show_many(login, many, output)
    wanted = Wanted(
        user,
        project,
        domain,
        region,
        directory,
        profile,
        clients,
        secret_in_page=secret_in_page,
        new=new,
        force=force,
        yes=yes,
        record=record,
    )
    from setup_tool.cli.credentials.issuing_text import show_bundle, show_key

    if no_files:
        show_key(issue_alone(login, wanted), output)
    else:
        show_bundle(issue_bundle(login, wanted), output)
    return 0


def _record(
    label: str | None, purpose: str | None, contact: str | None, expires: str | None
) -> KeyRecord:
    """Return what is kept with a new key; raises `DeclarationError`."""
    from setup_tool import wiring
    from setup_tool.core.key_record import KeyRecord, expiry, text

    now = wiring.open_clock().now()
    return KeyRecord(
        label=text(label, "--label"),
        purpose=text(purpose, "--purpose"),
        contact=text(contact, "--contact"),
        issued=now,
        expires=expiry(expires, "--expires", now),
    )
