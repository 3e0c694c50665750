from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.errors import OverloadedError, SetupToolError, UnreachableError
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.secret import Secret
from setup_tool.credentials.issue_many import Batch, Result, in_order
from setup_tool.credentials.wishes import Wish

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

OWNERS = [Owner(f"u{number}", f"user{number}", "p", "demo") for number in range(20)]


class Ring:
    """Keys in memory, which fail for one user as they are told."""

    def __init__(self, fails_for: str = "", failure: SetupToolError | None = None) -> None:
        self.made: list[Owner] = []
        self._fails_for = fails_for
        self._failure = failure

    def look_up(self, owners: Collection[Owner]) -> None:
        del owners

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        if self._failure and owner.user == self._fails_for:
            raise self._failure
        return tuple(_key(each) for each in self.made if each == owner)

    def create(self, owner: Owner, record: KeyRecord) -> Credential:
        del record
        self.made.append(owner)
        return _key(owner)

    def owner_of(self, access: str) -> tuple[str, str] | None:
        raise NotImplementedError

    def delete(self, credential: Credential) -> None:
        raise NotImplementedError


def _key(owner: Owner) -> Credential:
    return Credential(owner, KeyPair(f"key-of-{owner.user}", Secret("s")))


def test_results_come_in_order_and_little_is_taken_ahead_of_them() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(500):
            taken.append(number)
            yield number

    turn = threading.Semaphore(0)

    def work(number: int) -> int:
        if number % 2:
            turn.release()
        else:
            turn.acquire()  # the next one is done first
        return number

    for at, found in enumerate(in_order(items(), work, 4)):
        assert found == at
        assert len(taken) <= at + 17
    assert len(taken) == 500


@pytest.mark.parametrize("forks", [1, 4])
def test_a_failure_of_ones_own_does_not_keep_the_others_from_their_keys(forks: int) -> None:
    ring = Ring("user3", SetupToolError("It has no place."))
    batch = Batch(ring, None, new=False)
    wishes = [Wish(owner, KeyRecord()) for owner in OWNERS]
    found = list(in_order(wishes, lambda wish: batch.issue(wish, ""), forks))
    assert [one.user for one in found if one] == [owner.user for owner in OWNERS]
    assert [one.user for one in found if one and one.result is Result.FAILED] == ["user3"]
    assert len(ring.made) == 19
    assert batch.stopped_by is None


def test_when_nothing_answers_any_more_the_rest_is_not_begun() -> None:
    silence = UnreachableError("Keystone cannot be reached.")
    ring = Ring("user3", silence)
    batch = Batch(ring, None, new=False)
    found = [batch.issue(Wish(owner, KeyRecord()), "") for owner in OWNERS]
    assert [one.result for one in found if one] == [*[Result.MADE] * 3, Result.FAILED]
    assert found[4:] == [None] * 16
    assert batch.stopped_by is silence


def test_a_service_that_always_fails_stops_the_run_and_one_that_fails_at_times_does_not() -> None:
    broken = OverloadedError("Keystone answers 500.")
    for others, begun, stop in ((0, 20, broken), (1, 60, None)):
        ring = Ring("user3", broken)
        batch = Batch(ring, None, new=False)
        wishes = [Wish(OWNERS[3], KeyRecord()), *[Wish(OWNERS[4], KeyRecord())] * others] * 30
        found = [batch.issue(wish, "") for wish in wishes]
        assert (sum(one is not None for one in found), batch.stopped_by) == (begun, stop)


def test_a_key_with_another_label_does_not_count_for_new_ones() -> None:
    ring = Ring()
    batch = Batch(ring, None, new=True)
    ring.made.append(OWNERS[0])
    outcome = batch.issue(Wish(OWNERS[0], KeyRecord(label="spring")), "")
    assert outcome
    assert outcome.result is Result.MADE
    again = Batch(ring, None, new=False).issue(Wish(OWNERS[0], KeyRecord(label="spring")), "")
    assert again
    assert (again.result, again.access) == (Result.THERE, "key-of-user0")
