"""Put a new key in the place of an old one, without a moment in which none works.

The new one is made, a request signed with it is answered, the client files get it, and only
then the old one goes. Where a step fails, what is said tells which keys work.
"""

from __future__ import annotations

import dataclasses
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from setup_tool.core.credential import Credential
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.key_record import KeyRecord, spelled
from setup_tool.core.stored_key import StoredKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from setup_tool.core.credential import Owner
    from setup_tool.credentials.bundle import BundleFile
    from setup_tool.ports import Clock, KeyRing, Keys

    Prove = Callable[[Credential], str]
    """Sends a request signed with a key and returns its region, or raises `SetupToolError`."""
    Write = Callable[[Credential, str], tuple[BundleFile, ...]]
    """Writes the client files with a key, for a region."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 366 * 86400
_TOLD_EVERY = 30.0
"""Seconds between two words of progress while a grace period lasts."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The old key, the one in its place, the files that have it, and what becomes of the old."""

    old: StoredKey
    new: Credential
    files: tuple[BundleFile, ...]
    retires: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the old key is gone."""
        return self.retires is None


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation takes. ``say`` is told of progress, a line at a time."""

    keys: Keys
    ring: KeyRing
    clock: Clock
    prove: Prove
    write: Write
    say: Callable[[str], None]

    def rotate(
        self,
        owner: Owner,
        old: StoredKey,
        *,
        grace: timedelta = timedelta(),
        expires: datetime | None = None,
        wait: bool = True,
    ) -> Rotated:
        """Carry it out, or go on with one that did not come to its end.

        With a ``grace`` the old key is marked and works on for so long; without ``wait`` it is
        left to be deleted by whoever deletes what is due. Raises `SetupToolError`.
        """
        new = self._successor(owner, old) or self._made(owner, old, expires)
        region = self._proven(old, new)
        files = self._written(old, new, region)
        notes: tuple[str, ...] = ()
        if grace or old.record.retires:
            until, notes = self._marked(old, grace)
            if not wait:
                return Rotated(old, new, files, until, notes)
            self._wait(old, until)
        self._delete(old, new)
        return Rotated(old, new, files, notes=notes)

    def _successor(self, owner: Owner, old: StoredKey) -> Credential | None:
        """Return the key that an earlier run made in the place of this one."""
        for key in self.ring.stored(owner.user_id):
            if key.project_id == owner.project_id and key.record.replaces == old.access:
                self.say(f"access key {key.access} was made in its place already")
                return Credential(owner, key.pair, key.record)
        return None

    def _made(self, owner: Owner, old: StoredKey, expires: datetime | None) -> Credential:
        now = self.clock.now()
        record = dataclasses.replace(
            old.record,
            issued=now,
            expires=expires or _as_long(old.record, now),
            checked=None,
            replaces=old.access,
            retires=None,
        )
        made = self.keys.create(owner, record)
        self.say(f"access key {made.pair.access} made")
        return made

    def _proven(self, old: StoredKey, new: Credential) -> str:
        access = new.pair.access
        try:
            region = self.prove(new)
        except BaseException as error:
            left = self._removed(new)
            if not isinstance(error, SetupToolError):
                raise
            raise SetupToolError(
                f"{error} So {old.access} stays: it works as before, and the files are as they "
                f"were. {left}"
            ) from None
        self.say(f"access key {access} works")
        with suppress(SetupToolError):
            checked = dataclasses.replace(new.record, checked=self.clock.now())
            if new.record != KeyRecord():
                self.ring.note(_stored(new), checked)
        return region

    def _removed(self, new: Credential) -> str:
        access = new.pair.access
        try:
            self.keys.delete(new)
        except SetupToolError as error:
            return f"The new one, {access}, could not be removed again: {error}"
        return f"The new one, {access}, was removed again."

    def _written(self, old: StoredKey, new: Credential, region: str) -> tuple[BundleFile, ...]:
        try:
            return self.write(new, region)
        except SetupToolError as error:
            raise SetupToolError(
                f"{error} Both keys work, {old.access} and {new.pair.access}; some of the files "
                "may have the new one already. Mend that and rotate again, which goes on from here."
            ) from None

    def _marked(self, old: StoredKey, grace: timedelta) -> tuple[datetime, tuple[str, ...]]:
        """Note when the old key is to go, so that another run can delete it; return when."""
        until = old.record.retires or self.clock.now() + grace
        if old.record.retires:
            return until, ()
        try:
            self.ring.note(old, dataclasses.replace(old.record, retires=until))
        except SetupToolError as error:
            return until, (f"That {old.access} goes could not be kept in Keystone: {error}",)
        return until, ()

    def _wait(self, old: StoredKey, until: datetime) -> None:
        while (left := (until - self.clock.now()).total_seconds()) > 0:
            self.say(f"{old.access} works until {spelled(until)}, {left:.0f} s more")
            self.clock.wait(min(left, _TOLD_EVERY))

    def _delete(self, old: StoredKey, new: Credential) -> None:
        try:
            self.ring.delete(old)
        except SetupToolError as error:
            raise SetupToolError(
                f"{error} Both keys work, and the files have the new one, {new.pair.access}. "
                f"Delete the old one: setup-tool credentials revoke {old.access}"
            ) from None


def to_rotate(
    stored: Iterable[StoredKey], owner: Owner, held: Collection[str] = frozenset()
) -> StoredKey:
    """Return which key of an owner a rotation is about.

    One whose place another took already comes first; else the only one, or the one of several
    that the files hold. Raises `DeclarationError` where there is none, or several.
    """
    lasting = [
        key
        for key in stored
        if key.project_id == owner.project_id and not key.delegated and not key.pair.is_passing
    ]
    replaced = {key.record.replaces for key in lasting}
    for candidates in (
        [key for key in lasting if key.access in replaced],
        lasting,
        [key for key in lasting if key.access in held],
    ):
        if len(candidates) == 1:
            return candidates[0]
    who = f"User {owner.user} has"
    if not lasting:
        raise DeclarationError(
            f"{who} no key for project {owner.project} that could be rotated. Issue one: "
            "setup-tool credentials issue"
        )
    several = ", ".join(key.access for key in lasting)
    raise DeclarationError(
        f"{who} several keys for project {owner.project}: {several}. Name the one to rotate."
    )


def parsed_grace(said: str | None) -> timedelta:
    """Return the time that ``90s``, ``10m``, ``2h`` or ``7d`` means; None: none.

    Raises `DeclarationError`.
    """
    if said is None:
        return timedelta()
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", said.strip())
    seconds = int(found[1]) * _UNITS[found[2]] if found else -1
    if not 0 <= seconds <= _LONGEST:
        raise DeclarationError(
            f"--grace '{said}' should be a time of at most a year, as 90s, 10m, 2h or 7d."
        )
    return timedelta(seconds=seconds)


def _as_long(record: KeyRecord, now: datetime) -> datetime | None:
    """Return when a new key expires that is to last as long as the old one was to."""
    if record.expires is None or record.issued is None:
        return record.expires if record.expires and record.expires > now else None
    return now + (record.expires - record.issued)


def _stored(new: Credential) -> StoredKey:
    owner = new.owner
    return StoredKey(owner.user_id, owner.project_id, new.pair, new.record)
