from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.secret import Secret
from setup_tool.credentials.issue import issue

if TYPE_CHECKING:
    from setup_tool.core.key_record import KeyRecord

DEMO = Owner("u1", "demo", "p1", "demo")
OTHER = Owner("u1", "demo", "p2", "other")


class KeysInMemory:
    """Keys of which nothing is kept but what a test says."""

    def __init__(self, *credentials: Credential) -> None:
        self.credentials = list(credentials)

    def owner(self, user: str | None, project: str | None, domain: str | None) -> Owner:
        raise NotImplementedError

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        found = [credential for credential in self.credentials if credential.owner == owner]
        return tuple(sorted(found, key=lambda credential: credential.pair.access))

    def create(self, owner: Owner, record: KeyRecord | None = None) -> Credential:
        del record
        return self.create_chosen(owner, pair(f"made{len(self.credentials)}"))

    def create_chosen(self, owner: Owner, pair: KeyPair) -> Credential:
        self.credentials.append(Credential(owner, pair))
        return self.credentials[-1]

    def delete(self, credential: Credential) -> None:
        self.credentials.remove(credential)


def pair(access: str) -> KeyPair:
    return KeyPair(access, Secret(f"secret of {access}"))


def test_the_first_credential_is_made() -> None:
    keys = KeysInMemory(Credential(OTHER, pair("a")))
    issued = issue(keys, DEMO, new=False)
    assert issued.created
    assert issued.note is None
    assert keys.credentials[-1] == issued.credential
    assert issued.credential.owner == DEMO


def test_a_credential_that_is_there_is_used_again() -> None:
    there = Credential(DEMO, pair("a"))
    keys = KeysInMemory(there)
    issued = issue(keys, DEMO, new=False)
    assert (issued.credential, issued.created, issued.note) == (there, False, None)
    assert keys.credentials == [there]


def test_a_new_one_is_made_on_demand_beside_the_others() -> None:
    keys = KeysInMemory(Credential(DEMO, pair("a")))
    issued = issue(keys, DEMO, new=True)
    assert issued.created
    assert len(keys.credentials) == 2


@pytest.mark.parametrize("order", [("b", "a", "c"), ("c", "b", "a")])
def test_of_several_the_same_is_used_every_time_and_the_others_are_named(
    order: tuple[str, ...],
) -> None:
    keys = KeysInMemory(*(Credential(DEMO, pair(access)) for access in order))
    issued = issue(keys, DEMO, new=False)
    assert issued.credential.pair.access == "a"
    assert issued.note is not None
    assert issued.note.endswith("a is used. The others: b, c.")
    assert "secret of" not in repr(issued)


def test_of_several_the_one_that_the_files_hold_already_is_used() -> None:
    keys = KeysInMemory(*(Credential(DEMO, pair(access)) for access in ("a", "b", "c")))
    issued = issue(keys, DEMO, new=False, held={"b", "gone"})
    assert issued.credential.pair.access == "b"
    assert issued.note is not None
    assert issued.note.endswith("b is used. The others: a, c.")


def test_a_key_that_a_run_has_made_for_itself_is_not_handed_out() -> None:
    passing = Credential(DEMO, pair("setup-tool-canary-0123"))
    keys = KeysInMemory(passing)
    issued = issue(keys, DEMO, new=False)
    assert issued.created
    assert issued.credential != passing
