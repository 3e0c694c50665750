"""EC2 credentials as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.key_record import KeyRecord

if TYPE_CHECKING:
    from setup_tool.core.identity import DomainRef
    from setup_tool.core.secret import Secret

PASSING = "setup-tool-canary-"
"""How the access keys begin that a run makes for itself and removes in the end.

Behind it stand the seconds since the epoch at which it was made, ``-``, and random digits.
"""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The access key and the secret that sign a request."""

    access: str
    secret: Secret

    @property
    def is_passing(self) -> bool:
        """Whether a run made it for itself, to be removed in the end."""
        return self.access.startswith(PASSING)

    def is_left_over(self, now: float, lifetime: float) -> bool:
        """Whether the run that made it for itself must have died: its lifetime is over.

        Both in seconds, ``now`` since the epoch.
        """
        made = self.access.removeprefix(PASSING).partition("-")[0]
        return self.is_passing and (not made.isdigit() or int(made) + lifetime < now)


@dataclass(frozen=True, slots=True)
class Owner:
    """A user and a project, by id and by the names people know.

    The domains are by name where our own token names them, else by id; None in Identity
    v2.0, which has none. They do not tell two owners apart: the ids do.
    """

    user_id: str
    user: str
    project_id: str
    project: str
    user_domain: DomainRef | None = field(default=None, compare=False)
    project_domain: DomainRef | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """An EC2 access/secret pair of a (user, project) in Keystone.

    ``record`` is what was asked to be kept with it; empty where that was not looked up or
    Keystone did not take it. It does not tell two credentials apart.
    """

    owner: Owner
    pair: KeyPair
    record: KeyRecord = field(default=KeyRecord(), compare=False)


@dataclass(frozen=True, slots=True)
class CloudUrls:
    """Where the cloud's services are for a user: what client files point to.

    ``s3`` is the gateway's root, never ``/v1/AUTH_...``. ``region`` is the one the
    gateway signs for, ``catalogue_region`` the one Keystone's catalogue names.
    ``auth`` is Keystone's versioned URL. ``ca_bundle`` is the path of a file of
    certificates, ``ca_certificates`` what is in it: with that, client files point to a
    copy of their own.
    """

    auth: str
    catalogue_region: str
    region: str
    s3: str | None = None
    ec2: str | None = None
    ca_bundle: str | None = None
    ca_certificates: str | None = None
