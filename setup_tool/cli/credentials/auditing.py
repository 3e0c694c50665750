"""Findings about keys: what Keystone's records tell, and on request what the gateway says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from setup_tool.cli.console import Progress, print_json
from setup_tool.cli.credentials import keys_text
from setup_tool.cli.credentials.keyring import Keyring
from setup_tool.core.errors import DeclarationError, NotConvergedError, SetupToolError
from setup_tool.core.key_status import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.cli.credentials.options import AuditFormat
    from setup_tool.core.key_status import KeyState
    from setup_tool.credentials.selection import Selection

_MOST_DAYS = 99999


@dataclass(frozen=True, slots=True)
class Audit:
    """What is looked for: an age (``90d``), findings to pass over, whether requests are sent."""

    max_age: str | None = None
    ignore: tuple[str, ...] = ()
    check: bool = False
    region: str | None = None

    @property
    def oldest(self) -> timedelta | None:
        """The age from which on a key is too old; raises `DeclarationError`."""
        if self.max_age is None:
            return None
        days = self.max_age.strip().removesuffix("d")
        if not days.isdecimal() or not 0 < int(days) <= _MOST_DAYS:
            raise DeclarationError(f"--max-age '{self.max_age}' should be days, as 90d.")
        return timedelta(days=int(days))

    @property
    def ignored(self) -> frozenset[Problem]:
        """The findings to pass over; raises `DeclarationError` for what is none."""
        known = {str(problem): problem for problem in Problem}
        for word in self.ignore:
            if word not in known:
                raise DeclarationError(
                    f"--ignore '{word}' is no finding; there are: {', '.join(known)}."
                )
        return frozenset(known[word] for word in self.ignore)


@dataclass(frozen=True, slots=True)
class Findings:
    """The keys with something wrong, the time of the audit, and how many were looked at."""

    keyring: Keyring
    looked_at: int
    states: tuple[KeyState, ...]

    @property
    def status(self) -> int:
        """The exit status: that of a check that failed where there are findings."""
        return NotConvergedError.exit_status if self.states else 0


def audit_keys(os_cloud: str | None, wanted: Selection, audit: Audit) -> Findings:
    """Look at the keys that are meant, by default everybody's; raises `SetupToolError`."""
    from setup_tool import wiring

    oldest, ignored = audit.oldest, audit.ignored
    login = wiring.open_login(os_cloud)
    keyring = Keyring(wiring.open_key_ring(login), wiring.open_clock().now())
    if not wanted.is_narrowed:
        wanted = replace(wanted, everybody=True)
    found = keyring.select(wanted, oldest=oldest)
    if audit.check:
        found = _checked(keyring, login, found, audit.region)
    kept = (
        replace(state, problems=tuple(p for p in state.problems if p not in ignored))
        for state in found
    )
    return Findings(keyring, len(found), tuple(state for state in kept if state.problems))


def print_findings(found: Findings, output: AuditFormat) -> None:
    """Print what was found."""
    if output == "json":
        print_json(
            {
                "looked_at": found.looked_at,
                "findings": [keys_text.document(state) for state in found.states],
            }
        )
    elif output == "csv":
        typer.echo(keys_text.csv_text(found.states), nl=False)
    else:
        for line in keys_text.table(found.states, found.keyring.now):
            typer.echo(line)
        count = f"{found.looked_at} key{'s'[: found.looked_at != 1]}"
        wrong = f"{len(found.states)} with findings" if found.states else "nothing wrong"
        typer.echo(f"{count} looked at, {wrong}.")


def _checked(
    keyring: Keyring, login: CloudLogin, found: Sequence[KeyState], region: str | None
) -> tuple[KeyState, ...]:
    """Return the keys with what the gateway says of those that should work."""
    from setup_tool.cli.credentials.gateways import gateway_of
    from setup_tool.cli.credentials.issuing import cloud_urls

    gateway = gateway_of(login, cloud_urls(login, region))
    progress = Progress()
    checked = []
    for number, state in enumerate(found, start=1):
        if not state.usable or state.key.delegated:
            checked.append(state)
            continue
        progress.say(f"{number} of {len(found)}: {state.key.access}")
        checked.append(
            _answered(keyring, state) if gateway.takes(state.key.pair) else _refused(state)
        )
    return tuple(checked)


def _answered(keyring: Keyring, state: KeyState) -> KeyState:
    record = replace(state.key.record, checked=keyring.now)
    try:
        keyring.ring.note(state.key, record)
    except SetupToolError as error:
        typer.echo(f"note: {error}", err=True)
        return state
    return replace(state, key=replace(state.key, record=record))


def _refused(state: KeyState) -> KeyState:
    return replace(state, problems=(*state.problems, Problem.REFUSED))
