"""EC2 credentials in Keystone: fulfils `setup_tool.ports.Keys`."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.key_blobs import credential_id, encoded, pair_of
from setup_tool.adapters.key_ring import KeystoneKeyRing
from setup_tool.adapters.keystone import ConflictError, ForbiddenError, Keystone
from setup_tool.adapters.keystone_access import Found
from setup_tool.adapters.keystone_finding import (
    Finder,
    ambiguous,
    in_domain,
    owner_of,
)
from setup_tool.adapters.keystone_version import Version
from setup_tool.core.account import without_role
from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import Secret
from setup_tool.core.stored_key import StoredKey

if TYPE_CHECKING:
    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.adapters.keystone_access import Access
    from setup_tool.core.key_record import KeyRecord


class KeystoneKeys:
    """The OS-EC2 API of Keystone: for oneself with any role, for others as an administrator.

    For one thread.
    """

    def __init__(self, login: CloudLogin) -> None:
        self._keystone = Keystone(login)
        self._ring = KeystoneKeyRing(login)
        self._finder = Finder(self._keystone)

    def owner(self, user: str | None, project: str | None, domain: str | None) -> Owner:
        """Find a (user, project); see `setup_tool.ports.Keys`.

        ``domain``, by name or id, is that of both. Our own come from our token and cost
        no listing, which only administrators may do.
        """
        access = self._keystone.access()
        own_user = _own_user(access, user, domain)
        own_project = _own_project(access, project, domain)
        if own_user:
            return owner_of(
                access, own_user, own_project or self._one_of_mine(project or "", domain)
            )
        found_user = self._finder.one("users", user or "", domain)
        found_project = own_project or self._finder.one("projects", project or "", domain)
        self._check_membership(found_user, found_project)
        return owner_of(access, found_user, found_project)

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        """Return the credentials of a (user, project), by access key.

        Those that stand for a trust are left out: they are an orchestration's, not a
        person's.
        """
        found = (
            Credential(owner, key.pair, key.record)
            for key in self._ring.stored(owner.user_id)
            if key.project_id == owner.project_id and not key.delegated
        )
        return tuple(found)

    def create(self, owner: Owner, record: KeyRecord | None = None) -> Credential:
        """Make a new credential; see `setup_tool.ports.Keys`.

        The record goes into the blob, which only ``/v3/credentials`` takes. Before Keystone 15
        (Stein) its policy lets administrators alone do that; then, as in v2.0, the key is made
        without.
        """
        if record is not None and self._keystone.access().version is Version.V3:
            with suppress(ForbiddenError):
                return self._create_recorded(owner, record)
        made = self._keystone.call(
            f"create an EC2 credential of user {owner.user} for project {owner.project}",
            lambda client: client.ec2.create(owner.user_id, owner.project_id),
        )
        return _credential(owner, made)

    def _create_recorded(self, owner: Owner, record: KeyRecord) -> Credential:
        pair = KeyPair(secrets.token_hex(16), Secret(secrets.token_hex(16)))
        blob = encoded(pair, record)
        self._keystone.call(
            f"create an EC2 credential of user {owner.user} for project {owner.project}",
            lambda client: client.credentials.create(
                owner.user_id, "ec2", blob.reveal(), project=owner.project_id
            ),
            secret=True,
        )
        return Credential(owner, pair, record)

    def create_chosen(self, owner: Owner, pair: KeyPair) -> Credential:
        """Make a credential with this access and secret; v2.0 chooses both itself.

        One that is there already with the same owner and secret is no error. Raises
        `SetupToolError` when the access key is another's or has another secret.
        """
        if self._keystone.access().version is Version.V2:
            return self.create(owner)
        blob = encoded(pair)
        try:
            self._keystone.call(
                f"create access key {pair.access} of user {owner.user}",
                lambda client: client.credentials.create(
                    owner.user_id, "ec2", blob.reveal(), project=owner.project_id
                ),
                secret=True,
            )
        except ConflictError:
            self._check_same(owner, pair)
        return Credential(owner, pair)

    def delete(self, credential: Credential) -> None:
        """Remove a credential; see `setup_tool.ports.Keys`."""
        owner = credential.owner
        self._ring.delete(StoredKey(owner.user_id, owner.project_id, credential.pair))

    def _check_same(self, owner: Owner, pair: KeyPair) -> None:
        record = self._keystone.call(
            f"read access key {pair.access}",
            lambda client: client.credentials.get(credential_id(pair.access)),
        )
        there = pair_of(Secret(record.blob))
        if (record.user_id, record.project_id) != (owner.user_id, owner.project_id):
            raise SetupToolError(f"Access key {pair.access} belongs to another user or project.")
        if there is None or there.secret != pair.secret:
            raise SetupToolError(f"Access key {pair.access} exists with another secret.")

    def _one_of_mine(self, project: str, domain: str | None) -> Found:
        """Return a project that our own user has a role on; anyone may ask for those."""
        domain_id = self._domain_of_mine(domain)
        mine = self._keystone.call(
            "list the projects of our own user", lambda client: client.auth.projects()
        )
        found = [
            Found(one.id, one.name, one.domain_id, enabled=True)
            for one in mine
            if project in (one.name, one.id) and domain_id in (None, one.domain_id)
        ]
        if len(found) > 1:
            raise DeclarationError(ambiguous("projects", project))
        if not found:
            user = self._keystone.access().user.name
            raise DeclarationError(
                f"User '{user}' has no role on a project '{project}'{in_domain(domain)}: it does "
                "not exist, is disabled, or the role has still to be granted."
            )
        return found[0]

    def _domain_of_mine(self, domain: str | None) -> str | None:
        access = self._keystone.access()
        known = {name: known_id for known_id, name in (access.user_domain, access.project_domain)}
        if domain is None or domain in known.values():
            return domain
        return known[domain] if domain in known else self._finder.domain_id(domain)

    def _check_membership(self, user: Found, project: Found) -> None:
        assignments = self._keystone.call(
            "list role assignments",
            lambda client: client.role_assignments.list(
                user=user.id, project=project.id, effective=True
            ),
        )
        if not assignments:
            raise without_role(user.name, project.name)


def _own_user(access: Access, user: str | None, domain: str | None) -> Found | None:
    mine = access.user
    if user is None or (user in (mine.name, mine.id) and domain in (None, *access.user_domain)):
        return mine
    return None


def _own_project(access: Access, project: str | None, domain: str | None) -> Found | None:
    mine = access.project
    named = project in (mine.name, mine.id) and domain in (None, *access.project_domain)
    return mine if project is None or named else None


def _credential(owner: Owner, record: Any) -> Credential:
    return Credential(owner, KeyPair(record.access, Secret(record.secret)))
