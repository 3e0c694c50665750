"""A rotation step by step: whatever fails, a key works and it is said which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from setup_tool.core.credential import Credential, KeyPair, Owner
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.secret import Secret
from setup_tool.core.stored_key import Directory, StoredKey
from setup_tool.credentials.bundle import BundleFile
from setup_tool.credentials.rotate import Rotation, parsed_grace, to_rotate

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
OWNER = Owner("u", "alice", "p", "web")
MINUTE = timedelta(minutes=1)
FILE = BundleFile("eucarc", ("text",), changed=True)


def key(access: str, **record: object) -> StoredKey:
    return StoredKey("u", "p", KeyPair(access, Secret("s")), KeyRecord(**record))  # type: ignore[arg-type]


@dataclass
class Place:
    """Keystone, a gateway, files and a clock in one; ``broken`` names the step that fails.

    What Keystone does is held to the real one by tests/adapters/test_key_ring.py.
    """

    there: dict[str, StoredKey]
    broken: str = ""
    now: datetime = NOW
    said: list[str] = field(default_factory=list)
    held: str = "old"
    worked: list[set[str]] = field(default_factory=list)

    def do(self, step: str) -> None:
        if step == self.broken:
            raise SetupToolError(f"{step} failed.")

    def create(self, owner: Owner, record: KeyRecord | None = None) -> Credential:
        self.do("create")
        made = key("new")
        self.there["new"] = replace(made, record=record or KeyRecord())
        return Credential(owner, made.pair, record or KeyRecord())

    def stored(self, user_id: str | None) -> tuple[StoredKey, ...]:
        assert user_id == "u"
        return tuple(self.there.values())

    def delete(self, one: Credential | StoredKey) -> None:
        self.do(f"delete {one.pair.access}")
        del self.there[one.pair.access]

    def note(self, one: StoredKey, record: KeyRecord) -> None:
        self.do(f"note {one.access}")
        self.there[one.access] = replace(one, record=record)

    def prove(self, credential: Credential) -> str:
        assert credential.pair.access in self.there
        self.do("prove")
        return "RegionOne"

    def write(self, credential: Credential, region: str) -> tuple[BundleFile, ...]:
        assert region == "RegionOne"
        self.do("write")
        self.held = credential.pair.access
        return (FILE,)

    def ourselves(self) -> str:
        raise NotImplementedError

    def user_ids(self, user: str, domain: str | None) -> frozenset[str]:
        raise NotImplementedError

    def directory(self, keys: object) -> Directory:
        raise NotImplementedError

    def owner(self, user: str | None, project: str | None, domain: str | None) -> Owner:
        raise NotImplementedError

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        raise NotImplementedError

    def create_chosen(self, owner: Owner, pair: KeyPair) -> Credential:
        raise NotImplementedError

    @property
    def rotation(self) -> Rotation:
        return Rotation(self, self, self._clock, self.prove, self.write, self.said.append)

    @property
    def _clock(self) -> Clock:
        return Clock(self)


@dataclass
class Clock:
    """Time that passes when it is waited for; what works meanwhile is looked at."""

    place: Place

    def now(self) -> datetime:
        return self.place.now

    def monotonic(self) -> float:
        return self.place.now.timestamp()

    def wait(self, seconds: float) -> None:
        self.place.worked.append(set(self.place.there))
        self.place.now += timedelta(seconds=seconds)


def test_the_new_key_is_proven_and_in_the_files_before_the_old_one_goes() -> None:
    place = Place({"old": key("old", label="backup", contact="dba")})
    done = place.rotation.rotate(OWNER, place.there["old"])
    assert (done.new.pair.access, done.files, done.is_over) == ("new", (FILE,), True)
    assert list(place.there) == ["new"]
    assert place.held == "new"
    record = place.there["new"].record
    assert record == KeyRecord(
        label="backup", contact="dba", issued=NOW, checked=NOW, replaces="old"
    )


@pytest.mark.parametrize(
    ("step", "left", "held", "sentence"),
    [
        ("create", {"old"}, "old", "create failed."),
        ("prove", {"old"}, "old", "So old stays: it works as before"),
        ("write", {"old", "new"}, "old", "Both keys work, old and new; some of the files"),
        ("delete old", {"old", "new"}, "new", "Both keys work, and the files have the new one"),
    ],
)
def test_a_step_that_fails_leaves_keys_that_work_and_says_which(
    step: str, left: set[str], held: str, sentence: str
) -> None:
    place = Place({"old": key("old")}, broken=step)
    with pytest.raises(SetupToolError) as caught:
        place.rotation.rotate(OWNER, place.there["old"])
    assert sentence in str(caught.value)
    assert f"{step} failed." in str(caught.value)
    assert set(place.there) == left
    assert place.held == held


@pytest.mark.parametrize("step", ["write", "delete old"])
def test_the_next_rotation_goes_on_with_the_key_that_was_made(step: str) -> None:
    place = Place({"old": key("old")}, broken=step)
    with pytest.raises(SetupToolError):
        place.rotation.rotate(OWNER, place.there["old"])
    place.broken = "create"
    old = to_rotate(place.stored("u"), OWNER)
    assert old.access == "old"
    place.rotation.rotate(OWNER, old)
    assert list(place.there) == ["new"]
    assert place.held == "new"


def test_a_new_key_that_does_not_work_and_cannot_be_removed_is_named() -> None:
    class Stuck(Place):
        def delete(self, one: Credential | StoredKey) -> None:
            raise SetupToolError(f"Keystone is away: {one.pair.access}.")

    stuck = Stuck({"old": key("old")}, broken="prove")
    with pytest.raises(
        SetupToolError, match=r"new, could not be removed again: Keystone is away: new"
    ):
        stuck.rotation.rotate(OWNER, stuck.there["old"])


def test_with_a_grace_both_work_until_it_is_over_and_the_old_one_is_marked() -> None:
    place = Place({"old": key("old", label="backup")})
    place.rotation.rotate(OWNER, place.there["old"], grace=5 * MINUTE)
    assert place.now == NOW + 5 * MINUTE
    assert len(place.worked) == 10
    assert all(both == {"old", "new"} for both in place.worked)
    assert list(place.there) == ["new"]


def test_without_waiting_the_mark_is_left_to_whoever_deletes_what_is_due() -> None:
    place = Place({"old": key("old", label="backup")})
    done = place.rotation.rotate(OWNER, place.there["old"], grace=5 * MINUTE, wait=False)
    assert done.retires == NOW + 5 * MINUTE
    assert not done.is_over
    assert place.there["old"].record == KeyRecord(label="backup", retires=NOW + 5 * MINUTE)


def test_a_grace_that_was_interrupted_ends_when_it_was_to_end() -> None:
    place = Place({"old": key("old", retires=NOW + MINUTE), "new": key("new", replaces="old")})
    place.rotation.rotate(OWNER, place.there["old"], grace=timedelta(days=7))
    assert place.now == NOW + MINUTE
    assert list(place.there) == ["new"]


def test_where_keystone_keeps_no_record_the_grace_lasts_all_the_same() -> None:
    place = Place({"old": key("old")}, broken="note old")
    done = place.rotation.rotate(OWNER, place.there["old"], grace=MINUTE)
    assert place.now == NOW + MINUTE
    assert list(place.there) == ["new"]
    assert "could not be kept in Keystone: note old failed." in done.notes[0]


def test_the_new_key_lasts_as_long_as_the_old_one_was_to() -> None:
    old = key("old", issued=NOW - 90 * MINUTE, expires=NOW - MINUTE)
    place = Place({"old": old})
    place.rotation.rotate(OWNER, old)
    assert place.there["new"].record.expires == NOW + 89 * MINUTE
    said = Place({"old": old})
    said.rotation.rotate(OWNER, old, expires=NOW + MINUTE)
    assert said.there["new"].record.expires == NOW + MINUTE


def test_the_only_key_is_meant_or_the_one_that_the_files_hold() -> None:
    other = StoredKey("u", "elsewhere", KeyPair("x", Secret("s")))
    assert to_rotate([key("a"), other], OWNER).access == "a"
    assert to_rotate([key("a"), key("b")], OWNER, {"b"}).access == "b"
    with pytest.raises(DeclarationError, match="several keys for project web: a, b"):
        to_rotate([key("a"), key("b")], OWNER)
    with pytest.raises(DeclarationError, match="no key for project web that could be rotated"):
        to_rotate([other, replace(key("t"), delegated=True)], OWNER)


def test_a_grace_is_a_time() -> None:
    assert parsed_grace(None) == timedelta()
    assert parsed_grace("90") == parsed_grace("90s") == timedelta(seconds=90)
    assert parsed_grace("10m") == 10 * MINUTE
    assert parsed_grace("7d") == timedelta(days=7)
    for wrong in ("", "-1m", "1w", "400d", "soon"):
        with pytest.raises(DeclarationError, match=r"--grace '.*' should be a time"):
            parsed_grace(wrong)
