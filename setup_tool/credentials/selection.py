"""Which of the keys in Keystone are meant, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.key_status import KeyState, Problem, states

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from setup_tool.core.stored_key import Directory, StoredKey
    from setup_tool.ports import KeyRing


@dataclass(frozen=True, slots=True)
class Selection:
    """Keys by what they are of; what is None or empty does not narrow it down.

    ``user``, ``project`` and ``domain`` are names or ids. With nothing said it is our own
    user's keys, with ``everybody`` those of all.
    """

    user: str | None = None
    project: str | None = None
    domain: str | None = None
    label: str | None = None
    accesses: tuple[str, ...] = ()
    everybody: bool = False
    due: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was said at all."""
        named = (self.user, self.project, self.domain, self.label, self.accesses)
        return bool(any(named) or self.due)


def select(
    ring: KeyRing, wanted: Selection, now: datetime, *, oldest: timedelta | None = None
) -> tuple[KeyState, ...]:
    """Return the keys that are meant, with their state at a time.

    What stands for a delegation, and what a run needs for itself at the moment, is meant only by
    its access key. Raises `DeclarationError` for an access key that is not there, and
    `SetupToolError` where our login may not see what was asked for.
    """
    keys = _stored(ring, wanted)
    directory = ring.directory(keys)
    if wanted.everybody and not directory.whole:
        raise DeclarationError(
            "Only an administrator sees the keys of everybody; this login sees its own. Log in as "
            "one (--os-cloud, OS_CLOUD), or ask for one's own: `setup-tool credentials list`, "
            "or `setup-tool credentials audit --user NAME`."
        )
    found = [
        state
        for state in states(keys, directory, now, oldest=oldest)
        if _is_meant(state, wanted, directory)
    ]
    _check_there(wanted.accesses, found)
    return tuple(found)


def is_due(state: KeyState) -> bool:
    """Tell whether a key should be gone: it is expired, or its grace after a rotation is over."""
    return not {Problem.EXPIRED, Problem.RETIRED}.isdisjoint(state.problems)


def _stored(ring: KeyRing, wanted: Selection) -> tuple[StoredKey, ...]:
    if wanted.user is not None:
        ids = ring.user_ids(wanted.user, wanted.domain)
        return tuple(key for each in sorted(ids) for key in ring.stored(each))
    if not wanted.is_narrowed and not wanted.everybody:
        return ring.stored(ring.ourselves())
    try:
        return ring.stored(None)
    except DeclarationError:
        if wanted.everybody:
            raise
        return ring.stored(ring.ourselves())


def _is_meant(state: KeyState, wanted: Selection, directory: Directory) -> bool:
    key = state.key
    if wanted.accesses:
        return key.access in wanted.accesses
    if key.delegated or (key.pair.is_passing and Problem.LEFT_OVER not in state.problems):
        return False
    project = directory.projects.get(key.project_id)
    user = directory.users.get(key.user_id)
    if wanted.project is not None and wanted.project not in {state.project, key.project_id}:
        return False
    if wanted.domain is not None:
        of_whom = (project,) if wanted.project else () if wanted.user else (user, project)
        domains = {one.domain_id for one in of_whom if one}
        if of_whom and not domains & _domain_ids(wanted.domain, directory):
            return False
    if wanted.label is not None and key.record.label != wanted.label:
        return False
    return not wanted.due or is_due(state)


def _domain_ids(word: str, directory: Directory) -> frozenset[str]:
    known = directory.domains.items()
    return frozenset({word} | {each for each, domain in known if domain.name == word})


def _check_there(accesses: Iterable[str], found: Iterable[KeyState]) -> None:
    there = {state.key.access for state in found}
    missing = [access for access in accesses if access not in there]
    if missing:
        raise DeclarationError(
            f"Keystone has no access key {', '.join(missing)} that this login may see. Check the "
            "spelling: `setup-tool credentials list` shows one's own, with --all everybody's."
        )
