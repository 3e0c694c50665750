"""Where bundles go: directories that take the client files of one cloud."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.credential import Credential, KeyPair
from setup_tool.core.secret import Secret
from setup_tool.credentials.bundle import (
    check_directory,
    existing_files,
    held_keys,
    render_bundle,
    write_bundle,
)
from setup_tool.credentials.clients import usable
from setup_tool.credentials.values import profile_name

if TYPE_CHECKING:
    from setup_tool.core.credential import CloudUrls, Owner
    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.credentials.bundle import BundleFile
    from setup_tool.editors.client.client import Client
    from setup_tool.ports import Files

_NOBODY = KeyPair("not-issued-yet", Secret("not-issued-yet"))
"""Stands for the key while it is tried whether the files can take one."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the bundles of a run have in common; ``profile`` None: each project's own."""

    files: Files
    urls: CloudUrls
    limits: GatewayLimits | None
    clients: tuple[Client, ...]
    profile: str | None = None
    replace: bool = False

    def try_out(self, owner: Owner, directory: str) -> frozenset[str]:
        """See whether a directory takes a bundle, and return the access keys that it has.

        Nothing is written. Raises `SetupToolError`, as `write_bundle` would.
        """
        profile = self._profile(owner)
        clients = usable(self.clients, self.urls)
        check_directory(self.files, directory, profile, clients)
        there = existing_files(self.files, directory, profile, clients)
        render_bundle(
            Credential(owner, _NOBODY),
            self.urls,
            there,
            directory=directory,
            profile=profile,
            clients=clients,
            limits=self.limits,
            replace=self.replace,
        )
        return held_keys(there, directory=directory, profile=profile, clients=clients)

    def put(self, credential: Credential, region: str, directory: str) -> tuple[BundleFile, ...]:
        """Write a bundle for the region that requests are signed for; see `write_bundle`."""
        return write_bundle(
            self.files,
            directory,
            credential,
            dataclasses.replace(self.urls, region=region),
            profile=self._profile(credential.owner),
            clients=self.clients,
            limits=self.limits,
            replace=self.replace,
        )

    def _profile(self, owner: Owner) -> str:
        return self.profile or profile_name(owner.project)
