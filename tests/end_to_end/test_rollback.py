"""`rollback` on a cloud: what apply did to the proxies goes, and comes again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
    back = rollback(untouched, "--yes")
    assert conf(untouched) == second
    assert "canary signed S3 request" in back.err
    assert all(has_s3(untouched, proxy) for proxy in PROXIES)
    assert untouched.plan()["converged"]

    document(untouched, "--yes", "--to", listed["run"])
    assert conf(untouched) == first
    untouched.apply()
    assert conf(untouched) == second
    assert all(has_s3(untouched, proxy) for proxy in PROXIES)
