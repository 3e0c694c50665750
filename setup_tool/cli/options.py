"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


def _set_verbosity(count: int) -> int:
    from setup_tool.cli.logs import set_verbosity

    return set_verbosity(count)


InventoryOption = Annotated[
    str,
    typer.Option("--inventory", "-i", metavar="FILE", help="Ansible inventory of the cloud."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How results are printed.")]
RoleOption = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="NAME", help="Only this role; may be repeated."),
]
LimitOption = Annotated[
    str | None,
    typer.Option("--limit", "-l", metavar="PATTERN", help="Only hosts of this Ansible pattern."),
]
ForksOption = Annotated[
    int, typer.Option("--forks", "-f", min=1, max=256, help="Nodes asked at the same time.")
]
SerialOption = Annotated[
    str | None,
    typer.Option("--serial", metavar="N|P%", help="Proxies at a time, after the first."),
]
RemoveEndpointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--remove-endpoint",
        metavar="ID",
        help="Remove this duplicate endpoint; may be repeated.",
    ),
]
ResetPasswordOption = Annotated[
    bool,
    typer.Option(
        "--reset-service-password",
        help="Give a service's user in Keystone, or make it with, the password in its file.",
    ),
]
AskPassOption = Annotated[
    bool,
    typer.Option("--ask-pass", "-k", help="Ask for the SSH password, once for all nodes."),
]
AskBecomePassOption = Annotated[
    bool,
    typer.Option("--ask-become-pass", "-K", help="Ask for the sudo password, once for all nodes."),
]
AcceptNewHostKeysOption = Annotated[
    bool,
    typer.Option(
        "--accept-new-host-keys",
        help="Add the host keys of nodes that have none in known_hosts; changed ones are refused.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        callback=_set_verbosity,
        help="Say more on stderr; may be repeated.",
    ),
]
