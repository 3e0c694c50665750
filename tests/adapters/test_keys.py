"""EC2 credentials in a real Keystone."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.key_blobs import credential_id, record_of
from setup_tool.adapters.keys import KeystoneKeys
from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.secret import Secret
from setup_tool.credentials.issue import issue

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.adapters.cloud_login import CloudLogin
    from tests.adapters.impostor import Impostor
    from tests.adapters.rest import Rest
    from tests.lab_fixture import RunningLab


@pytest.fixture
def admin(log_in: Callable[..., CloudLogin]) -> KeystoneKeys:
    return KeystoneKeys(log_in())


@pytest.fixture
def as_member(log_in: Callable[..., CloudLogin], rest: Rest) -> Callable[..., CloudLogin]:
    """Log in as a user with role member on one project, and no keys yet."""
    name, project = f"user-{uuid.uuid4().hex[:12]}", f"project-{uuid.uuid4().hex[:12]}"
    user = rest.make("user", name=name, domain_id="default", password="canary-member")
    rest.grant(user, rest.make("project", name=project, domain_id="default"), "member")
    own = {"OS_USERNAME": name, "OS_PASSWORD": "canary-member", "OS_PROJECT_NAME": project}
    return lambda **changes: log_in(**{**own, **changes})


@pytest.fixture
def member(as_member: Callable[..., CloudLogin]) -> KeystoneKeys:
    return KeystoneKeys(as_member())


@pytest.fixture
def owner(member: KeystoneKeys) -> Owner:
    return member.owner(None, None, None)


def refusal(keys: KeystoneKeys, *wanted: str | None) -> str:
    with pytest.raises(DeclarationError) as caught:
        keys.owner(*wanted)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_member_is_found_by_nothing_by_name_and_by_id(
    member: KeystoneKeys, owner: Owner, running_lab: RunningLab
) -> None:
    user, project = owner.user, owner.project
    before = len(running_lab.access_lines())
    assert member.owner(user, project, None) == owner
    assert member.owner(None, project, "Default") == owner
    assert member.owner(user, None, "default") == owner
    assert member.owner(owner.user_id, owner.project_id, None) == owner
    assert len(running_lab.access_lines()) == before


def test_a_member_finds_another_project_of_hers(
    member: KeystoneKeys, rest: Rest, owner: Owner, unique: str
) -> None:
    project = rest.make("project", name=unique, domain_id="default")
    assert "has no role on a project" in refusal(member, None, unique, None)
    rest.grant(owner.user_id, project, "member")
    found = member.owner(None, unique, None)
    assert (found.user, found.project_id) == (owner.user, project)
    assert member.owner(owner.user, project, "Default") == found
    assert member.owner(owner.user, unique, "default") == found


def test_a_member_cannot_ask_for_others_and_is_told_why(member: KeystoneKeys) -> None:
    with pytest.raises(SetupToolError, match=r"identity:list_users.*one's own keys"):
        member.owner("bob", "other", None)


def test_an_administrator_finds_everybody(admin: KeystoneKeys, owner: Owner) -> None:
    for domain in (None, "Default", "default"):
        assert admin.owner(owner.user, owner.project, domain) == owner
    assert admin.owner(owner.user_id, owner.project_id, None) == owner
    assert admin.owner(owner.user_id, owner.project_id, "Default") == owner
    assert admin.owner(None, None, None).user == "admin"


def test_what_does_not_exist_is_named(admin: KeystoneKeys, unique: str) -> None:
    check = "Check the spelling."
    assert refusal(admin, unique, "demo", None) == f"Keystone has no user '{unique}'. {check}"
    assert refusal(admin, "alice", unique, None) == f"Keystone has no project '{unique}'. {check}"
    assert refusal(admin, "alice", "demo", unique) == f"Keystone has no domain '{unique}'. {check}"
    assert "no user 'a/../b'" in refusal(admin, "a/../b", "demo", None)


def test_a_user_without_a_role_on_the_project_is_refused(admin: KeystoneKeys) -> None:
    assert "'bob' has no role on project 'demo'" in refusal(admin, "bob", "demo", None)
    assert "'alice' has no role on project 'admin'" in refusal(admin, "alice", None, None)
    assert "'admin' has no role on a project 'demo'" in refusal(admin, None, "demo", None)


def test_what_is_disabled_is_refused(admin: KeystoneKeys, rest: Rest, unique: str) -> None:
    rest.make("user", name=unique, domain_id="default", enabled=False)
    rest.make("project", name=unique, domain_id="default", enabled=False)
    assert f"The user '{unique}' is disabled" in refusal(admin, unique, "demo", None)
    assert f"The project '{unique}' is disabled" in refusal(admin, "alice", unique, None)


def test_one_name_in_two_domains_needs_the_domain(
    admin: KeystoneKeys, rest: Rest, owner: Owner, unique: str
) -> None:
    user, project = owner.user, owner.project
    domain = rest.make("domain", name=unique)
    other = rest.make("user", name=user, domain_id=domain)
    try:
        said = refusal(admin, user, project, None)
        assert f"several users called '{user}', in different domains" in said
        assert admin.owner(user, project, "Default") == owner
        assert admin.owner(owner.user_id, project, None) == owner
        assert f"no project '{project}' in domain" in refusal(admin, user, project, unique)
        assert f"no user '{owner.user_id}'" in refusal(admin, owner.user_id, project, unique)
    finally:
        rest.send("DELETE", f"/users/{other}")
        rest.change("domain", domain, enabled=False)


def test_keys_are_issued_used_again_and_removed(member: KeystoneKeys, owner: Owner) -> None:
    first = issue(member, owner, new=False)
    assert first.created
    again = issue(member, owner, new=False)
    assert (again.credential, again.created) == (first.credential, False)
    second = issue(member, owner, new=True)
    assert second.created
    both = member.find(owner)
    assert {*both} == {first.credential, second.credential}
    assert [c.pair.access for c in both] == sorted(c.pair.access for c in both)
    for _ in range(2):
        member.delete(first.credential)
    assert member.find(owner) == (second.credential,)


def test_an_administrator_issues_for_a_member(
    member: KeystoneKeys, admin: KeystoneKeys, owner: Owner
) -> None:
    made = admin.create(owner)
    assert member.find(owner) == admin.find(owner) == (made,)


def test_a_record_is_kept_with_a_new_key_and_does_not_tell_keys_apart(
    member: KeystoneKeys, admin: KeystoneKeys, rest: Rest, owner: Owner
) -> None:
    record = KeyRecord(label="backup", purpose="nightly")
    for keys in (member, admin):
        made = keys.create(owner, record)
        assert made.record == record
        known_id = credential_id(made.pair.access)
        kept = rest.send("GET", f"/credentials/{known_id}")["credential"]["blob"]
        assert record_of(Secret(kept)) == record
        assert made in member.find(owner)
        keys.delete(made)
    assert member.find(owner) == ()


def test_a_key_is_deleted_though_its_user_is_gone(
    admin: KeystoneKeys, owner: Owner, rest: Rest
) -> None:
    """As users of LDAP go: Keystone keeps their keys, and finds none through the user."""
    gone = replace(owner, user_id=uuid.uuid4().hex)
    made = admin.create_chosen(gone, KeyPair(f"ak-{uuid.uuid4().hex}", Secret("canary-secret")))
    admin.delete(made)
    known = rest.send("GET", f"/credentials?user_id={gone.user_id}")["credentials"]
    assert known == []


def test_a_key_is_made_without_its_record_where_keystone_lets_administrators_alone_write_that(
    impostor: Impostor,
) -> None:
    made = {"access": "AK", "secret": "s", "tenant_id": "p1", "user_id": "u1"}
    impostor.let_in().say("POST", "/v3/credentials", 403, {"error": {"message": "no"}})
    impostor.say("POST", "/v3/users/u1/credentials/OS-EC2", 201, {"credential": made})
    keys = KeystoneKeys(impostor.login())
    found = keys.create(keys.owner(None, None, None), KeyRecord(label="backup"))
    assert (found.pair.access, found.record) == ("AK", KeyRecord())


def test_a_member_cannot_touch_the_keys_of_others(
    member: KeystoneKeys, log_in: Callable[..., CloudLogin], owner: Owner
) -> None:
    made = member.create(owner)
    bob = KeystoneKeys(log_in("bob"))
    for attempt in (
        lambda: bob.find(owner),
        lambda: bob.create(owner),
        lambda: bob.create(owner, KeyRecord(label="x")),
        lambda: bob.create_chosen(owner, KeyPair("A", Secret("b"))),
        lambda: bob.delete(made),
    ):
        with pytest.raises(SetupToolError, match="does not let user 'bob' on project 'other'"):
            attempt()
    assert member.find(owner) == (made,)


def test_keys_of_another_project_are_not_found(
    member: KeystoneKeys, admin: KeystoneKeys, rest: Rest, owner: Owner, unique: str
) -> None:
    project = rest.make("project", name=unique, domain_id="default")
    rest.grant(owner.user_id, project, "member")
    elsewhere = member.owner(None, unique, None)
    there = admin.create(elsewhere)
    assert member.find(owner) == ()
    assert member.find(elsewhere) == (there,)


def test_an_access_key_and_its_secret_can_be_chosen_once(
    admin: KeystoneKeys, member: KeystoneKeys, owner: Owner, unique: str
) -> None:
    pair = KeyPair(unique, Secret("canary-chosen"))
    for _ in range(2):
        assert admin.create_chosen(owner, pair) == Credential(owner, pair)
    assert member.find(owner) == (Credential(owner, pair),)
    with pytest.raises(SetupToolError, match="exists with another secret") as caught:
        admin.create_chosen(owner, KeyPair(unique, Secret("canary-other")))
    assert "canary" not in str(caught.value)
    with pytest.raises(SetupToolError, match="belongs to another user or project"):
        admin.create_chosen(admin.owner("bob", "other", None), pair)


def test_keys_that_stand_for_a_trust_are_left_out(impostor: Impostor) -> None:
    impostor.let_in()
    records = [
        {
            "user_id": "u1",
            "project_id": "p1",
            "type": "ec2",
            "blob": json.dumps({"access": access, "secret": "s", "trust_id": trust}),
        }
        for access, trust in (("b", None), ("a", None), ("c", "trust"))
    ]
    impostor.say("GET", "/v3/credentials", 200, {"credentials": records})
    keys = KeystoneKeys(impostor.login())
    found = keys.find(keys.owner(None, None, None))
    assert [credential.pair.access for credential in found] == ["a", "b"]


def test_what_keystone_says_to_a_chosen_secret_is_not_repeated(impostor: Impostor) -> None:
    quoting = {"error": {"message": "Invalid blob: canary-secret", "code": 400}}
    impostor.let_in().say("POST", "/v3/credentials", 400, quoting)
    keys = KeystoneKeys(impostor.login())
    with pytest.raises(SetupToolError, match="create access key AK") as caught:
        keys.create_chosen(keys.owner(None, None, None), KeyPair("AK", Secret("canary-secret")))
    assert "canary" not in str(caught.value)


def test_no_key_is_logged_even_when_everything_is(
    member: KeystoneKeys,
    owner: Owner,
    unique: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("", "keystoneauth", "keystoneclient", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    made = member.create(owner)
    chosen = member.create_chosen(owner, KeyPair(unique, Secret("canary-chosen")))
    found = member.find(owner)
    assert "OS-EC2" in caplog.text
    for credential in (made, chosen):
        assert credential.pair.secret.reveal() not in caplog.text
        assert credential.pair.secret.reveal() not in repr(found)


def test_a_token_that_one_has_issues_keys_for_oneself(
    as_member: Callable[..., CloudLogin], owner: Owner
) -> None:
    token = as_member().session.get_token()
    login = as_member(OS_AUTH_TYPE="v3token", OS_TOKEN=token, OS_USERNAME="", OS_PASSWORD="")
    keys = KeystoneKeys(login)
    assert keys.owner(None, None, None) == owner
    made = issue(keys, keys.owner(None, None, None), new=False, record=KeyRecord(label="mine"))
    assert made.created
    assert keys.find(owner) == (made.credential,)


@pytest.mark.parametrize("unrestricted", [False, True])
def test_an_application_credential_is_told_to_log_in_with_a_password(
    as_member: Callable[..., CloudLogin],
    owner: Owner,
    delegated: Callable[..., dict[str, str]],
    *,
    unrestricted: bool,
) -> None:
    login = as_member()
    keys = KeystoneKeys(as_member(**delegated(login, owner.user, unrestricted=unrestricted)))
    assert keys.owner(None, None, None) == owner
    with pytest.raises(SetupToolError, match="Log in with a user name and a password"):
        keys.create(owner)
    assert KeystoneKeys(login).find(owner) == ()


def test_what_keystone_said_of_application_credentials_before_2026_is_understood_too(
    impostor: Impostor,
) -> None:
    said = (
        "Using method 'application_credential' is not allowed for managing additional "
        "application credentials."
    )
    refused = {"error": {"message": said, "code": 403, "title": "Forbidden"}}
    impostor.let_in().say("POST", "/v3/users/u1/credentials/OS-EC2", 403, refused)
    keys = KeystoneKeys(impostor.login())
    with pytest.raises(SetupToolError, match="an application credential may not do this"):
        keys.create(keys.owner(None, None, None))
