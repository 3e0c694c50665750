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
from setup_tool.editors.client.difference import difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.content import Content
    from setup_tool.core.credential import CloudUrls, Owner
    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.credentials.bundle import BundleFile
    from setup_tool.editors.client.client import Client
    from setup_tool.ports import Files

NOBODY = KeyPair("not-issued-yet", Secret("not-issued-yet"))
"""Stands for the key while it is tried whether the files can take one."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the bundles of a run have in common; ``profile`` None: each project's own.

    ``keep``: of a file that is not wholly ours and changes, a copy is kept.
    """

    files: Files
    urls: CloudUrls
    limits: GatewayLimits | None
    clients: tuple[Client, ...]
    profile: str | None = None
    replace: bool = False
    keep: bool = True

    def try_out(self, owner: Owner, directory: str) -> frozenset[str]:
        """See whether a directory takes a bundle, and return the access keys that it has.

        Nothing is written. Raises `SetupToolError`, as `write_bundle` would.
        """
        there = self.look(owner, directory)
        self._render(Credential(owner, NOBODY), self.urls, there, directory)
        return self.held(owner, there, directory)

    def look(self, owner: Owner, directory: str) -> dict[str, Content | None]:
        """Return what a directory has of a bundle, by path; see `try_out`."""
        profile, clients = self._profile(owner), usable(self.clients, self.urls)
        check_directory(self.files, directory, profile, clients)
        return existing_files(self.files, directory, profile, clients)

    def held(
        self, owner: Owner, there: Mapping[str, Content | None], directory: str
    ) -> frozenset[str]:
        """Return the access keys in files that were looked at."""
        clients = usable(self.clients, self.urls)
        return held_keys(there, directory=directory, profile=self._profile(owner), clients=clients)

    def preview(
        self,
        credential: Credential,
        region: str,
        there: Mapping[str, Content | None],
        directory: str,
    ) -> tuple[str, ...]:
        """Return what would change in files that are not wholly ours: a difference, by lines.

        Secrets are hidden. Empty when no such file changes. Raises as `try_out` does.
        """
        urls = dataclasses.replace(self.urls, region=region)
        files = self._render(credential, urls, there, directory)
        return tuple(line for file in files for line in _shown(file, directory))

    def put(
        self,
        credential: Credential,
        region: str,
        directory: str,
        seen: Mapping[str, Content | None] | None = None,
    ) -> tuple[BundleFile, ...]:
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
            keep=self.keep,
            seen=seen,
        )

    def _render(
        self,
        credential: Credential,
        urls: CloudUrls,
        there: Mapping[str, Content | None],
        directory: str,
    ) -> tuple[BundleFile, ...]:
        return render_bundle(
            credential,
            urls,
            there,
            directory=directory,
            profile=self._profile(credential.owner),
            clients=self.clients,
            limits=self.limits,
            replace=self.replace,
            keep=self.keep,
        )

    def _profile(self, owner: Owner) -> str:
        return self.profile or profile_name(owner.project)


def _shown(file: BundleFile, directory: str) -> tuple[str, ...]:
    name = f"{directory}/{file.path}"
    if file.before is None:
        return ()
    if file.whole:  # somebody else's file, where a secret may have any name
        return (f"{name} is replaced as a whole.",)
    return difference(file.before, file.content, secrets=file.secrets, name=name)
