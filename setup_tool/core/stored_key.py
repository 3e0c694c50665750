"""EC2 credentials as Keystone keeps them, whoever's they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.key_record import KeyRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.account import Account
    from setup_tool.core.credential import KeyPair


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A credential of type ec2, by the ids of its user and project.

    ``delegated``: it stands for a trust, an application credential or an OAuth token and is
    of the service that made it, not a person's to keep.
    """

    user_id: str
    project_id: str
    pair: KeyPair
    record: KeyRecord = field(default=KeyRecord())
    delegated: bool = False

    @property
    def access(self) -> str:
        """The access key, which is public."""
        return self.pair.access


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of Keystone's."""

    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """Who and what the ids of some keys mean; an id that is not here is of nothing any more.

    ``members`` are the pairs of user and project for which the user has a role. ``whole`` is
    False where our login may see only itself: a project that is not here then is one on which we
    have no role, or that is disabled or gone.
    """

    users: Mapping[str, Account]
    projects: Mapping[str, Account]
    domains: Mapping[str, Domain]
    members: frozenset[tuple[str, str]]
    whole: bool
