"""The instance that a stamp names is looked for first; what is found is the same either way."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from setup_tool.core.facts import ServiceFact, StampFact
from setup_tool.core.queries import ReadService, ReadStamp
from setup_tool.core.transaction import Ending, StampService, Transaction
from tests.contracts.changes import STATE
from tests.lab.waiting import wait_until
from tests.node.places import Heard, LittleService, Place, listening, little_service

STAMP = ReadStamp("little", STATE)


def stamp(place: Place, service: LittleService) -> None:
    stamping = Transaction("first", STATE, (StampService(service.control()),))
    assert place.shell().commit(stamping, Heard()).ending is Ending.DONE


def found(place: Place, service: LittleService, *others: ReadStamp) -> tuple[ServiceFact, str]:
    query = ReadService("little", port=service.port)
    facts = place.shell().observe((query, *others))
    fact, stamped = facts[query], facts.get(STAMP, StampFact())
    assert isinstance(fact, ServiceFact)
    assert isinstance(stamped, StampFact)
    return fact, stamped.instance or ""


def own_instance() -> str:
    """Return the instance that this very process is."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{os.getpid()}:{fields[19]}:{boot}"


def test_a_stamped_service_is_found_as_it_is_without_its_stamp(place: Place) -> None:
    with little_service(place.home, "fine") as service:
        stamp(place, service)
        with_stamp, stamped = found(place, service, STAMP)
        without, _ = found(place, service)
    assert with_stamp == without
    assert with_stamp.running
    assert with_stamp.started_at is not None
    assert with_stamp.instance == stamped


def test_a_restarted_service_is_not_the_one_that_was_stamped(near: Place) -> None:
    with little_service(near.home, "fine") as service:
        stamp(near, service)
        for pid in service.pids():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not listening(service.port))
        service.start()
        fact, stamped = found(near, service, STAMP)
    assert fact.running
    assert fact.instance != stamped


def test_a_stamped_process_that_does_not_listen_is_not_the_service(near: Place) -> None:
    with little_service(near.home, "fine") as service:
        stamp(near, service)
        file = near.state / "stamps/little"
        _, *others = file.read_text().splitlines(keepends=True)
        assert others[0].startswith("listens ")
        file.write_text("".join([f"instance {own_instance()}\n", *others]))
        fact, stamped = found(near, service, STAMP)
        [pid] = service.pids()
    assert stamped == own_instance()
    assert fact.running
    assert fact.instance is not None
    assert fact.instance.startswith(f"{pid}:")


def test_a_stamp_that_names_no_socket_does_as_well(near: Place) -> None:
    with little_service(near.home, "fine") as service:
        stamp(near, service)
        file = near.state / "stamps/little"
        first, _, *others = file.read_text().splitlines(keepends=True)
        file.write_text("".join([first, *others]))
        fact, stamped = found(near, service, STAMP)
    assert fact.running
    assert fact.instance == stamped


def test_a_stamped_service_that_was_stopped_does_not_run(near: Place) -> None:
    with little_service(near.home, "fine") as service:
        stamp(near, service)
    fact, stamped = found(near, service, STAMP)
    assert stamped
    assert fact == ServiceFact(running=False)
