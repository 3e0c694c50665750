"""Names of the directories of many bundles: one for each user and project."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from setup_tool.core.credential import Owner
    from setup_tool.core.identity import DomainRef

LONGEST = 200
"""Bytes of a name: file systems take 255, and programs put temporary names beside it."""

_ODD = re.compile(r"[^\w.@+-]")


def folder_names(owners: Sequence[Owner]) -> tuple[str, ...]:
    """Return a name for each owner, USER-PROJECT as far as that can be.

    Letters that are no letter, digit or one of ``._@+-`` become ``_``, and such a name, or one
    that is too long, gets a digest at its end. Names that would be the same, or would on a file
    system without regard to case, get the domains, and if that does not tell them apart a
    digest of the ids.
    """
    names = [_name(owner.user, owner.project) for owner in owners]
    _tell_apart(names, owners, lambda owner: _name(*_with_domains(owner)))
    _tell_apart(
        names,
        owners,
        lambda owner: _name(owner.user, owner.project, (owner.user_id, owner.project_id)),
    )
    return tuple(names)


def _tell_apart(
    names: list[str], owners: Sequence[Owner], otherwise: Callable[[Owner], str]
) -> None:
    """Put another name in the place of each that is not the only one."""
    counted: dict[str, int] = {}
    for name in names:
        counted[_folded(name)] = counted.get(_folded(name), 0) + 1
    for at, name in enumerate(names):
        if counted[_folded(name)] > 1:
            names[at] = otherwise(owners[at])


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _with_domains(owner: Owner) -> tuple[str, str]:
    def at(name: str, domain: DomainRef | None) -> str:
        return f"{name}@{domain.name or domain.id}" if domain else name

    return at(owner.user, owner.user_domain), at(owner.project, owner.project_domain)


def _name(user: str, project: str, apart: tuple[str, str] | None = None) -> str:
    plain = f"{user}-{project}"
    name = _ODD.sub("_", plain)
    if name.startswith((".", "-")):  # hidden, or taken for an option
        name = f"_{name[1:]}"
    if name == plain and len(name.encode()) <= LONGEST and apart is None:
        return name
    digest = hashlib.sha256("\0".join(apart or (user, project)).encode()).hexdigest()[:8]
    room = LONGEST - len(digest) - 1
    return f"{name.encode()[:room].decode(errors='ignore')}-{digest}"
