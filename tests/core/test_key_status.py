"""What Keystone's records tell about a key, without a request made with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from setup_tool.core.account import Account
from setup_tool.core.credential import PASSING, KeyPair
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.key_status import Problem, states
from setup_tool.core.secret import Secret
from setup_tool.core.stored_key import Directory, Domain, StoredKey

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WHOLE = Directory(
    users={"u": Account("u", "alice", "d", enabled=True)},
    projects={"p": Account("p", "web", "d", enabled=True)},
    domains={"d": Domain("Default", enabled=True)},
    members=frozenset({("u", "p")}),
    whole=True,
)


def key(access: str = "ak", **fields: object) -> StoredKey:
    return replace(StoredKey("u", "p", KeyPair(access, Secret("s"))), **fields)  # type: ignore[arg-type]


def told(
    *keys: StoredKey, directory: Directory = WHOLE, oldest: timedelta | None = None
) -> list[tuple[Problem, ...]]:
    return [state.problems for state in states(keys, directory, NOW, oldest=oldest)]


def test_a_key_with_user_project_and_role_has_nothing_wrong_and_their_names() -> None:
    (state,) = states([key()], WHOLE, NOW)
    assert (state.user, state.user_domain) == ("alice", "Default")
    assert (state.project, state.project_domain) == ("web", "Default")
    assert (state.problems, state.usable) == ((), True)


def test_a_key_of_nobody_shows_the_ids_and_is_not_usable() -> None:
    (state,) = states([key(user_id="gone", project_id="lost")], WHOLE, NOW)
    assert (state.user, state.project, state.user_domain) == ("gone", "lost", None)
    assert state.problems == (Problem.USER_MISSING, Problem.PROJECT_MISSING)
    assert not state.usable


def test_where_we_see_only_ourselves_a_missing_project_may_be_a_missing_role() -> None:
    ours = replace(WHOLE, projects={}, members=frozenset(), whole=False)
    assert told(key(), directory=ours) == [(Problem.NO_ACCESS,)]


def test_a_disabled_domain_makes_a_key_unusable() -> None:
    disabled = replace(WHOLE, domains={"d": Domain("Default", enabled=False)})
    (state,) = states([key()], disabled, NOW)
    assert (state.problems, state.usable) == ((Problem.DOMAIN_DISABLED,), False)


def test_several_keys_for_one_user_and_project_are_told_of_each() -> None:
    assert told(key("a"), key("b")) == [(Problem.SEVERAL,), (Problem.SEVERAL,)]


def test_a_key_that_goes_or_that_is_no_persons_makes_no_second_one() -> None:
    going = key("b", record=KeyRecord(retires=NOW + DAY))
    passing = key(f"{PASSING}{int(NOW.timestamp())}-1")
    heat = key("h", delegated=True)
    assert told(key("a"), going, heat, passing) == [(), (), (), ()]
    assert told(key("b", record=KeyRecord(retires=NOW))) == [(Problem.RETIRED,)]


def test_a_key_that_a_dead_run_left_is_told() -> None:
    old = key(f"{PASSING}{int((NOW - DAY).timestamp())}-1")
    assert told(old) == [(Problem.LEFT_OVER,)]


def test_an_expired_key_still_works_since_nothing_enforces_it() -> None:
    (state,) = states([key(record=KeyRecord(expires=NOW))], WHOLE, NOW)
    assert (state.problems, state.usable) == ((Problem.EXPIRED,), True)
    assert told(key(record=KeyRecord(expires=NOW + DAY))) == [()]


def test_age_is_a_finding_only_where_a_limit_is_given() -> None:
    young, old = KeyRecord(issued=NOW - DAY), KeyRecord(issued=NOW - 90 * DAY)
    for record, problems in (
        (young, ()),
        (old, (Problem.OLD,)),
        (KeyRecord(), (Problem.AGE_UNKNOWN,)),
    ):
        assert told(key(record=record)) == [()]
        assert told(key(record=record), oldest=90 * DAY) == [problems]
