"""The EC2 credentials of many users at a time: fulfils `setup_tool.ports.ManyKeys`."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.accounts import FEW
from setup_tool.adapters.key_blobs import (
    credential_id,
    encoded,
    is_delegated,
    pair_of,
    record_of,
)
from setup_tool.adapters.keystone import ConflictError, MissingError
from setup_tool.adapters.keystone_listing import CutShortError, listed
from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.errors import OverloadedError, SetupToolError, UnreachableError
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection

    from setup_tool.adapters.patient_keystone import PatientKeystone
    from setup_tool.core.key_record import KeyRecord

Pair = tuple[str, str]
"""A user's and a project's id."""


class KeystoneManyKeys:
    """The keys of many users, as an administrator, in v3; for several threads.

    The access key of a new one follows from its owner, its label and a seed, so making it
    twice is refused by Keystone, whose id of a credential is the digest of its access key:
    an answer that was lost, or a run that was killed after it had asked, leaves no second key
    as long as the seed is the same.
    """

    def __init__(self, keystone: PatientKeystone, seed: Secret) -> None:
        self._keystone = keystone
        self._seed = seed
        self._known: dict[Pair, list[tuple[KeyPair, KeyRecord]]] | None = None

    def look_up(self, owners: Collection[Owner]) -> None:
        """Read what there is of many owners at once; see `setup_tool.ports.ManyKeys`."""
        if self._is_delegated() and owners:
            self._check_allowed(next(iter(owners)))
            return
        if len({owner.user_id for owner in owners}) <= FEW:
            return
        wanted = {(owner.user_id, owner.project_id) for owner in owners}
        known: dict[Pair, list[tuple[KeyPair, KeyRecord]]] = {}

        def keep(record: dict[str, Any]) -> None:
            owner, found = _read(record)
            if found is not None and owner in wanted:
                known.setdefault(owner, []).append(found)

        # Keystone checks each key of a listing by itself, 1 ms each or more: where that takes
        # longer than an answer may, asking again would take as long again.
        try:
            listed(
                self._keystone.once, "list EC2 credentials", "credentials", {"type": "ec2"}, keep
            )
        except (CutShortError, UnreachableError, OverloadedError):
            return  # each user is asked for
        self._known = known

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        """Return the credentials of a (user, project); see `setup_tool.ports.ManyKeys`."""
        wanted = (owner.user_id, owner.project_id)
        if self._known is not None:
            found = self._known.get(wanted, [])
        else:
            found = self._of_user(owner, wanted)
        credentials = (Credential(owner, pair, record) for pair, record in found)
        return tuple(sorted(credentials, key=lambda credential: credential.pair.access))

    def create(self, owner: Owner, record: KeyRecord) -> Credential:
        """Make a credential, or return the one made before; see `setup_tool.ports.ManyKeys`."""
        access = self._access(owner, record.label)
        pair = KeyPair(access, Secret(secrets.token_hex(16)))
        blob = encoded(pair, record)
        try:
            self._keystone.call(
                f"create an EC2 credential of user {owner.user} for project {owner.project}",
                lambda client: client.credentials.create(
                    owner.user_id, "ec2", blob.reveal(), project=owner.project_id
                ),
                secret=True,
            )
        except ConflictError:
            return self._made_before(owner, access)
        return Credential(owner, pair, record)

    def owner_of(self, access: str) -> Pair | None:
        """Return whose an access key is; see `setup_tool.ports.ManyKeys`."""
        try:
            record: Any = self._keystone.call(
                f"read access key {access}",
                lambda client: client.credentials.get(credential_id(access)),
            )
        except MissingError:
            return None
        return record.user_id, record.project_id

    def delete(self, credential: Credential) -> None:
        """Remove a credential; gone already is no error."""
        access = credential.pair.access
        try:
            self._keystone.call(
                f"delete access key {access}",
                lambda client: client.credentials.delete(credential_id(access)),
            )
        except MissingError:
            return

    def _is_delegated(self) -> bool:
        """Tell whether Keystone leaves out of a listing what such a token may not read.

        It says nothing then (30.0.0, ``api/credentials.py``); asked for one user it refuses.
        """
        return self._keystone.access().is_delegated

    def _check_allowed(self, owner: Owner) -> None:
        """Raise `SetupToolError` where our login may not see the keys of others."""
        self._keystone.call(
            f"list EC2 credentials of user {owner.user}",
            lambda client: client.ec2.list(owner.user_id),
        )

    def _of_user(self, owner: Owner, wanted: Pair) -> list[tuple[KeyPair, KeyRecord]]:
        doing = f"list EC2 credentials of user {owner.user}"
        found = []
        for belongs, each in listed(
            self._keystone, doing, "credentials", {"type": "ec2", "user_id": owner.user_id}, _read
        ):
            if each is not None and belongs == wanted:
                found.append(each)
        return found

    def _made_before(self, owner: Owner, access: str) -> Credential:
        record: Any = self._keystone.call(
            f"read access key {access}",
            lambda client: client.credentials.get(credential_id(access)),
        )
        belongs, found = _read(record.to_dict())
        if found is None or belongs != (owner.user_id, owner.project_id):
            raise SetupToolError(
                f"Access key {access}, meant for user {owner.user} in project {owner.project}, "
                "exists and is another's. Issue it alone, with --user and --project."
            )
        return Credential(owner, *found)

    def _access(self, owner: Owner, label: str | None) -> str:
        """Return the access key of a new credential, in the form that Keystone's own have."""
        what = json.dumps([owner.user_id, owner.project_id, label]).encode()
        seed = self._seed.reveal().encode()
        return hmac.new(seed, what, hashlib.sha256).hexdigest()[:32]


def _read(record: dict[str, Any]) -> tuple[Pair, tuple[KeyPair, KeyRecord] | None]:
    """Return whose a credential is and what it is, None where it is not a person's key."""
    blob = Secret(str(record.get("blob") or ""))
    pair = pair_of(blob)
    belongs = (str(record.get("user_id")), str(record.get("project_id")))
    if pair is None or pair.is_passing or is_delegated(blob):
        return belongs, None
    return belongs, (pair, record_of(blob))
