"""Options that several ``credentials`` commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class AuditFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


OwnUserOption = Annotated[
    str | None, typer.Option("--user", help="Whose keys; by default our own.")
]
OwnProjectOption = Annotated[
    str | None, typer.Option("--project", help="For which project; by default our own.")
]
BothsDomainOption = Annotated[
    str | None, typer.Option("--domain", help="Domain of the user and the project.")
]
UserOption = Annotated[str | None, typer.Option("--user", help="Keys of this user.")]
ProjectOption = Annotated[str | None, typer.Option("--project", help="Keys for this project.")]
DomainOption = Annotated[
    str | None,
    typer.Option("--domain", help="Domain of the user or project; alone, all keys of a domain."),
]
LabelOption = Annotated[str | None, typer.Option("--label", help="Keys with this label.")]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="Which of the catalogue's regions.")
]
OsCloudOption = Annotated[
    str | None,
    typer.Option(
        "--os-cloud",
        help="Entry of clouds.yaml to log in with; else OS_CLOUD, OS_* (v3 or v2.0).",
    ),
]
DirectoryOption = Annotated[
    str | None,
    typer.Option("--directory", "-d", help="Where the files go; by default USER-PROJECT."),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="Name in files of several clouds; by default the project's."),
]
ClientOption = Annotated[
    list[str] | None,
    typer.Option("--client", metavar="NAME", help="Only this client's files; repeatable."),
]
NoFilesOption = Annotated[bool, typer.Option("--no-files", help="Write no client files.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Take over files of another cloud, keeping a copy.")
]
