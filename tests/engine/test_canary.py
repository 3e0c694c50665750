from __future__ import annotations

import pytest

from setup_tool.adapters.machine import SystemClock, SystemEntropy
from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.errors import SetupToolError, UnreachableError
from setup_tool.core.secret import Secret
from setup_tool.engine.canary import passing_key

OURSELVES = Owner("u1", "admin", "p1", "admin")


class KeysOfOurs:
    """The keys of one owner; ``failing`` is raised once a chosen one was made."""

    def __init__(self, *accesses: str, failing: BaseException | None = None) -> None:
        self.pairs = [KeyPair(access, Secret("s")) for access in accesses]
        self.failing = failing

    @property
    def accesses(self) -> list[str]:
        return [pair.access for pair in self.pairs]

    def owner(self, user: str | None, project: str | None, domain: str | None) -> Owner:
        assert (user, project, domain) == (None, None, None)
        return OURSELVES

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        return tuple(Credential(owner, pair) for pair in self.pairs)

    def create(self, owner: Owner) -> Credential:
        raise NotImplementedError

    def create_chosen(self, owner: Owner, pair: KeyPair) -> Credential:
        self.pairs.append(pair)
        if self.failing:
            raise self.failing
        return Credential(owner, pair)

    def delete(self, credential: Credential) -> None:
        self.pairs.remove(credential.pair)


def test_a_passing_key_is_there_while_it_is_needed_and_then_gone() -> None:
    keys = KeysOfOurs("a user's own")
    with passing_key(keys, SystemEntropy(), SystemClock()) as pair:
        assert keys.accesses == ["a user's own", pair.access]
        assert pair.is_passing
    assert keys.accesses == ["a user's own"]


def test_a_key_that_keystone_chose_itself_is_used_and_removed() -> None:
    class Choosing(KeysOfOurs):
        def create_chosen(self, owner: Owner, pair: KeyPair) -> Credential:
            del pair
            return super().create_chosen(owner, KeyPair("chosen", Secret("t")))

    keys = Choosing("a user's own")
    with passing_key(keys, SystemEntropy(), SystemClock()) as pair:
        assert pair == KeyPair("chosen", Secret("t"))
        assert keys.accesses == ["a user's own", "chosen"]
    assert keys.accesses == ["a user's own"]


def test_what_a_killed_run_left_is_removed_when_nobody_can_be_using_it() -> None:
    now = int(SystemClock().now().timestamp())
    used = f"setup-tool-canary-{now - 60}-0123"
    left = f"setup-tool-canary-{now - 7 * 3600}-0123"
    keys = KeysOfOurs(left, "setup-tool-canary-0123", used, "a user's own")
    with passing_key(keys, SystemEntropy(), SystemClock()):
        assert left not in keys.accesses
    assert keys.accesses == [used, "a user's own"]


@pytest.mark.parametrize("failing", [KeyboardInterrupt(), UnreachableError("It fell silent.")])
def test_a_key_is_removed_although_its_making_was_cut_off(failing: BaseException) -> None:
    keys = KeysOfOurs(failing=failing)
    with pytest.raises(type(failing)), passing_key(keys, SystemEntropy(), SystemClock()):
        pass
    assert keys.accesses == []


def test_the_reason_why_a_key_cannot_be_made_is_what_is_said() -> None:
    class Closed(KeysOfOurs):
        def delete(self, credential: Credential) -> None:
            raise SetupToolError(f"may not delete {credential.pair.access}")

    closed = Closed(failing=SetupToolError("may not create"))
    with (
        pytest.raises(SetupToolError, match="may not create"),
        passing_key(closed, SystemEntropy(), SystemClock()),
    ):
        pass
