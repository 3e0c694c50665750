"""EC2 credentials as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.secret import Secret

PASSING = "setup-tool-canary-"
"""How the access keys begin that a run makes for itself and removes in the end."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The access key and the secret that sign a request."""

    access: str
    secret: Secret

    @property
    def is_passing(self) -> bool:
        """Whether a run made it for itself: it is removed at the latest by the next one."""
        return self.access.startswith(PASSING)


@dataclass(frozen=True, slots=True)
class Owner:
    """A user and a project, by id and by the names people know."""

    user_id: str
    user: str
    project_id: str
    project: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An EC2 access/secret pair of a (user, project) in Keystone."""

    owner: Owner
    pair: KeyPair


@dataclass(frozen=True, slots=True)
class CloudUrls:
    """Where the cloud's services are for a user: what client files point to.

    ``s3`` is the gateway's root, never ``/v1/AUTH_...``. ``region`` is the one the
    gateway signs for, ``catalogue_region`` the one Keystone's catalogue names.
    ``auth`` is Keystone's versioned URL.
    """

    auth: str
    catalogue_region: str
    region: str
    s3: str | None = None
    ec2: str | None = None
    ca_bundle: str | None = None
