"""``credentials issue``."""

from __future__ import annotations

from typing import Annotated

import typer

from setup_tool.cli.options import Format, FormatOption, VerboseOption


def issue(
    user: Annotated[
        str | None, typer.Option("--user", help="Whose keys; by default our own.")
    ] = None,
    project: Annotated[
        str | None, typer.Option("--project", help="For which project; by default our own.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="Domain of the user and the project.")
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", help="Which of the catalogue's regions.")
    ] = None,
    os_cloud: Annotated[
        str | None,
        typer.Option(
            "--os-cloud",
            help="Entry of clouds.yaml to log in with; else OS_CLOUD, OS_* (v3 or v2.0).",
        ),
    ] = None,
    directory: Annotated[
        str | None,
        typer.Option("--directory", "-d", help="Where the files go; by default USER-PROJECT."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", help="Name in files of several clouds; by default the project's."
        ),
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option("--client", metavar="NAME", help="Only this client's files; repeatable."),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Make a new key even where there is one.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take over files of another cloud, keeping a copy.")
    ] = False,
    output: FormatOption = Format.TEXT,
    verbose: VerboseOption = 0,
) -> int:
    """Issue an EC2 key for a user and project, and write the client files for it."""
    del verbose
    from setup_tool import wiring
    from setup_tool.cli.console import print_json
    from setup_tool.cli.issuing import Wanted, issue_bundle

    clients = tuple(client or ())
    wanted = Wanted(user, project, domain, region, directory, profile, clients, new, force)
    bundle = issue_bundle(wiring.open_login(os_cloud), wanted)
    owner = bundle.issued.credential.owner
    access = bundle.issued.credential.pair.access
    notes = [bundle.issued.note] if bundle.issued.note else []
    notes += [note for file in bundle.files for note in file.notes]
    if output is Format.JSON:
        print_json(
            {
                "user": owner.user,
                "project": owner.project,
                "access": access,
                "created": bundle.issued.created,
                "s3_url": bundle.urls.s3,
                "region": bundle.urls.region,
                "directory": str(bundle.directory),
                "files": [{"path": f.path, "changed": f.changed} for f in bundle.files],
                "notes": notes,
            }
        )
        return 0
    made = "made now" if bundle.issued.created else "there already"
    typer.echo(f"{owner.user} in project {owner.project}: access key {access} ({made})")
    for file in bundle.files:
        state = "written" if file.changed else "unchanged"
        typer.echo(f"  {bundle.directory / file.path} ({state})")
    for note in notes:
        typer.echo(f"note: {note}")
    return 0
