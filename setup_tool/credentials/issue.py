"""Issue an EC2 credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from setup_tool.core.credential import Credential, Owner
    from setup_tool.core.key_record import KeyRecord
    from setup_tool.ports import Keys


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential, whether it was made just now, and what its owner should know."""

    credential: Credential
    created: bool
    note: str | None = None


def issue(
    keys: Keys,
    owner: Owner,
    *,
    new: bool,
    held: AbstractSet[str] = frozenset(),
    record: KeyRecord | None = None,
) -> Issued:
    """Return a credential of the owner: one that is there already, unless ``new``.

    Of several that are there, `choose` takes one. A new one gets the record, as far as
    Keystone takes it. Raises `SetupToolError`.
    """
    chosen, note = (None, None) if new else choose(owner, keys.find(owner), held=held)
    if chosen:
        return Issued(chosen, created=False, note=note)
    return Issued(keys.create(owner, record), created=True)


def choose(
    owner: Owner,
    there: Iterable[Credential],
    *,
    held: AbstractSet[str] = frozenset(),
    label: str | None = None,
) -> tuple[Credential | None, str | None]:
    """Return which of an owner's credentials is used again, and a note where others are left.

    It is one of the access keys ``held`` by the files that are to be written, so that these
    stay as they are; else one with the label; else the one whose access key sorts first, so
    that the same is taken every time. Those that a run made for itself, and those that
    another took the place of, do not count: they will soon be gone.
    """
    lasting = [each for each in there if not each.pair.is_passing and not each.record.retires]
    if not lasting:
        return None, None
    chosen = min(
        lasting,
        key=lambda each: (each.pair.access not in held, each.record.label != label),
    )
    if len(lasting) == 1:
        return chosen, None
    others = ", ".join(each.pair.access for each in lasting if each is not chosen)
    return chosen, (
        f"User {owner.user} has {len(lasting)} EC2 credentials for project {owner.project}; "
        f"{chosen.pair.access} is used. The others: {others}."
    )
