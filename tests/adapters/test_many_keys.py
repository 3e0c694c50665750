"""The keys of many users at a real Keystone, on a way that is not always good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters import accounts as accounts_module
from setup_tool.adapters import many_keys as many_keys_module
from setup_tool.adapters.accounts import KeystoneAccounts
from setup_tool.adapters.machine import SystemClock
from setup_tool.adapters.many_keys import KeystoneManyKeys
from setup_tool.adapters.patient_keystone import DELAYS, PatientKeystone
from setup_tool.core.account import Account, Named
from setup_tool.core.errors import DeclarationError, SetupToolError, UnreachableError
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.secret import Secret
from tests.adapters.unsteady import ANSWER_LOST, Unsteady, unsteady_way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.credential import Owner
    from tests.adapters.impostor import Impostor
    from tests.adapters.rest import Rest
    from tests.lab_fixture import RunningLab

CREDENTIALS = ("POST", "/v3/credentials")
TOKENS = ("POST", "/v3/auth/tokens")


class HastyClock(SystemClock):
    """A clock that does not wait, and remembers how long it should have."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock()


@pytest.fixture
def way(running_lab: RunningLab) -> Iterator[Unsteady]:
    with unsteady_way(running_lab.record.url("keystone")) as found:
        yield found


@pytest.fixture
def keystone(
    log_in: Callable[..., CloudLogin], way: Unsteady, clock: HastyClock
) -> PatientKeystone:
    return PatientKeystone(log_in(OS_AUTH_URL=f"{way.url}/v3"), clock)


@pytest.fixture
def keys(keystone: PatientKeystone) -> KeystoneManyKeys:
    return KeystoneManyKeys(keystone, Secret("a seed"))


@pytest.fixture
def accounts(keystone: PatientKeystone) -> KeystoneAccounts:
    return KeystoneAccounts(keystone)


@pytest.fixture
def owner(rest: Rest, accounts: KeystoneAccounts, unique: str) -> Owner:
    user = rest.make("user", name=unique, domain_id="default")
    project = rest.make("project", name=unique, domain_id="default")
    rest.grant(user, project, "member")
    return accounts.owner(
        Account(user, unique, "default", enabled=True),
        Account(project, unique, "default", enabled=True),
    )


def accesses(rest: Rest, owner: Owner) -> list[str]:
    listed = rest.send("GET", f"/users/{owner.user_id}/credentials/OS-EC2")
    return [one["access"] for one in listed["credentials"]]


def test_a_key_whose_answer_was_lost_is_not_made_again(
    keys: KeystoneManyKeys, way: Unsteady, rest: Rest, owner: Owner
) -> None:
    way.faults[CREDENTIALS] = [ANSWER_LOST, ANSWER_LOST, 503, ANSWER_LOST]
    made = keys.create(owner, KeyRecord(label="spring"))
    assert accesses(rest, owner) == [made.pair.access]
    assert way.seen[CREDENTIALS] >= 3
    (found,) = keys.find(owner)
    assert (found.pair, found.record.label) == (made.pair, "spring")


def test_the_same_seed_makes_the_same_key_and_another_label_or_seed_another(
    keys: KeystoneManyKeys, keystone: PatientKeystone, rest: Rest, owner: Owner
) -> None:
    first = keys.create(owner, KeyRecord())
    assert keys.create(owner, KeyRecord()).pair == first.pair
    labelled = keys.create(owner, KeyRecord(label="spring"))
    other = KeystoneManyKeys(keystone, Secret("another seed")).create(owner, KeyRecord())
    assert sorted(accesses(rest, owner)) == sorted(
        each.pair.access for each in (first, labelled, other)
    )
    assert keys.owner_of(first.pair.access) == (owner.user_id, owner.project_id)
    keys.delete(first)
    keys.delete(first)
    assert keys.owner_of(first.pair.access) is None


def test_a_token_that_keystone_no_longer_takes_is_renewed(
    keys: KeystoneManyKeys, way: Unsteady, owner: Owner
) -> None:
    assert keys.find(owner) == ()
    way.faults[CREDENTIALS] = [401]
    keys.create(owner, KeyRecord())
    assert len(keys.find(owner)) == 1
    assert way.seen[TOKENS] == 2


def test_a_login_that_is_refused_is_not_tried_again(
    keys: KeystoneManyKeys, way: Unsteady, owner: Owner, clock: HastyClock
) -> None:
    keys.find(owner)
    way.faults[CREDENTIALS], way.faults[TOKENS] = [401] * 9, [401] * 9
    with pytest.raises(UnreachableError, match="refuses the login"):
        keys.create(owner, KeyRecord())
    assert clock.waited == []


def test_keystone_is_given_up_after_a_while(
    keys: KeystoneManyKeys, way: Unsteady, owner: Owner, clock: HastyClock
) -> None:
    keys.find(owner)
    way.faults[CREDENTIALS] = [503] * 9
    with pytest.raises(UnreachableError, match="answers 503"):
        keys.create(owner, KeyRecord())
    assert clock.waited == list(DELAYS)


def test_the_environments_proxy_is_used_as_it_is_for_one_key(
    impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    impostor.let_in()
    far = "http://keystone.example.org:5000/v3"
    impostor.answers["POST", f"{far}/auth/tokens"] = impostor.answers["POST", "/v3/auth/tokens"]
    login = impostor.login(OS_AUTH_URL=far)
    monkeypatch.setenv("http_proxy", impostor.url)
    assert PatientKeystone(login, HastyClock()).access().user.name == "admin"
    assert [seen[1] for seen in impostor.seen] == [f"{far}/auth/tokens"]


def test_keys_of_many_are_looked_up_by_one_listing(
    keys: KeystoneManyKeys,
    way: Unsteady,
    owner: Owner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = keys.create(owner, KeyRecord(purpose="a test"))
    monkeypatch.setattr(many_keys_module, "FEW", 0)
    keys.look_up([owner])
    assert way.seen["GET", "/v3/credentials"] == 1
    (found,) = keys.find(owner)
    assert (found.pair, found.record) == (made.pair, KeyRecord(purpose="a test"))
    assert way.seen["GET", "/v3/credentials"] == 1


@pytest.mark.parametrize("fault", [500, 503, ANSWER_LOST])
def test_where_the_listing_of_all_keys_fails_each_user_is_asked_for(
    keys: KeystoneManyKeys,
    way: Unsteady,
    owner: Owner,
    clock: HastyClock,
    monkeypatch: pytest.MonkeyPatch,
    *,
    fault: int | str,
) -> None:
    made = keys.create(owner, KeyRecord())
    monkeypatch.setattr(many_keys_module, "FEW", 0)
    way.faults["GET", "/v3/credentials"] = [fault, fault]
    keys.look_up([owner])
    assert clock.waited == []
    way.faults.clear()
    assert [found.pair for found in keys.find(owner)] == [made.pair]


def test_a_listing_of_keys_that_was_cut_is_not_taken_for_all(
    impostor: Impostor, monkeypatch: pytest.MonkeyPatch, accounts: KeystoneAccounts, owner: Owner
) -> None:
    del accounts
    impostor.let_in().say("GET", "/v3/credentials", 200, {"credentials": [], "truncated": True})
    monkeypatch.setattr(many_keys_module, "FEW", 0)
    keys = KeystoneManyKeys(PatientKeystone(impostor.login(), HastyClock()), Secret("a seed"))
    keys.look_up([owner])
    with pytest.raises(SetupToolError, match=r"cut the listing .*/v3/credentials short"):
        keys.find(owner)
    blob = '{"access": "A", "secret": "s"}'
    record = {"user_id": owner.user_id, "project_id": owner.project_id, "blob": blob}
    impostor.say("GET", "/v3/credentials", 200, {"credentials": [record]})
    assert [found.pair.access for found in keys.find(owner)] == ["A"]


def test_an_application_credential_is_refused_before_anything_is_made(
    log_in: Callable[..., CloudLogin], delegated: Callable[..., dict[str, str]], owner: Owner
) -> None:
    """Keystone leaves out of its listing what such a token may not read, and says nothing."""
    login = log_in(**delegated(log_in(), owner.user, unrestricted=True))
    keys = KeystoneManyKeys(PatientKeystone(login, HastyClock()), Secret("a seed"))
    with pytest.raises(SetupToolError, match="Log in with a user name and a password"):
        keys.look_up([owner])


def test_a_login_for_v2_is_told_that_many_keys_take_v3(impostor: Impostor) -> None:
    impostor.let_in_v2().serves("v2.0")
    login = impostor.login(OS_AUTH_URL=impostor.url, OS_TENANT_NAME="admin")
    with pytest.raises(DeclarationError, match=r"need Keystone's v3 API.*--user and --project"):
        KeystoneAccounts(PatientKeystone(login, HastyClock())).check_version()


@pytest.mark.parametrize("few", [0, 99])
def test_accounts_are_found_by_name_and_id_and_the_others_are_told_why(
    accounts: KeystoneAccounts, rest: Rest, owner: Owner, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(accounts_module, "FEW", few)
    off = rest.make("user", name=f"{owner.user}-off", domain_id="default", enabled=False)
    domain = rest.make("domain", name=owner.user)
    elsewhere = rest.make("user", name=owner.user, domain_id=domain)
    names = {
        "default": Named(owner.user, "Default"),
        "elsewhere": Named(owner.user, owner.user),
        "by id": Named(owner.user_id),
        "either": Named(owner.user),
        "off": Named(f"{owner.user}-off"),
        "nowhere": Named(owner.user, "no-such-domain"),
        "nobody": Named(f"{owner.user}-nobody"),
    }
    try:
        found = accounts.find("users", set(names.values()))
    finally:
        rest.change("domain", domain, enabled=False)
    got = {
        what: each.id if isinstance(each := found[named], Account) else str(each)
        for what, named in names.items()
    }
    assert got["default"] == got["by id"] == owner.user_id
    assert got["elsewhere"] == elsewhere
    assert "several users called" in got["either"]
    assert "is disabled" in got["off"]
    assert got["nowhere"] == "Keystone has no domain 'no-such-domain'. Check the spelling."
    assert got["nobody"].startswith("Keystone has no user")
    people = accounts.users({owner.user_id, off, "0" * 32})
    assert isinstance(people[off], Account)
    assert not people[off].enabled
    assert isinstance(people["0" * 32], DeclarationError)


def test_members_are_those_of_groups_and_of_projects_above_too(
    accounts: KeystoneAccounts, rest: Rest, owner: Owner, unique: str
) -> None:
    (role,) = rest.find("role", name="member")
    inner = rest.make(
        "project", name=f"{unique}-in", domain_id="default", parent_id=owner.project_id
    )
    group = rest.make("group", name=unique, domain_id="default")
    people = [rest.make("user", name=f"{unique}-{each}", domain_id="default") for each in "abc"]
    rest.send("PUT", f"/groups/{group}/users/{people[0]}")
    rest.send("PUT", f"/projects/{inner}/groups/{group}/roles/{role['id']}")
    above = f"/OS-INHERIT/projects/{owner.project_id}/users/{people[1]}/roles/{role['id']}"
    rest.send("PUT", f"{above}/inherited_to_projects")
    where = Account(inner, f"{unique}-in", "default", enabled=True)
    assert accounts.members(where) == {people[0], people[1]}
    assert [user.id for user in accounts.group(Named(unique))] == [people[0]]
