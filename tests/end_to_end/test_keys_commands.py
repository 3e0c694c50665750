"""`credentials list`, `show`, `revoke` and `audit` on a real cloud."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end import stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cloud import Cloud
    from tests.end_to_end.stored import Holder

NOW = datetime.now(UTC)
OLD = (NOW - timedelta(days=100)).isoformat(timespec="seconds")
LATER = (NOW + timedelta(days=100)).isoformat(timespec="seconds")


@pytest.fixture
def holder(served: Cloud) -> Iterator[Holder]:
    yield from stored.holder(served)


@pytest.fixture
def other(served: Cloud) -> Iterator[Holder]:
    yield from stored.holder(served)


def listed(cloud: Cloud, *words: str, **environment: str) -> list[Any]:
    ran = cloud.run("credentials", "list", *words, "--format", "json", **environment)
    found: list[Any] = ran.document["keys"]
    return found


def own(holder: Holder) -> dict[str, str]:
    """Return the environment in which the program logs in as the holder."""
    return {
        "OS_CLOUD": "",
        "OS_AUTH_URL": holder.rest._lab.keystone,
        "OS_USERNAME": holder.name,
        "OS_PASSWORD": "canary-holder",
        "OS_PROJECT_NAME": holder.name,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }


def test_keys_are_listed_by_user_project_domain_label_and_for_the_whole_cloud(
    served: Cloud, holder: Holder, other: Holder
) -> None:
    one, two = holder.key({"label": "backup", "issued": OLD}), other.key()
    assert [key["access"] for key in listed(served, "--user", holder.name)] == [one]
    assert [key["access"] for key in listed(served, "--user", holder.user_id)] == [one]
    assert [key["access"] for key in listed(served, "--project", other.name)] == [two]
    assert [key["access"] for key in listed(served, "--label", "backup")] == [one]
    assert {one, two} <= {key["access"] for key in listed(served, "--all")}
    assert {one, two} <= {key["access"] for key in listed(served, "--domain", "Default")}
    assert one not in {key["access"] for key in listed(served)}
    assert listed(served, "--user", holder.name, "--project", other.name) == []


def test_a_user_lists_her_own_keys_and_is_told_that_others_are_not_to_be_seen(
    served: Cloud, holder: Holder, other: Holder
) -> None:
    mine, theirs = holder.key(), other.key()
    assert [key["access"] for key in listed(served, **own(holder))] == [mine]
    for words, sentence in (
        (("list", "--all"), "Only an administrator sees the keys of everybody"),
        (("audit",), "Only an administrator sees the keys of everybody"),
        (("list", "--user", other.name), "only one's own keys can be seen"),
        (("revoke", "--user", other.name, "--yes"), "only one's own keys can be seen"),
        (("revoke", theirs, "--yes"), f"no access key {theirs} that this login may see"),
        (("show", theirs, "--reveal"), f"no access key {theirs} that this login may see"),
    ):
        ran = served.run("credentials", *words, status=None, **own(holder))
        assert ran.status in {1, 2}
        assert ran.err.count("setup-tool: ") == 1
        assert sentence in ran.err
    assert other.access_keys() == {theirs}


def test_the_table_shows_whose_a_key_is_its_label_age_and_dates(
    served: Cloud, holder: Holder
) -> None:
    access = holder.key({"label": "backup", "issued": OLD, "expires": LATER})
    heading, row = served.run("credentials", "list", "--user", holder.name).out.splitlines()
    assert heading.split("  ")[0] == "ACCESS KEY"
    for word in (access, holder.name, "  ok  ", "backup", "100 d", LATER[:10]):
        assert word in row


def test_a_name_that_would_move_the_cursor_is_shown_without_that(
    served: Cloud, holder: Holder
) -> None:
    name = f"{holder.name}\x1b[2J"
    holder.rest.change("user", holder.user_id, name=name)
    holder.key({"label": "red\x1b[31m"})
    out = served.run("credentials", "list", "--user", name).out
    assert "\x1b" not in out
    assert f"{holder.name}?[2J" in out


def test_a_secret_is_shown_only_on_request(served: Cloud, holder: Holder) -> None:
    access = holder.key({"purpose": "nightly backups"})
    for words in (("show", access), ("show", access, "--format", "json"), ("list", "--all")):
        assert "canary-" not in served.run("credentials", *words).out
    shown = served.run("credentials", "show", access).out
    assert "nightly backups" in shown
    assert "********" in shown
    revealed = served.run("credentials", "show", access, "--reveal", "--format", "json").document
    assert revealed["secret"] == f"canary-{access}"
    assert f"canary-{access}" in served.run("credentials", "show", access, "--reveal").out


def test_nothing_is_revoked_unless_it_is_said_what_and_agreed(
    served: Cloud, holder: Holder
) -> None:
    access = holder.key()
    assert "Say which keys" in served.run("credentials", "revoke", "--yes", status=2).err
    ran = served.run("credentials", "revoke", "--user", holder.name, status=2)
    assert access in ran.err
    assert "no terminal to ask on, so nothing was changed" in ran.err
    wrong = served.run("credentials", "revoke", access, "no-such-key", "--yes", status=2)
    assert "no access key no-such-key" in wrong.err
    assert holder.access_keys() == {access}


def test_keys_are_revoked_by_access_key_user_project_and_label(
    served: Cloud, holder: Holder, other: Holder
) -> None:
    kept = other.key({"label": "web"})
    for words in (
        lambda access: (access,),
        lambda _: ("--user", holder.name),
        lambda _: ("--project", holder.name),
        lambda _: ("--user", holder.name, "--label", "backup"),
    ):
        access = holder.key({"label": "backup"})
        ran = served.run("credentials", "revoke", *words(access), "--yes")
        assert f"{access} of {holder.name} for {holder.name}: revoked" in ran.out
        assert "secret_cache_duration" in ran.err
        assert holder.access_keys() == set()
    assert other.access_keys() == {kept}


def test_a_user_revokes_her_own_key(served: Cloud, holder: Holder) -> None:
    access, second = holder.key(), holder.key()
    ran = served.run("credentials", "revoke", access, "--yes", "--format", "json", **own(holder))
    assert [key["access"] for key in ran.document["revoked"]] == [access]
    assert holder.access_keys() == {second}


def test_what_is_due_is_what_is_expired_or_whose_grace_is_over(
    served: Cloud, holder: Holder
) -> None:
    expired, retired = holder.key({"expires": OLD}), holder.key({"retires": OLD})
    waiting, fresh = holder.key({"retires": LATER}), holder.key({"expires": LATER})
    ran = served.run("credentials", "revoke", "--due", "--user", holder.name, "--yes")
    assert holder.access_keys() == {waiting, fresh}
    assert all(access in ran.out for access in (expired, retired))


def test_what_stands_for_a_trust_is_revoked_by_its_access_key_alone(
    served: Cloud, holder: Holder
) -> None:
    body = {"access": "ak-of-heat", "secret": "canary-heat", "trust_id": "a-trust"}
    holder.rest.send(
        "POST",
        "/credentials",
        {
            "credential": {
                "type": "ec2",
                "user_id": holder.user_id,
                "project_id": holder.project_id,
                "blob": json.dumps(body),
            }
        },
    )
    assert listed(served, "--user", holder.name) == []
    assert "No keys" in served.run("credentials", "revoke", "--user", holder.name, "--yes").out
    served.run("credentials", "revoke", "ak-of-heat", "--yes")
    assert holder.access_keys() == set()


def test_an_audit_finds_nothing_wrong_with_a_good_key(served: Cloud, holder: Holder) -> None:
    holder.key()
    ran = served.run("credentials", "audit", "--user", holder.name)
    assert ran.out == "1 key looked at, nothing wrong.\n"


def test_an_audit_tells_what_is_wrong_and_ends_with_5(served: Cloud, holder: Holder) -> None:
    first = holder.key({"expires": OLD, "issued": OLD})
    second = holder.key()
    words = ("credentials", "audit", "--user", holder.name, "--max-age", "90d")
    found = served.run(*words, "--format", "json", status=5).document
    assert found["looked_at"] == 2
    assert {key["access"]: key["problems"] for key in found["findings"]} == {
        first: ["expired", "too old", "several keys"],
        second: ["age unknown", "several keys"],
    }
    rows = list(csv.DictReader(io.StringIO(served.run(*words, "--format", "csv", status=5).out)))
    assert {row["access"] for row in rows} == {first, second}
    assert served.run(*words, status=5).out.endswith("2 keys looked at, 2 with findings.\n")
    passed_over = [
        word
        for finding in ("expired", "too old", "several keys", "age unknown")
        for word in ("--ignore", finding)
    ]
    assert "nothing wrong" in served.run(*words, *passed_over).out
    assert "is no finding" in served.run(*words, "--ignore", "nothing", status=2).err
    assert "should be days" in served.run(*words[:-1], "soon", status=2).err


def test_a_role_that_was_taken_away_shows_in_the_audit(served: Cloud, holder: Holder) -> None:
    holder.key()
    holder.drop_role()
    ran = served.run("credentials", "audit", "--user", holder.name, "--format", "json", status=5)
    assert ran.document["findings"][0]["problems"] == ["no role left"]
    assert ran.document["findings"][0]["usable"] is False


def test_an_audit_asks_the_gateway_with_each_key_and_notes_when(
    served: Cloud, holder: Holder
) -> None:
    access = holder.key({"label": "backup"})
    served.run("credentials", "audit", "--check", "--user", holder.name)
    record = holder.record(access)
    assert record["label"] == "backup"
    checked = datetime.fromisoformat(record["checked"])
    assert abs(checked - datetime.now(UTC)) < timedelta(minutes=10)
    (key,) = listed(served, "--user", holder.name)
    assert key["checked"] == record["checked"]
