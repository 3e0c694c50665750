"""A service is out of its balancer while it changes, and back in it whatever happens."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.core.facts import RunsFact, RunState
from setup_tool.core.http import Request
from setup_tool.core.queries import ReadRuns
from setup_tool.core.transaction import Canary, Drain, Ending, ServiceControl, SettleRun
from setup_tool.node import run_text
from tests.contracts.changes import STATE
from tests.node.places import Heard, Place
from tests.node.swift_place import LittleSwift, little_swift

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def maintenance(place: Place) -> Path:
    return place.home / "maintenance"


def heeding(place: Place) -> str:
    return f"disable_path = {maintenance(place)}"


def drained(place: Place, service: LittleSwift, drain: Drain = Drain(0, 5)) -> ServiceControl:  # noqa: B008 - frozen
    return replace(service.control(), disable_path=str(maintenance(place)), drain=drain)


def unended(place: Place) -> dict[str, RunState]:
    fact = place.shell().observe([ReadRuns(STATE)])[ReadRuns(STATE)]
    assert isinstance(fact, RunsFact)
    return dict(fact.unended)


def test_it_is_drained_from_before_the_write_to_after_its_canary(place: Place) -> None:
    with little_swift(place.home, heeding(place)) as service:
        new, heard = service.text(heeding(place), "# new"), Heard()
        url = f"http://127.0.0.1:{service.port}/conf"
        canary = Canary("native", Request("GET", url), (200,), before=True)
        (service.home / "asked").unlink(missing_ok=True)
        change = service.change("round", new, drained(place, service), canaries=(canary,))
        shell = place.shell()
        outcome = shell.commit(change, heard)
        shell.close()
        assert (service.health, service.served()) == (200, new)
    assert outcome.ending is Ending.DONE
    asked = (service.home / "asked").read_text().splitlines()
    assert asked == ["", "setup-tool round", ""], "asked before, after and by this test"
    assert not maintenance(place).exists()
    assert not (place.run_folder("round") / "drain").exists()
    assert heard.texts == [
        "check",
        f"try {service.conf}",
        "drain swift",
        f"write {service.conf}",
        "reload swift",
        "wait for swift",
        "canary native",
        "undrain swift",
        "stamp swift",
    ]


def test_the_balancer_gets_its_time_before_and_after(near: Place) -> None:
    with little_swift(near.home, heeding(near)) as service:
        heard, control = Heard(), drained(near, service, Drain(1, 0))
        near.shell().commit(service.change("time", None, control), heard)
    waits = [text for text in heard.texts if text.startswith("wait 1 s for the balancer")]
    assert len(waits) == 2
    assert heard.texts.index("drain swift") < heard.texts.index(waits[0])


def test_connections_are_waited_for_until_they_end(near: Place) -> None:
    with (
        little_swift(near.home, heeding(near)) as service,
        socket.create_connection(("127.0.0.1", service.port)) as client,
    ):
        heard, control = Heard(), drained(near, service, Drain(0, 60))
        heard.reactions["wait for the connections of swift to end"] = client.close
        outcome = near.shell().commit(service.change("ends", None, control), heard)
    assert outcome.ending is Ending.DONE
    assert "wait for the connections of swift to end" in heard.texts
    assert not [text for text in heard.texts if "still open" in text]


def test_a_connection_that_does_not_end_is_not_waited_for_forever(near: Place) -> None:
    with (
        little_swift(near.home, heeding(near)) as service,
        socket.create_connection(("127.0.0.1", service.port)),
    ):
        heard, control = Heard(), drained(near, service, Drain(0, 0))
        outcome = near.shell().commit(service.change("stays", None, control), heard)
    assert outcome.ending is Ending.DONE
    assert "it goes on with 1 connections of swift still open" in heard.texts


def test_an_operators_own_drain_stays_and_is_no_illness(place: Place) -> None:
    with little_swift(place.home, heeding(place)) as service:
        maintenance(place).write_text("disk is being changed\n")
        new, heard = service.text(heeding(place), "# new"), Heard()
        shell = place.shell()
        outcome = shell.commit(service.change("own", new, drained(place, service)), heard)
        shell.close()
        assert service.health == 503
        assert service.served() == new
    assert outcome.ending is Ending.DONE
    assert maintenance(place).read_text() == "disk is being changed\n"
    assert f"swift is drained by {maintenance(place)}, which is not ours and stays" in heard.texts


def test_a_change_that_is_undone_ends_its_drain(
    near: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setup_tool.node.run_text.AFTER_PATIENCE", 0)
    with little_swift(near.home, heeding(near)) as service:
        url = f"http://127.0.0.1:{service.port}/conf"
        canary = Canary("native", Request("GET", url), (200,), before=True)
        new = service.text(heeding(near), "# strict")
        change = service.change("strict", new, drained(near, service), canaries=(canary,))
        outcome = near.shell().commit(change, Heard())
        assert service.health == 200
    assert outcome.ending is Ending.RESTORED
    assert not maintenance(near).exists()


def test_a_service_that_is_ill_without_its_drain_is_put_back(near: Place) -> None:
    with little_swift(near.home, heeding(near)) as service:
        old = service.conf.read_bytes()
        new = service.text(heeding(near), "# sick")
        control = replace(drained(near, service), health_timeout=2)
        outcome = near.shell().commit(service.change("sick", new, control), Heard())
        assert (service.health, service.served()) == (200, old)
    assert outcome.ending is Ending.RESTORED
    assert outcome.detail == "swift answered its health check with 503 for 2 s undrained"


def test_a_drain_that_a_dead_run_left_is_ended_by_the_next(place: Place) -> None:
    with little_swift(place.home, heeding(place)) as service:
        new, heard = service.text(heeding(place), "# mute"), Heard()
        heard.reactions["wait for swift"] = lambda: place.kill_run("dead")
        shell = place.shell()
        dead = shell.commit(service.change("dead", new, drained(place, service)), heard)
        assert maintenance(place).read_text() == "setup-tool dead\n"
        assert unended(place) == {"dead": RunState.DEAD}
        (service.home / "go").touch()
        settled = Heard()
        settled.reactions["drain swift"] = lambda: None
        change = service.change("next", None, drained(place, service), SettleRun("dead"))
        outcome = shell.commit(change, settled)
        shell.close()
        assert service.health == 200
    assert dead.ending is Ending.FAILED
    assert outcome.ending is Ending.DONE
    assert settled.texts.index("settle run dead") < settled.texts.index("drain swift")
    assert unended(place) == {}
    assert not maintenance(place).exists()


def test_settling_leaves_what_an_operator_has_made_of_a_drain(near: Place) -> None:
    with little_swift(near.home, heeding(near)) as service:
        heard = Heard()
        heard.reactions["wait for swift"] = lambda: near.kill_run("dead")
        new = service.text(heeding(near), "# mute")
        near.shell().commit(service.change("dead", new, drained(near, service)), heard)
        maintenance(near).write_text("I keep it out\n")
        (service.home / "go").touch()
        change = service.change("next", None, drained(near, service), SettleRun("dead"))
        assert near.shell().commit(change, Heard()).ending is Ending.DONE
    assert maintenance(near).read_text() == "I keep it out\n"
    assert unended(near) == {}


def test_a_service_that_has_not_read_its_disable_path_changes_without_a_drain(
    near: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = "$(($(date +%s) + 10))"
    assert run_text.RUN_FUNCTIONS.count(patience) == 1
    quicker = run_text.RUN_FUNCTIONS.replace(patience, "$(($(date +%s) + 1))")
    monkeypatch.setattr(run_text, "RUN_FUNCTIONS", quicker)
    with little_swift(near.home) as service:
        heard, new = Heard(), service.text(heeding(near))
        outcome = near.shell().commit(service.change("first", new, drained(near, service)), heard)
    assert outcome.ending is Ending.DONE
    assert "swift was not drained: it has not read its disable_path" in heard.texts
    assert not maintenance(near).exists()


def test_a_drain_that_cannot_be_made_is_no_hindrance(near: Place) -> None:
    with little_swift(near.home, "disable_path = /nowhere/at/all") as service:
        heard = Heard()
        control = replace(drained(near, service), disable_path="/nowhere/at/all")
        outcome = near.shell().commit(service.change("nowhere", None, control), heard)
    assert outcome.ending is Ending.DONE
    assert "swift was not drained: /nowhere/at/all could not be made" in heard.texts


def test_a_drain_that_cannot_be_ended_is_said_and_left_to_the_next_run(near: Place) -> None:
    stuck = near.home / "stuck"
    near.fake(
        "rm",
        "#!/bin/sh\n"
        f'case "$*" in *{maintenance(near)}*) [ ! -e {stuck} ] || exit 1 ;; esac\n'
        'exec /bin/rm "$@"\n',
    )
    with little_swift(near.home, heeding(near)) as service:
        stuck.touch()
        outcome = near.shell().commit(
            service.change("stuck", None, drained(near, service)), Heard()
        )
        assert unended(near) == {"stuck": RunState.DEAD}
        stuck.unlink()
        change = service.change("next", None, drained(near, service), SettleRun("stuck"))
        assert near.shell().commit(change, Heard()).ending is Ending.DONE
        assert service.health == 200
    assert outcome.ending is Ending.FAILED
    assert f"The drain stays: {maintenance(near)} could not be removed" in outcome.detail
    assert unended(near) == {}
