"""The keys that a login may see, and how they are revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import typer

from setup_tool.core.errors import DeclarationError, SetupToolError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from setup_tool.core.key_status import KeyState
    from setup_tool.credentials.selection import Selection
    from setup_tool.ports import KeyRing

CACHED_NOTE = (
    "A gateway that keeps secrets (secret_cache_duration, by default 60 s) answers a revoked key "
    "until they are over."
)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys in one Keystone, and the time at which they are looked at."""

    ring: KeyRing
    now: datetime

    @classmethod
    def opened(cls, os_cloud: str | None) -> Self:
        """Open what a login may see; raises `SetupToolError`."""
        from setup_tool import wiring

        ring = wiring.open_key_ring(wiring.open_login(os_cloud))
        return cls(ring, wiring.open_clock().now())

    def select(self, wanted: Selection, *, oldest: timedelta | None = None) -> tuple[KeyState, ...]:
        """Return the keys that are meant; see `setup_tool.credentials.selection.select`."""
        from setup_tool.credentials.selection import select

        return select(self.ring, wanted, self.now, oldest=oldest)


@dataclass(frozen=True, slots=True)
class Revoked:
    """Which keys are gone, and why others are not."""

    gone: tuple[KeyState, ...]
    failed: tuple[tuple[KeyState, str], ...] = ()
    declined: bool = False

    @property
    def status(self) -> int:
        """The exit status."""
        return 1 if self.failed else 0

    @property
    def document(self) -> dict[str, Any]:
        """What was done as JSON has it."""
        from setup_tool.cli.credentials.keys_text import document

        return {
            "revoked": [document(state) for state in self.gone],
            "failed": [document(state) | {"error": why} for state, why in self.failed],
            "declined": self.declined,
        }


def revealed(state: KeyState) -> str:
    """Return a key's secret, for somebody who asked to see it."""
    from setup_tool.adapters.reveal import shown

    return shown(state.key.pair.secret)


def revoke_keys(keyring: Keyring, wanted: Selection, *, yes: bool, quiet: bool) -> Revoked:
    """Delete the keys that are meant, once that is agreed; what fails does not stop the others.

    Raises `DeclarationError` when nothing says which are meant.
    """
    from setup_tool.cli.console import agreed
    from setup_tool.cli.credentials.keys_text import table

    if not wanted.is_narrowed:
        raise DeclarationError(
            "Say which keys: access keys, --user, --project, --domain, --label or --due."
        )
    found = keyring.select(wanted)
    if not found:
        _say("No keys: nothing to revoke.", quiet=quiet)
        return Revoked(())
    for line in table(found, keyring.now):
        typer.echo(line, err=True)
    count = f"{len(found)} key{'s'[: len(found) > 1]}"
    if not agreed(f"Delete {count} in Keystone?", yes=yes):
        _say("Nothing was changed.", quiet=quiet)
        return Revoked((), declined=True)
    return _deleted(keyring.ring, found, quiet=quiet)


def _deleted(ring: KeyRing, found: Sequence[KeyState], *, quiet: bool) -> Revoked:
    gone: list[KeyState] = []
    failed: list[tuple[KeyState, str]] = []
    for state in found:
        try:
            ring.delete(state.key)
        except SetupToolError as error:
            failed.append((state, str(error)))
            typer.echo(f"setup-tool: {error}", err=True)
        else:
            gone.append(state)
            _say(f"{state.key.access} of {state.user} for {state.project}: revoked", quiet=quiet)
    if gone:
        typer.echo(f"note: {CACHED_NOTE}", err=True)
    return Revoked(tuple(gone), tuple(failed))


def _say(line: str, *, quiet: bool) -> None:
    if not quiet:
        typer.echo(line)
