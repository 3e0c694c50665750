"""Laws 1 and 2, and what a run costs, on a cloud that nothing has touched before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cloud import Cloud

pytestmark = pytest.mark.live("Keystone 30.0.0", "Swift 2.38.3")

NODES = ("controller", "proxy1", "proxy2")


@pytest.fixture(scope="module")
def applied(untouched: Cloud) -> Cloud:
    """The module's cloud, after its first apply."""
    untouched.run("apply", "-i", untouched.inventory, "--yes")
    return untouched


def _allowed_while_reading(line: str) -> bool:
    _, method, uri, *_ = line.split()
    return method in {"GET", "HEAD"} or (method, uri) == ("POST", "/v3/auth/tokens")


def test_law_2_a_plan_writes_nothing_on_nodes_and_only_reads_from_keystone(
    untouched: Cloud,
) -> None:
    before = {node: untouched.tree(node) for node in NODES}
    asked_before = len(untouched.lab.access_lines())

    ran = untouched.run("plan", "-i", untouched.inventory, "--exit-code", status=3)

    assert "changes on 3 targets" in ran.out
    assert {node: untouched.tree(node) for node in NODES} == before
    asked = untouched.lab.access_lines()[asked_before:]
    assert [line for line in asked if not _allowed_while_reading(line)] == []
    logins = [line for line in asked if line.split()[1] == "POST"]
    assert len(logins) == 2, "one login of our own, one for the one candidate password"


def test_a_plan_shows_nodes_with_the_same_change_once(untouched: Cloud) -> None:
    out = untouched.run("plan", "-i", untouched.inventory).out
    assert "proxy1, proxy2 (2 nodes, the same)" in out
    assert out.count("+[filter:s3token]") == 1
    assert "+password = ********" in out


def test_a_plan_in_json_is_one_document_with_every_change(untouched: Cloud) -> None:
    document = untouched.plan()
    assert document["converged"] is False
    stages = Counter(change["stage"] for change in document["changes"])
    assert stages == {"accounts": 1, "proxies": 4, "catalogue": 4}


def test_without_a_terminal_and_without_yes_nothing_is_asked_and_nothing_done(
    untouched: Cloud,
) -> None:
    before = untouched.proxy_conf("proxy1").read_bytes()
    ran = untouched.run("apply", "-i", untouched.inventory, status=2)
    assert "--yes" in ran.err
    assert untouched.proxy_conf("proxy1").read_bytes() == before


def test_law_1_after_an_apply_the_plan_is_empty(applied: Cloud) -> None:
    assert applied.plan() == {"converged": True, "changes": [], "notes": []}
    assert applied.run("plan", "-i", applied.inventory, "--exit-code").status == 0


def test_a_second_apply_has_nothing_to_do_and_writes_nothing(applied: Cloud) -> None:
    before = {node: applied.tree(node) for node in NODES}
    asked_before = len(applied.lab.access_lines())
    ran = applied.run("apply", "-i", applied.inventory)
    assert ran.out == "Nothing to do: everything is as declared.\n"
    assert {node: applied.tree(node) for node in NODES} == before
    asked = applied.lab.access_lines()[asked_before:]
    assert [line for line in asked if not _allowed_while_reading(line)] == []


def test_an_apply_with_nothing_to_do_costs_one_connection_and_one_exec_a_node(
    applied: Cloud,
) -> None:
    seen = len(applied.lab.session_events())
    applied.run("apply", "-i", applied.inventory)
    events = applied.lab.session_events()[seen:]
    for node in NODES:
        kinds = Counter(event["event"] for event in events if event["node"] == node)
        assert kinds["exec"] == 1, events
        assert len({e["connection"] for e in events if e["node"] == node}) == 1, events


def test_a_service_that_was_stopped_is_started_and_the_plan_says_why(applied: Cloud) -> None:
    from tests.lab.controlling import control

    assert control(applied.lab, "proxy2", "stop").returncode == 0
    (change,) = applied.plan()["changes"]
    assert (change["target"], change["action"]) == ("proxy2", "bounce")
    assert change["reasons"] == ["swift-proxy does not run."]
    applied.run("apply", "-i", applied.inventory, "--yes")
    assert applied.plan()["converged"] is True


def test_law_4_a_file_that_was_touched_after_the_start_calls_for_a_reload(
    applied: Cloud,
) -> None:
    conf = applied.proxy_conf("proxy1")
    conf.write_text(conf.read_text() + "# a remark\n")
    (change,) = applied.plan()["changes"]
    assert (change["target"], change["summary"]) == ("proxy1", "reload swift-proxy")
    applied.run("apply", "-i", applied.inventory, "--yes")
    assert applied.plan()["converged"] is True
