"""The blob of an EC2 credential in Keystone: JSON with the pair of keys and what else is kept."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from setup_tool.core.credential import KeyPair
from setup_tool.core.key_record import NAME, KeyRecord
from setup_tool.core.secret import Secret

_DELEGATIONS = ("trust_id", "app_cred_id", "access_token_id")
"""Members by which a key stands for a delegation (Keystone 30.0.0, ``api/credentials.py``)."""


def credential_id(access: str) -> str:
    """Return Keystone's id of an EC2 credential: the digest of its access key."""
    return hashlib.sha256(access.encode()).hexdigest()


def encoded(pair: KeyPair, record: KeyRecord | None = None) -> Secret:
    """Return the blob of a new credential."""
    more = {NAME: record.kept()} if record is not None and record != KeyRecord() else {}
    return pair.secret.map(
        lambda secret: json.dumps({"access": pair.access, "secret": secret, **more}, sort_keys=True)
    )


def with_record(blob: Secret, record: KeyRecord) -> Secret:
    """Return a blob with that record, and everything else in it as it was."""

    def changed(plain: str) -> str:
        members = _members(plain)
        return json.dumps({**members, NAME: record.kept(members.get(NAME))}, sort_keys=True)

    return blob.map(changed)


def pair_of(blob: Secret) -> KeyPair | None:
    """Return the pair of keys in a blob, None where there is none."""
    members = _members(blob.reveal())
    access, secret = members.get("access"), members.get("secret")
    if not isinstance(access, str) or not isinstance(secret, str) or not access:
        return None
    return KeyPair(access, Secret(secret))


def record_of(blob: Secret) -> KeyRecord:
    """Return the record in a blob, an empty one where there is none."""
    return KeyRecord.read(_members(blob.reveal()).get(NAME))


def is_delegated(blob: Secret) -> bool:
    """Tell whether the key stands for a trust, an application credential or an OAuth token."""
    members = _members(blob.reveal())
    return any(members.get(name) for name in _DELEGATIONS)


def _members(plain: str) -> dict[str, Any]:
    try:
        found = json.loads(plain)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
