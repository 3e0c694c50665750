"""Issue an EC2 credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from setup_tool.core.credential import Credential, Owner
    from setup_tool.ports import Keys


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential, whether it was made just now, and what its owner should know."""

    credential: Credential
    created: bool
    note: str | None = None


def issue(keys: Keys, owner: Owner, *, new: bool, held: AbstractSet[str] = frozenset()) -> Issued:
    """Return a credential of the owner: one that is there already, unless ``new``.

    Of several that are there, one of the access keys ``held`` by the files that are to
    be written is taken, so that these stay as they are; else the one whose access key
    sorts first, so that the same is taken every time. Those that a run made for itself
    do not count: they will soon be gone. Raises `SetupToolError`.
    """
    found = [] if new else [each for each in keys.find(owner) if not each.pair.is_passing]
    if not found:
        return Issued(keys.create(owner), created=True)
    chosen = next((each for each in found if each.pair.access in held), found[0])
    note = None
    if len(found) > 1:
        others = ", ".join(each.pair.access for each in found if each is not chosen)
        note = (
            f"User {owner.user} has {len(found)} EC2 credentials for project {owner.project}; "
            f"{chosen.pair.access} is used. The others: {others}."
        )
    return Issued(chosen, created=False, note=note)
