"""All EC2 credentials that a login may see in Keystone: fulfils `setup_tool.ports.KeyRing`."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.key_blobs import (
    credential_id,
    is_delegated,
    pair_of,
    record_of,
    with_record,
)
from setup_tool.adapters.keystone import ForbiddenError, Keystone, MissingError
from setup_tool.adapters.keystone_listing import CutShortError, listed
from setup_tool.adapters.keystone_names import Names
from setup_tool.adapters.keystone_version import Version
from setup_tool.core.account import Account
from setup_tool.core.credential import KeyPair
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.identity import DomainRef
from setup_tool.core.secret import Secret
from setup_tool.core.stored_key import Directory, Domain, StoredKey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.key_record import KeyRecord

FEW = 20
"""So many users, projects or pairs are asked for one by one, for more there is a listing."""

_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}").fullmatch


class KeystoneKeyRing:
    """The credentials of type ec2: of everybody as an administrator, else one's own.

    For one thread.
    """

    def __init__(self, login: CloudLogin) -> None:
        self._keystone = Keystone(login)
        self._names = Names(self._keystone)

    def ourselves(self) -> str:
        """Return the id of our own user."""
        return self._keystone.access().user.id

    def user_ids(self, user: str, domain: str | None) -> frozenset[str]:
        """Return the ids of those a name may mean; see `setup_tool.ports.KeyRing`."""
        own = self._keystone.access()
        if user in {own.user.name, own.user.id} and domain in {None, *own.user_domain}:
            return frozenset({own.user.id})
        domain_id = self._domain_id(domain) if domain else None
        try:
            found = self._names.everywhere("users", user, domain_id)
        except ForbiddenError as error:
            raise SetupToolError(f"{error} Without it, only one's own keys can be seen.") from None
        # Nobody of that name: perhaps an id, which may be of a user that is gone.
        ids = {one.id for one in found} or ({user} if _ID(user) else set())
        return frozenset(ids)

    def stored(self, user_id: str | None) -> tuple[StoredKey, ...]:
        """Return the credentials of a user or of all; see `setup_tool.ports.KeyRing`."""
        access = self._keystone.access()
        if access.version is Version.V2:
            return self._of_user(user_id)
        if access.is_delegated:
            # From /v3/credentials Keystone 30.0.0 leaves out what such a token may not read, and
            # says nothing; asked so, it refuses.
            return self._of_user(user_id or self.ourselves())
        whose = f"of user {user_id}" if user_id else "of everybody"
        filters = {"user_id": user_id} if user_id else {}
        try:
            records = self._keystone.call(
                f"list EC2 credentials {whose}",
                lambda client: client.credentials.list(type="ec2", **filters),
            )
        except ForbiddenError:
            # Up to Rocky /v3/credentials was for administrators alone (its credential policies).
            return self._of_user(user_id)
        if not records and user_id not in {None, self.ourselves()}:
            # Of what we may not read such a listing is empty; asked so, Keystone refuses.
            with suppress(MissingError):
                return self._of_user(user_id)
        return tuple(sorted(filter(None, map(_stored, records)), key=lambda key: key.access))

    def note(self, key: StoredKey, record: KeyRecord) -> None:
        """Put a record in the place of a credential's; see `setup_tool.ports.KeyRing`."""
        if self._keystone.access().version is Version.V2:
            raise SetupToolError(
                f"Identity v2.0 keeps no record with access key {key.access}. Log in with v3."
            )
        known_id = credential_id(key.access)
        there = self._keystone.call(
            f"read access key {key.access}", lambda client: client.credentials.get(known_id)
        )
        blob = with_record(Secret(there.blob), record)
        # The client leaves out what is None, and Keystone's fixes of 2026 take the blob alone.
        self._keystone.call(
            f"write the record of access key {key.access}",
            lambda client: client.credentials.update(known_id, None, blob=blob.reveal()),
            secret=True,
        )

    def delete(self, key: StoredKey) -> None:
        """Remove a credential; gone already is no error.

        The path through the user answers 404 where the user is gone and the key is not
        (Keystone 30.0.0), so it is for where there is no other: in v2.0, and up to Rocky for
        all but administrators.
        """
        doing = f"delete access key {key.access}"
        try:
            if self._keystone.access().version is Version.V3:
                with suppress(ForbiddenError):
                    known_id = credential_id(key.access)
                    self._keystone.call(doing, lambda client: client.credentials.delete(known_id))
                    return
            self._keystone.call(doing, lambda client: client.ec2.delete(key.user_id, key.access))
        except MissingError:
            return

    def directory(self, keys: Collection[StoredKey]) -> Directory:
        """Return what the ids of these keys mean; see `setup_tool.ports.KeyRing`."""
        users = {key.user_id for key in keys}
        projects = {key.project_id for key in keys}
        try:
            return Directory(
                users=self._accounts("users", users),
                projects=self._accounts("projects", projects),
                domains=self._domains(),
                members=self._members({(key.user_id, key.project_id) for key in keys}),
                whole=True,
            )
        except ForbiddenError:
            if users - {self.ourselves()}:
                raise
            return self._own_directory()

    def _of_user(self, user_id: str | None) -> tuple[StoredKey, ...]:
        if user_id is None:
            raise DeclarationError(
                "The keys of everybody can be listed only by an administrator, through "
                "Keystone's v3 API. Name a user, or log in so."
            )
        records = self._keystone.call(
            f"list EC2 credentials of user {user_id}", lambda client: client.ec2.list(user_id)
        )
        found = (
            StoredKey(
                user_id,
                record.tenant_id,
                KeyPair(record.access, Secret(record.secret)),
                delegated=bool(getattr(record, "trust_id", None)),
            )
            for record in records
        )
        return tuple(sorted(found, key=lambda key: key.access))

    def _domain_id(self, domain: str) -> str:
        return self._names.domain_id(DomainRef(name=domain)) or domain

    def _accounts(self, collection: str, ids: Collection[str]) -> Mapping[str, Account]:
        """Return those that there are; what a listing lacks is asked for by itself.

        A listing has one domain's only where each domain has a back end of its own.
        """
        known: dict[str, Account] = {}
        if len(ids) > FEW and self._keystone.access().version is Version.V3:
            with suppress(CutShortError):
                found = listed(
                    self._keystone,
                    f"list {collection}",
                    collection,
                    {},
                    lambda record: _account(record) if record["id"] in ids else None,
                )
                known = {account.id: account for account in found}
        for each in ids - known.keys():
            alone = self._names.by_id(collection, each) if _ID(each) else None
            if alone:
                known[each] = Account(alone.id, alone.name, alone.domain_id, alone.enabled)
        return known

    def _domains(self) -> Mapping[str, Domain]:
        if self._keystone.access().version is Version.V2:
            return {}
        records = self._keystone.call("list domains", lambda client: client.domains.list())
        return {record.id: Domain(record.name, bool(record.enabled)) for record in records}

    def _members(self, pairs: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        if len(pairs) <= FEW or self._keystone.access().version is Version.V2:
            return frozenset(pair for pair in pairs if self._is_member(*pair))
        found = listed(
            self._keystone, "list role assignments", "role_assignments", {"effective": ""}, _pair
        )
        return frozenset(found)

    def _is_member(self, user_id: str, project_id: str) -> bool:
        try:
            found = self._keystone.call(
                "list role assignments",
                lambda client: client.role_assignments.list(
                    user=user_id, project=project_id, effective=True
                ),
            )
        except MissingError:
            return False
        return bool(found)

    def _own_directory(self) -> Directory:
        access = self._keystone.access()
        mine = self._keystone.call(
            "list the projects of our own user", lambda client: client.auth.projects()
        )
        user = access.user
        known = (access.user_domain, access.project_domain)
        return Directory(
            users={user.id: Account(user.id, user.name, user.domain_id, enabled=True)},
            projects={
                one.id: Account(one.id, one.name, getattr(one, "domain_id", None), enabled=True)
                for one in mine
            },
            domains={
                known_id: Domain(name, enabled=True)
                for known_id, name in known
                if known_id and name
            },
            members=frozenset((user.id, one.id) for one in mine),
            whole=False,
        )


def _stored(record: Any) -> StoredKey | None:
    """Return a credential, None for one whose blob holds no pair of keys."""
    blob = Secret(record.blob if isinstance(record.blob, str) else "")
    pair = pair_of(blob)
    if pair is None:
        return None
    return StoredKey(
        record.user_id, record.project_id or "", pair, record_of(blob), is_delegated(blob)
    )


def _account(record: dict[str, Any]) -> Account:
    return Account(
        record["id"], record["name"], record.get("domain_id"), bool(record.get("enabled", True))
    )


def _pair(record: dict[str, Any]) -> tuple[str, str] | None:
    """Return the ids of a user and a project that a role assignment ties."""
    user = record.get("user", {}).get("id")
    project = record.get("scope", {}).get("project", {}).get("id")
    return (user, project) if user and project else None
