"""From an old key and its files to a new one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from setup_tool import wiring
from setup_tool.cli.console import Progress, agreed
from setup_tool.cli.credentials.issuing import cloud_urls, gateway_facts
from setup_tool.core.credential import Credential, Owner
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.identity import DomainRef
from setup_tool.core.key_record import spelled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.cli.credentials.gateways import Gateway
    from setup_tool.core.content import Content
    from setup_tool.core.stored_key import StoredKey
    from setup_tool.credentials.rotate import Rotated
    from setup_tool.credentials.shelf import Shelf
    from setup_tool.ports import KeyRing, Keys


@dataclass(frozen=True, slots=True)
class RotateWanted:
    """Which key is to be rotated, how, and where its files are; None: ourselves, a default."""

    access: str | None
    user: str | None
    project: str | None
    domain: str | None
    region: str | None
    directory: str | None
    profile: str | None
    clients: tuple[str, ...]
    grace: timedelta
    expires: datetime | None
    wait: bool
    files: bool
    force: bool
    yes: bool


@dataclass(frozen=True, slots=True)
class Turned:
    """What a rotation did, and where the files are."""

    rotated: Rotated
    directory: Path | None

    @property
    def document(self) -> dict[str, Any]:
        """It as JSON has it."""
        rotated = self.rotated
        return {
            "user": rotated.new.owner.user,
            "project": rotated.new.owner.project,
            "old": rotated.old.access,
            "access": rotated.new.pair.access,
            "old_deleted": rotated.is_over,
            "retires": spelled(rotated.retires) if rotated.retires else None,
            "directory": str(self.directory) if self.directory else None,
            "files": [{"path": f.path, "changed": f.changed} for f in rotated.files],
            "notes": list(self.notes),
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the operator; that the key is another one in each file goes without."""
        copies = (file for file in self.rotated.files if ".orig-" in file.path)
        return (*self.rotated.notes, *(note for copy in copies for note in copy.notes))


def rotate_key(login: CloudLogin, wanted: RotateWanted) -> Turned:
    """Rotate a key and write its files.

    Nothing is made before these take it, and before that was agreed. Raises `SetupToolError`.
    """
    from setup_tool.cli.credentials.gateways import gateway_of
    from setup_tool.credentials.rotate import Rotation

    keys, ring = wiring.open_keys(login), wiring.open_key_ring(login)
    gateway = gateway_of(login, cloud_urls(login, wanted.region))
    shelf = _shelf(gateway, wanted) if wanted.files else None
    owner, old = _meant(keys, ring, wanted)
    directory = _directory(wanted, owner) if wanted.files else None
    held = shelf.try_out(owner, str(directory)) if shelf else frozenset()
    old = old or _chosen(ring, owner, held)
    seen = _agreed(shelf, owner, old, directory, wanted)
    rotation = Rotation(
        keys,
        ring,
        wiring.open_clock(),
        lambda new: gateway.check(new.pair),
        lambda new, region: shelf.put(new, region, str(directory), seen) if shelf else (),
        Progress().say,
    )
    try:
        rotated = rotation.rotate(
            owner, old, grace=wanted.grace, expires=wanted.expires, wait=wanted.wait
        )
    except KeyboardInterrupt:
        _tell_interrupted(old)
        raise
    return Turned(rotated, directory)


def _agreed(
    shelf: Shelf | None, owner: Owner, old: StoredKey, directory: Path | None, wanted: RotateWanted
) -> Mapping[str, Content | None] | None:
    """Show what is about to change, and return the files as they were shown, None for --yes.

    Raises `SetupToolError` unless it may.
    """
    from setup_tool.credentials.shelf import NOBODY

    files, there = "", None
    if shelf and not wanted.yes:
        there = shelf.look(owner, str(directory))
        expected = Credential(owner, NOBODY)
        progress = Progress()
        for line in shelf.preview(expected, shelf.urls.region, there, str(directory)):
            progress.say(line)
        files = f", write it into {directory}"
    question = f"Make a key in the place of {old.access}{files}, and delete the old one?"
    if not agreed(question, yes=wanted.yes):
        raise SetupToolError("Nothing was changed, and no key was made.")
    return there


def _shelf(gateway: Gateway, wanted: RotateWanted) -> Shelf:
    from setup_tool.credentials.clients import chosen
    from setup_tool.credentials.shelf import Shelf

    told, _ = gateway_facts(gateway.web, gateway.urls)
    clients = chosen(wanted.clients)
    profile, replace = wanted.profile, wanted.force
    return Shelf(wiring.open_files(), gateway.urls, told, clients, profile, replace, keep=False)


def _meant(keys: Keys, ring: KeyRing, wanted: RotateWanted) -> tuple[Owner, StoredKey | None]:
    """Return whose key is meant, and which if its access key was said."""
    from setup_tool.credentials.selection import Selection, select

    if wanted.access is None:
        return keys.owner(wanted.user, wanted.project, wanted.domain), None
    if wanted.user or wanted.project:
        raise DeclarationError("Say either an access key, or --user and --project.")
    now = wiring.open_clock().now()
    (state,) = select(ring, Selection(accesses=(wanted.access,)), now)
    if not state.usable:
        raise DeclarationError(
            f"Access key {wanted.access} cannot be rotated, since a new one would not work "
            f"either: {', '.join(state.problems)}. Revoke it, or put that right first."
        )
    key = state.key
    domains = (
        DomainRef(name=name) if name else None for name in (state.user_domain, state.project_domain)
    )
    return Owner(key.user_id, state.user, key.project_id, state.project, *domains), key


def _chosen(ring: KeyRing, owner: Owner, held: frozenset[str]) -> StoredKey:
    from setup_tool.credentials.rotate import to_rotate

    return to_rotate(ring.stored(owner.user_id), owner, held)


def _directory(wanted: RotateWanted, owner: Owner) -> Path:
    return Path(wanted.directory or f"{owner.user}-{owner.project}").absolute()


def _tell_interrupted(old: StoredKey) -> None:
    typer.echo(
        f"setup-tool: {old.access} still works, and a key that was made in its place as well. Run "
        "the same again to go on; after the grace period `setup-tool credentials revoke --due` "
        "deletes the old one, too.",
        err=True,
    )
