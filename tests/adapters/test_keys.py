"""EC2 credentials in a real Keystone."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.keys import KeystoneKeys
from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import Secret
from setup_tool.credentials.issue import issue
from tests.lab_fixture import request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from setup_tool.adapters.cloud_login import CloudLogin
    from tests.adapters.impostor import Impostor
    from tests.adapters.rest import Rest
    from tests.lab_fixture import RunningLab


@pytest.fixture
def admin(log_in: Callable[..., CloudLogin]) -> KeystoneKeys:
    return KeystoneKeys(log_in())


@pytest.fixture
def alice(log_in: Callable[..., CloudLogin], admin: KeystoneKeys) -> Iterator[KeystoneKeys]:
    """A plain member, who has no keys before and after."""
    keys = KeystoneKeys(log_in("alice"))
    yield keys
    for credential in admin.find(keys.owner(None, None, None)):
        admin.delete(credential)


@pytest.fixture
def owner(alice: KeystoneKeys) -> Owner:
    return alice.owner(None, None, None)


def refusal(keys: KeystoneKeys, *wanted: str | None) -> str:
    with pytest.raises(DeclarationError) as caught:
        keys.owner(*wanted)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_member_is_found_by_nothing_by_name_and_by_id(
    alice: KeystoneKeys, owner: Owner, running_lab: RunningLab
) -> None:
    assert (owner.user, owner.project) == ("alice", "demo")
    before = len(running_lab.access_lines())
    assert alice.owner("alice", "demo", None) == owner
    assert alice.owner(None, "demo", "Default") == owner
    assert alice.owner("alice", None, "default") == owner
    assert alice.owner(owner.user_id, owner.project_id, None) == owner
    assert len(running_lab.access_lines()) == before


def test_a_member_finds_another_project_of_hers(
    alice: KeystoneKeys, rest: Rest, owner: Owner, unique: str
) -> None:
    project = rest.make("project", name=unique, domain_id="default")
    assert "has no role on a project" in refusal(alice, None, unique, None)
    rest.grant(owner.user_id, project, "member")
    found = alice.owner(None, unique, None)
    assert (found.user, found.project_id) == ("alice", project)
    assert alice.owner("alice", project, "Default") == found
    assert alice.owner("alice", unique, "default") == found


def test_a_member_cannot_ask_for_others_and_is_told_why(alice: KeystoneKeys) -> None:
    with pytest.raises(SetupToolError, match=r"identity:list_users.*one's own keys"):
        alice.owner("bob", "other", None)


def test_an_administrator_finds_everybody(admin: KeystoneKeys, owner: Owner) -> None:
    for domain in (None, "Default", "default"):
        assert admin.owner("alice", "demo", domain) == owner
    assert admin.owner(owner.user_id, owner.project_id, None) == owner
    assert admin.owner(owner.user_id, owner.project_id, "Default") == owner
    assert admin.owner(None, None, None).user == "admin"


def test_what_does_not_exist_is_named(admin: KeystoneKeys, unique: str) -> None:
    assert refusal(admin, unique, "demo", None) == f"Keystone has no user '{unique}'."
    assert refusal(admin, "alice", unique, None) == f"Keystone has no project '{unique}'."
    assert refusal(admin, "alice", "demo", unique) == f"Keystone has no domain '{unique}'."
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
    domain = rest.make("domain", name=unique)
    other = rest.make("user", name="alice", domain_id=domain)
    try:
        said = refusal(admin, "alice", "demo", None)
        assert "several users called 'alice', in different domains" in said
        assert admin.owner("alice", "demo", "Default") == owner
        assert admin.owner(owner.user_id, "demo", None) == owner
        assert f"no project 'demo' in domain {unique}" in refusal(admin, "alice", "demo", unique)
        assert f"no user '{owner.user_id}'" in refusal(admin, owner.user_id, "demo", unique)
    finally:
        rest.send("DELETE", f"/users/{other}")
        rest.change("domain", domain, enabled=False)


def test_keys_are_issued_used_again_and_removed(alice: KeystoneKeys, owner: Owner) -> None:
    first = issue(alice, owner, new=False)
    assert first.created
    again = issue(alice, owner, new=False)
    assert (again.credential, again.created) == (first.credential, False)
    second = issue(alice, owner, new=True)
    assert second.created
    both = alice.find(owner)
    assert {*both} == {first.credential, second.credential}
    assert [c.pair.access for c in both] == sorted(c.pair.access for c in both)
    for _ in range(2):
        alice.delete(first.credential)
    assert alice.find(owner) == (second.credential,)


def test_an_administrator_issues_for_a_member(
    alice: KeystoneKeys, admin: KeystoneKeys, owner: Owner
) -> None:
    made = admin.create(owner)
    assert alice.find(owner) == admin.find(owner) == (made,)


def test_a_member_cannot_touch_the_keys_of_others(
    alice: KeystoneKeys, log_in: Callable[..., CloudLogin], owner: Owner
) -> None:
    made = alice.create(owner)
    bob = KeystoneKeys(log_in("bob"))
    for attempt in (
        lambda: bob.find(owner),
        lambda: bob.create(owner),
        lambda: bob.create_chosen(owner, KeyPair("A", Secret("b"))),
        lambda: bob.delete(made),
    ):
        with pytest.raises(SetupToolError, match="does not let user 'bob' on project 'other'"):
            attempt()
    assert alice.find(owner) == (made,)


def test_keys_of_another_project_are_not_found(
    alice: KeystoneKeys, admin: KeystoneKeys, rest: Rest, owner: Owner, unique: str
) -> None:
    project = rest.make("project", name=unique, domain_id="default")
    rest.grant(owner.user_id, project, "member")
    elsewhere = alice.owner(None, unique, None)
    there = admin.create(elsewhere)
    assert alice.find(owner) == ()
    assert alice.find(elsewhere) == (there,)


def test_an_access_key_and_its_secret_can_be_chosen_once(
    admin: KeystoneKeys, alice: KeystoneKeys, owner: Owner, unique: str
) -> None:
    pair = KeyPair(unique, Secret("canary-chosen"))
    for _ in range(2):
        assert admin.create_chosen(owner, pair) == Credential(owner, pair)
    assert alice.find(owner) == (Credential(owner, pair),)
    with pytest.raises(SetupToolError, match="exists with another secret") as caught:
        admin.create_chosen(owner, KeyPair(unique, Secret("canary-other")))
    assert "canary" not in str(caught.value)
    with pytest.raises(SetupToolError, match="belongs to another user or project"):
        admin.create_chosen(admin.owner("bob", "other", None), pair)


def test_keys_that_stand_for_a_trust_are_left_out(impostor: Impostor) -> None:
    impostor.let_in()
    records = [
        {"access": access, "secret": "s", "tenant_id": "p1", "user_id": "u1", "trust_id": trust}
        for access, trust in (("b", None), ("a", None), ("c", "trust"))
    ]
    impostor.say("GET", "/v3/users/u1/credentials/OS-EC2", 200, {"credentials": records})
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
    alice: KeystoneKeys,
    owner: Owner,
    unique: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("", "keystoneauth", "keystoneclient", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    made = alice.create(owner)
    chosen = alice.create_chosen(owner, KeyPair(unique, Secret("canary-chosen")))
    found = alice.find(owner)
    assert "OS-EC2" in caplog.text
    for credential in (made, chosen):
        assert credential.pair.secret.reveal() not in caplog.text
        assert credential.pair.secret.reveal() not in repr(found)


def test_an_application_credential_is_told_to_log_in_with_a_password(
    alice: KeystoneKeys, running_lab: RunningLab, log_in: Callable[..., CloudLogin], owner: Owner
) -> None:
    path = f"/users/{owner.user_id}/application_credentials"
    headers = {**running_lab.login("alice").headers, "Content-Type": "application/json"}
    body = json.dumps({"application_credential": {"name": "for a test"}}).encode()
    answer = request("POST", f"{running_lab.keystone}{path}", body, headers)
    made = json.loads(answer.body)["application_credential"]
    delegated = KeystoneKeys(
        log_in(
            "alice",
            OS_AUTH_TYPE="v3applicationcredential",
            OS_APPLICATION_CREDENTIAL_ID=made["id"],
            OS_APPLICATION_CREDENTIAL_SECRET=made["secret"],
            OS_USERNAME="",
            OS_PASSWORD="",
            OS_PROJECT_NAME="",
        )
    )
    assert delegated.owner(None, None, None) == owner
    with pytest.raises(SetupToolError, match="Log in with a user name and a password"):
        delegated.create(owner)
    request("DELETE", f"{running_lab.keystone}{path}/{made['id']}", None, headers)
    assert alice.find(owner) == ()
