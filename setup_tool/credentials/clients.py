"""The clients whose files a bundle has, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.editors.client.aws import AWS
from setup_tool.editors.client.eucarc import EUCARC
from setup_tool.editors.client.s3cfg import S3CMD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.credential import CloudUrls
    from setup_tool.editors.client.client import Client

CLIENTS: tuple[Client, ...] = (
    EUCARC,
    S3CMD,
    AWS,
)
"""Whose files a bundle may have, in the order in which they are written and listed.

A further client is a module, its templates, a page in ``docs/clients/`` and an entry here.
"""


def chosen(names: Sequence[str]) -> tuple[Client, ...]:
    """Return the clients of these names, all of them without one, in our own order.

    Raises `DeclarationError` for a name that there is not.
    """
    known = [client.name for client in CLIENTS]
    for name in names:
        if name not in known:
            raise DeclarationError(f"There is no client '{name}'. Name some of {', '.join(known)}.")
    return tuple(client for client in CLIENTS if not names or client.name in names)


def usable(clients: Sequence[Client], urls: CloudUrls) -> tuple[Client, ...]:
    """Return those of the clients that a cloud with these services has a use for."""
    there = {"s3": urls.s3, "ec2": urls.ec2}
    return tuple(client for client in clients if client.needs is None or there[client.needs])


def paths(clients: Sequence[Client], profile: str) -> tuple[str, ...]:
    """Return every file that a bundle with these clients may have, by its path in it."""
    return tuple(file.at(profile) for client in clients for file in client.files)
