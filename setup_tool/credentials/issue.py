"""Issue an EC2 credential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.credential import Credential, Owner
    from setup_tool.ports import Keys


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential, whether it was made just now, and what its owner should know."""

    credential: Credential
    created: bool
    note: str | None = None


def issue(keys: Keys, owner: Owner, *, new: bool) -> Issued:
    """Return a credential of the owner: one that is there already, unless ``new``.

    Of several that are there, the one whose access key sorts first is taken, so that
    the same is taken every time. Raises `SetupToolError`.
    """
    found = () if new else keys.find(owner)
    if not found:
        return Issued(keys.create(owner), created=True)
    note = None
    if len(found) > 1:
        others = ", ".join(credential.pair.access for credential in found[1:])
        note = (
            f"User {owner.user} has {len(found)} EC2 credentials for project {owner.project}; "
            f"{found[0].pair.access} is used. The others: {others}."
        )
    return Issued(found[0], created=False, note=note)
