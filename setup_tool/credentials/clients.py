"""The clients whose files a bundle has, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.editors.client.aws import AWS
from setup_tool.editors.client.boto import BOTO
from setup_tool.editors.client.certificates import CA
from setup_tool.editors.client.cyberduck import CYBERDUCK
from setup_tool.editors.client.env import ENV
from setup_tool.editors.client.euca2ools import EUCA2OOLS
from setup_tool.editors.client.eucarc import EUCARC
from setup_tool.editors.client.mc import MC
from setup_tool.editors.client.openstack import OPENSTACK
from setup_tool.editors.client.page import PAGE, PAGE_WITH_SECRET
from setup_tool.editors.client.rclone import RCLONE
from setup_tool.editors.client.restic import RESTIC
from setup_tool.editors.client.s3cfg import S3CMD
from setup_tool.editors.client.s3fs import S3FS
from setup_tool.editors.client.terraform import TERRAFORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.credential import CloudUrls
    from setup_tool.editors.client.client import Client

CLIENTS: tuple[Client, ...] = (
    EUCARC,
    EUCA2OOLS,
    S3CMD,
    AWS,
    ENV,
    BOTO,
    RCLONE,
    S3FS,
    MC,
    RESTIC,
    TERRAFORM,
    CYBERDUCK,
    OPENSTACK,
    PAGE,
)
"""Whose files a bundle may have, in the order in which they are written and listed.

A further client is a module, its templates, a page in ``docs/clients/`` and an entry here.
"""


def chosen(names: Sequence[str], *, secret_in_page: bool = False) -> tuple[Client, ...]:
    """Return the clients of these names, all of them without one, in our own order.

    Raises `DeclarationError` for a name that there is not, and where the secret is wanted
    in a page that is not.
    """
    known = [client.name for client in CLIENTS]
    for name in names:
        if name not in known:
            raise DeclarationError(f"There is no client '{name}'. Name some of {', '.join(known)}.")
    found = tuple(client for client in CLIENTS if not names or client.name in names)
    if not secret_in_page:
        return found
    if PAGE not in found:
        raise DeclarationError(
            "--secret-in-page is about the page, which --client leaves out. Add --client page."
        )
    return tuple(PAGE_WITH_SECRET if client is PAGE else client for client in found)


def usable(clients: Sequence[Client], urls: CloudUrls) -> tuple[Client, ...]:
    """Return those of the clients that a cloud with these services has a use for.

    The copy of its private authority's certificates goes along with any of them.
    """
    there = {"s3": urls.s3, "ec2": urls.ec2}
    found = tuple(client for client in clients if client.needs is None or there[client.needs])
    return (CA, *found) if urls.ca_certificates and CA not in found else found


def paths(clients: Sequence[Client], profile: str) -> tuple[str, ...]:
    """Return every file that a bundle with these clients may have, by its path in it."""
    return tuple(file.at(profile) for client in clients for file in client.files)
