"""`rollback` on a cloud: what apply did to the proxies goes, and comes again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.end_to_end.refusals import refused
from tests.lab.waiting import wait_until
from tests.lab_fixture import request

if TYPE_CHECKING:
    from tests.cloud import Cloud

PROXIES = ("proxy1", "proxy2")


def rollback(cloud: Cloud, *words: str, status: int | None = 0) -> Any:
    return cloud.run("rollback", "-i", cloud.inventory, *words, status=status)


def document(cloud: Cloud, *words: str) -> Any:
    return rollback(cloud, "--format", "json", *words).document


def runs(cloud: Cloud) -> list[Any]:
    found: list[Any] = document(cloud, "--list")["runs"]
    return found


def conf(cloud: Cloud) -> dict[str, bytes]:
    return {proxy: cloud.proxy_conf(proxy).read_bytes() for proxy in PROXIES}


def has_s3(cloud: Cloud, proxy: str) -> bool:
    """Tell what the running proxy says of itself."""
    answer = request(
        "GET", f"{cloud.lab.record.url(proxy)}/info", headers=cloud.lab.login().headers
    )
    assert answer.status == 200
    return "s3api" in json.loads(answer.body)


def native(cloud: Cloud, method: str, container: str) -> int:
    login = cloud.lab.login()
    answer = request(method, f"{login.object_store}/{container}", headers=login.headers)
    return answer.status


def test_before_anything_was_done_there_is_nothing_to_roll_back(untouched: Cloud) -> None:
    assert "No runs: setup-tool has changed nothing" in rollback(untouched, "--list").out
    assert "Nothing to roll back: no run has changed a file" in rollback(untouched, "--yes").out
    assert document(untouched, "--yes")["to"] is None


def test_what_apply_did_is_undone_proxy_by_proxy_and_apply_does_it_again(
    untouched: Cloud,
) -> None:
    first = conf(untouched)
    untouched.apply()
    second = conf(untouched)
    assert native(untouched, "PUT", "kept") == 201
    (listed,) = runs(untouched)
    assert [part["node"] for part in listed["nodes"]] == list(PROXIES)
    assert all(part["can_be_undone"] for part in listed["nodes"])

    before = {proxy: untouched.tree(proxy) for proxy in PROXIES}
    question = rollback(untouched, status=2)
    assert "There is no terminal to ask on" in question.err
    assert {proxy: untouched.tree(proxy) for proxy in PROXIES} == before

    done = rollback(untouched, "--yes")
    assert conf(untouched) == first
    assert native(untouched, "HEAD", "kept") == 204
    assert not any(has_s3(untouched, proxy) for proxy in PROXIES)
    assert f"Back to before run {listed['run']}:" in done.out
    assert "-s3api" not in done.out
    assert "-pipeline = " in done.out
    assert "-password = ********" in done.out
    assert "Keystone is left as it is" in done.out
    assert "canary native Swift request" in done.err
    assert "canary signed S3 request" not in done.err
    assert done.err.index("proxy1: done") < done.err.index("proxy2: transaction started")
    assert not untouched.plan()["converged"], "plan shows what apply would do"

    again = rollback(untouched, "--to", listed["run"], "--yes")
    assert "Nothing to roll back: every file is as it was before run" in again.out

    undone = runs(untouched)[0]
    assert undone["command"] == "rollback"
    back = rollback(untouched, "--yes", "--format", "json")
    assert back.document["to"] == undone["run"]
    assert back.document["done"] == len(back.document["changes"]) == 4
    assert conf(untouched) == second
    assert "canary signed S3 request" in back.err
    assert all(has_s3(untouched, proxy) for proxy in PROXIES)


def test_a_file_that_somebody_changed_since_stops_all_until_told_otherwise(
    untouched: Cloud,
) -> None:
    assert untouched.plan()["converged"]
    applied = conf(untouched)
    edited = applied["proxy2"] + b"# by hand\n"
    untouched.proxy_conf("proxy2").write_bytes(edited)
    said = refused(untouched, "rollback", "-i", untouched.inventory, "--yes")
    assert "proxy2: ~/etc/swift/proxy-server.conf was changed by somebody else" in said
    assert "proxy1" not in said
    assert "Nothing was touched. --overwrite-changed" in said
    newest = runs(untouched)[0]["nodes"]
    assert {part["node"]: part["can_be_undone"] for part in newest} == {
        "proxy1": True,
        "proxy2": False,
    }
    assert "was changed by somebody else" in rollback(untouched, "--list").out

    rollback(untouched, "--limit", "proxy1", "--yes")
    assert conf(untouched)["proxy2"] == edited
    first = conf(untouched)["proxy1"]
    assert first != applied["proxy1"]

    told = rollback(untouched, "--limit", "proxy2", "--overwrite-changed", "--yes")
    assert "-# by hand" in told.out
    assert b"s3api" not in conf(untouched)["proxy2"]
    untouched.apply()
    assert conf(untouched) == applied


def test_a_run_that_is_not_known_is_answered_with_the_one_that_may_be_meant(
    untouched: Cloud,
) -> None:
    run = runs(untouched)[0]["run"]
    inventory = untouched.inventory
    said = refused(untouched, "rollback", "-i", inventory, "--to", f"{run}0", "--yes")
    assert f"knows a run {run}0. Did you mean {run}?" in said
    listing = refused(untouched, "rollback", "-i", inventory, "--list", "--to", run)
    assert "leave out --to" in listing


def test_two_operators_and_one_who_is_killed_leave_what_one_would(untouched: Cloud) -> None:
    applied = conf(untouched)
    last = next(run for run in runs(untouched) if run["command"] == "apply")
    words = ("rollback", "-i", untouched.inventory, "--to", last["run"], "--yes")

    started = [untouched.start(*words), untouched.start(*words)]
    for process in started:
        out, err = process.communicate(timeout=300)
        untouched.assert_no_secret(out, err)
        assert "Traceback" not in err
        assert process.returncode == 0 or "another run" in err or "was changed" in err, err
    untouched.run(*words)
    rolled_back = conf(untouched)
    assert all(rolled_back[proxy] != applied[proxy] for proxy in PROXIES)
    assert "Nothing to roll back" in untouched.run(*words).out
    untouched.apply()

    again = untouched.start(*words)
    journals = untouched.lab.layout.nodes / "proxy1"
    known = set(journals.rglob("journal"))
    wait_until(lambda: set(journals.rglob("journal")) - known)
    again.kill()
    again.communicate()
    untouched.run(*words)
    assert conf(untouched) == rolled_back
    untouched.apply()
    assert conf(untouched) == applied
