"""What a node does with a service that is Swift: tried before it is told, and told seamlessly."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.core.facts import ServiceFact
from setup_tool.core.http import Request
from setup_tool.core.queries import ReadService
from setup_tool.core.transaction import Canary, Ending
from tests.lab.waiting import wait_until
from tests.node.places import Heard, Place, little_service
from tests.node.swift_place import LittleSwift, little_swift

if TYPE_CHECKING:
    import pytest

PASSWORD = "canary-word-77"


def seen(place: Place, service: LittleSwift) -> ServiceFact:
    query = ReadService("swift", port=service.port)
    fact = place.shell().observe([query])[query]
    assert isinstance(fact, ServiceFact)
    return fact


def test_swift_init_is_told_of_where_it_may_restart_what_runs(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setup_tool.node.observe.SWIFT_RUN", str(place.home))
    command = place.home / "bin" / "swift-init"
    with little_swift(place.home) as service:
        (place.home / "proxy-server.pid").write_text(f"{service.main}\n")
        assert not seen(place, service).swift_init
        command.write_text("#!/bin/sh\n")
        command.chmod(0o755)
        assert seen(place, service).swift_init
        (place.home / "proxy-server.pid").write_text("1\n")
        assert not seen(place, service).swift_init, "it would not be stopped"
    stopped = seen(place, service)
    assert (stopped.running, stopped.swift_init) == (False, True)
    with little_service(place.home, "fine") as other:
        query = ReadService("little", port=other.port)
        fact = place.shell().observe([query])[query]
    assert isinstance(fact, ServiceFact)
    assert (fact.running, fact.swift_init) == (True, False)


def test_a_reload_keeps_the_main_process_and_its_workers_are_new(place: Place) -> None:
    with little_swift(place.home) as service:
        assert seen(place, service).seamless
        main, before, heard = service.main, service.pids(), Heard()
        new = service.text("# new")
        shell = place.shell()
        outcome = shell.commit(service.change("reload", new, service.control()), heard)
        shell.close()
        assert service.served() == new
        wait_until(lambda: set(before) & set(service.pids()) == {main})
    assert outcome.ending is Ending.DONE
    assert heard.texts[:4] == [
        "check",
        f"try {service.conf}",
        f"write {service.conf}",
        "reload swift",
    ]


def test_a_file_that_does_not_load_never_goes_live(place: Place) -> None:
    with little_swift(place.home, "# old") as service:
        main, old = service.main, service.conf.read_bytes()
        new = service.text(f"password = refused {PASSWORD}")
        shell = place.shell()
        outcome = shell.commit(service.change("broken", new, service.control()), Heard())
        shell.close()
        assert (service.main, service.served(), service.conf.read_bytes()) == (main, old, old)
    assert outcome.ending is Ending.FAILED
    assert outcome.step == f"try {service.conf}"
    assert outcome.detail == (
        f"Swift refuses the new {service.conf}: ValueError: {service.conf} cannot be used: "
        "it says 'password = ********'. Nothing was changed"
    )
    left = [path for path in place.home.rglob("*") if ".setup-tool." in path.name]
    assert left == []
    journal = (place.run_folder("broken") / "journal").read_text()
    assert PASSWORD not in journal
    assert not (place.run_folder("broken") / "said").exists()


def test_a_file_that_was_broken_before_is_said_to_have_been(near: Place) -> None:
    with little_swift(near.home) as service:
        service.conf.write_bytes(service.text("# refused"))
        new = service.text("# refused again")
        outcome = near.shell().commit(service.change("both", new, service.control()), Heard())
        as_it_is = near.shell().commit(service.change("bare", None, service.control()), Heard())
        assert service.health == 200
    assert outcome.ending is Ending.FAILED
    assert "it refuses the file as it stands as well, so this was wrong before" in outcome.detail
    assert as_it_is.ending is Ending.FAILED
    assert as_it_is.detail.startswith(f"swift was not told to read {service.conf}, which Swift ")


def test_it_is_tried_with_the_environment_of_the_service(place: Place) -> None:
    with little_swift(place.home) as service:
        service.conf.chmod(0o640)
        (service.home / "loads").unlink()
        new = service.text("# new")
        shell = place.shell()
        shell.commit(service.change("loads", new, service.control()), Heard())
        shell.close()
    tried, *_ = (service.home / "loads").read_text().splitlines()
    assert tried == f"{os.getuid()} its own 100640"


def test_what_knows_no_seamless_reload_is_restarted(near: Place) -> None:
    with little_swift(near.home, "# deaf") as service:
        main = service.main
        assert not seen(near, service).seamless
        new, heard = service.text("# new"), Heard()
        outcome = near.shell().commit(service.change("deaf", new, service.control()), heard)
        assert service.served() == new
        assert service.main != main
    assert outcome.ending is Ending.DONE
    assert "restart swift" in heard.texts


def test_what_was_reloaded_is_brought_back_by_a_reload(
    near: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setup_tool.node.run_text.AFTER_PATIENCE", 0)
    with little_swift(near.home, "# old") as service:
        main, old = service.main, service.conf.read_bytes()
        url = f"http://127.0.0.1:{service.port}/conf"
        canary = Canary("native", Request("GET", url), (200,), before=True)
        new, heard = service.text("# strict"), Heard()
        change = service.change("strict", new, service.control(), canaries=(canary,))
        outcome = near.shell().commit(change, heard)
        assert (service.served(), service.main) == (old, main)
    assert outcome.ending is Ending.RESTORED
    assert heard.texts.count("reload swift") == 2
    assert "restart swift" not in heard.texts


def test_what_cannot_be_brought_back_by_a_reload_is_restarted(near: Place) -> None:
    with little_swift(near.home, "# old") as service:
        old = service.conf.read_bytes()
        control = replace(service.control(timeout=3), config_test=None)
        new, heard = service.text("# refused"), Heard()
        outcome = near.shell().commit(service.change("dies", new, control), heard)
        assert service.served() == old
    assert outcome.ending is Ending.RESTORED
    assert "restart swift" in heard.texts
