"""All EC2 credentials of a real Keystone, what their ids mean, and the record kept with them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters import key_ring
from setup_tool.adapters.key_blobs import credential_id
from setup_tool.adapters.key_ring import KeystoneKeyRing
from setup_tool.core.credential import KeyPair
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.key_status import Problem, states
from setup_tool.core.secret import Secret
from setup_tool.core.stored_key import StoredKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.adapters.cloud_login import CloudLogin
    from tests.adapters.impostor import Impostor
    from tests.adapters.rest import Rest

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Someone:
    """A user with role member on a project, made for one test."""

    name: str
    id: str
    project: str
    project_id: str
    log_in: Callable[..., CloudLogin]

    def login(self) -> CloudLogin:
        return self.log_in(
            OS_USERNAME=self.name, OS_PASSWORD="canary-member", OS_PROJECT_NAME=self.project
        )


@pytest.fixture
def ring(log_in: Callable[..., CloudLogin]) -> KeystoneKeyRing:
    return KeystoneKeyRing(log_in())


@pytest.fixture
def someone(log_in: Callable[..., CloudLogin], rest: Rest) -> Someone:
    name, project = f"user-{uuid.uuid4().hex[:12]}", f"project-{uuid.uuid4().hex[:12]}"
    user = rest.make("user", name=name, domain_id="default", password="canary-member")
    project_id = rest.make("project", name=project, domain_id="default")
    rest.grant(user, project_id, "member")
    return Someone(name, user, project, project_id, log_in)


def make(rest: Rest, someone: Someone, **more: object) -> str:
    """Make a key as somebody else would; return its access key."""
    access = f"ak-{uuid.uuid4().hex}"
    blob = json.dumps({"access": access, "secret": "canary-secret", **more})
    fields = {
        "type": "ec2",
        "user_id": someone.id,
        "project_id": someone.project_id,
        "blob": blob,
    }
    rest.send("POST", "/credentials", {"credential": fields})
    return access


def blob_of(rest: Rest, access: str) -> dict[str, object]:
    kept = rest.send("GET", f"/credentials/{credential_id(access)}")["credential"]["blob"]
    found: dict[str, object] = json.loads(kept)
    return found


def problems(ring: KeystoneKeyRing, access: str) -> tuple[Problem, ...]:
    keys = ring.stored(None)
    (found,) = (s for s in states(keys, ring.directory(keys), NOW) if s.key.access == access)
    return found.problems


def test_an_administrator_sees_the_keys_of_everybody(
    ring: KeystoneKeyRing, rest: Rest, someone: Someone
) -> None:
    access = make(rest, someone)
    expected = StoredKey(someone.id, someone.project_id, KeyPair(access, Secret("canary-secret")))
    assert expected in ring.stored(None)
    assert ring.stored(someone.id) == (expected,)


def test_a_user_sees_her_own_keys_and_nobody_elses(rest: Rest, someone: Someone) -> None:
    access = make(rest, someone)
    own = KeystoneKeyRing(someone.login())
    assert own.ourselves() == someone.id
    assert own.user_ids(someone.name, "Default") == {someone.id}
    assert [key.access for key in own.stored(someone.id)] == [access]
    assert {key.user_id for key in own.stored(None)} == {someone.id}
    with pytest.raises(SetupToolError, match="Without it, only one's own keys can be seen"):
        own.user_ids("admin", None)


def test_what_our_ids_mean_is_known_without_an_administrator(rest: Rest, someone: Someone) -> None:
    access = make(rest, someone)
    own = KeystoneKeyRing(someone.login())
    (state,) = states(own.stored(someone.id), own.directory(own.stored(someone.id)), NOW)
    assert (state.key.access, state.user, state.project) == (access, someone.name, someone.project)
    assert (state.user_domain, state.problems) == ("Default", ())


def test_a_record_is_written_beside_what_the_blob_has(
    ring: KeystoneKeyRing, rest: Rest, someone: Someone
) -> None:
    access = make(rest, someone, setup_tool={"ticket": "4711"}, other=[1, 2])
    (key,) = ring.stored(someone.id)
    record = KeyRecord(label="backup", expires=NOW)
    for changing in (ring, KeystoneKeyRing(someone.login())):
        changing.note(key, record)
        (after,) = ring.stored(someone.id)
        assert after.record == record
        assert after.pair == key.pair
    assert blob_of(rest, access)["other"] == [1, 2]
    kept = blob_of(rest, access)["setup_tool"]
    assert isinstance(kept, dict)
    assert kept["ticket"] == "4711"


def test_nobody_writes_the_record_of_anothers_key(
    ring: KeystoneKeyRing, rest: Rest, someone: Someone, log_in: Callable[..., CloudLogin]
) -> None:
    make(rest, someone)
    (key,) = ring.stored(someone.id)
    bob = KeystoneKeyRing(log_in("bob"))
    for attempt in (lambda: bob.note(key, KeyRecord(label="x")), lambda: bob.delete(key)):
        with pytest.raises(SetupToolError, match="does not let user 'bob' on project 'other'"):
            attempt()
    assert ring.stored(someone.id) == (key,)


def test_a_key_is_deleted_once_and_again_is_no_error(
    ring: KeystoneKeyRing, rest: Rest, someone: Someone
) -> None:
    make(rest, someone)
    (key,) = ring.stored(someone.id)
    for _ in range(2):
        ring.delete(key)
    assert ring.stored(someone.id) == ()


def test_what_became_of_user_project_and_role_is_told(
    ring: KeystoneKeyRing, rest: Rest, someone: Someone
) -> None:
    access = make(rest, someone)
    assert problems(ring, access) == ()
    (role,) = rest.find("role", name="member")
    assigned = f"/projects/{someone.project_id}/users/{someone.id}/roles/{role['id']}"
    rest.send("DELETE", assigned)
    assert problems(ring, access) == (Problem.NO_ROLE,)
    rest.change("project", someone.project_id, enabled=False)
    rest.change("user", someone.id, enabled=False)
    assert problems(ring, access) == (
        Problem.USER_DISABLED,
        Problem.PROJECT_DISABLED,
        Problem.NO_ROLE,
    )


def test_a_disabled_domain_is_told(ring: KeystoneKeyRing, rest: Rest, unique: str) -> None:
    domain = rest.make("domain", name=unique)
    user = rest.make("user", name=unique, domain_id=domain)
    project = rest.make("project", name=unique, domain_id=domain)
    rest.grant(user, project, "member")
    someone = Someone(unique, user, unique, project, lambda: None)  # type: ignore[arg-type,return-value]
    access = make(rest, someone)
    rest.change("domain", domain, enabled=False)
    assert Problem.DOMAIN_DISABLED in problems(ring, access)


def test_keys_whose_user_is_gone_are_found_by_the_id_and_deleted(
    ring: KeystoneKeyRing, rest: Rest, someone: Someone
) -> None:
    """Keystone deletes a user's keys with it, but not where the user was of LDAP."""
    access = f"ak-{uuid.uuid4().hex}"
    gone = uuid.uuid4().hex
    fields = {
        "type": "ec2",
        "user_id": gone,
        "project_id": someone.project_id,
        "blob": json.dumps({"access": access, "secret": "canary-secret"}),
    }
    rest.send("POST", "/credentials", {"credential": fields})
    assert ring.user_ids(gone, None) == {gone}
    (key,) = ring.stored(gone)
    assert problems(ring, access) == (Problem.USER_MISSING,)
    ring.delete(key)
    assert ring.stored(gone) == ()


def test_many_accounts_mean_the_same_by_a_listing_as_one_by_one(
    ring: KeystoneKeyRing, rest: Rest, someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(rest, someone)
    keys = ring.stored(None)
    alone = ring.directory(keys)
    monkeypatch.setattr(key_ring, "FEW", 0)
    listed = ring.directory(keys)
    pairs = {(key.user_id, key.project_id) for key in keys}
    assert (listed.users, listed.projects) == (alone.users, alone.projects)
    assert listed.domains == alone.domains
    assert listed.members & pairs == alone.members


def test_a_listing_that_was_cut_short_is_none(impostor: Impostor) -> None:
    impostor.let_in()
    impostor.say("GET", "/v3/credentials", 200, {"credentials": [], "truncated": True})
    with pytest.raises(SetupToolError, match="list_limit"):
        KeystoneKeyRing(impostor.login()).stored(None)


def test_before_stein_a_user_lists_her_keys_without_their_record(impostor: Impostor) -> None:
    impostor.let_in().say("GET", "/v3/credentials", 403, {"error": {"message": "no"}})
    made = {"access": "AK", "secret": "s", "tenant_id": "p1", "user_id": "u1", "trust_id": "t"}
    impostor.say("GET", "/v3/users/u1/credentials/OS-EC2", 200, {"credentials": [made]})
    ring = KeystoneKeyRing(impostor.login())
    (key,) = ring.stored("u1")
    assert (key.access, key.project_id, key.delegated) == ("AK", "p1", True)
    with pytest.raises(DeclarationError, match="only by an administrator"):
        ring.stored(None)


def test_a_blob_without_a_pair_is_passed_over(impostor: Impostor) -> None:
    impostor.let_in()
    blobs = ["nothing", '{"access": "AK", "secret": "s"}', '{"access": "AK"}']
    records = [
        {"id": str(n), "type": "ec2", "user_id": "u1", "project_id": "p1", "blob": blob}
        for n, blob in enumerate(blobs)
    ]
    impostor.say("GET", "/v3/credentials", 200, {"credentials": records})
    assert [key.access for key in KeystoneKeyRing(impostor.login()).stored("u1")] == ["AK"]
