"""A node with systemd: units instead of ports, and a run in a scope of its own.

systemd itself is played by two scripts that say and refuse what it does: a unit that
crashed too often is not restarted before ``reset-failed``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.core.facts import ServiceFact, StampFact
from setup_tool.core.queries import ReadService, ReadStamp
from setup_tool.core.transaction import (
    BounceService,
    Ending,
    ServiceControl,
    StampService,
    Transaction,
)
from setup_tool.node import observe, run_text, transaction
from tests.contracts.changes import STATE, digest, write
from tests.lab.waiting import wait_until
from tests.node.places import Heard, LittleService, Place, little_service

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSTEMCTL = """\
#!/bin/sh
echo "$*" >>~/systemctl-calls
case $1 in
show)
    for unit in "$@"; do :; done
    [ "$unit" = little.service ] || { echo LoadState=not-found; exit 0; }
    echo LoadState=loaded
    echo "InvocationID=$(cat ~/invocation)"
    if grep -q '^State:.[^ZX]' "/proc/$(cat ~/pid)/status" 2>/dev/null; then
        echo ActiveState=active
        echo "MainPID=$(cat ~/pid)"
    else
        echo ActiveState=failed
        touch ~/crashed
    fi
    ;;
reset-failed) rm -f ~/crashed ;;
restart)
    [ ! -e ~/crashed ] || { echo 'Start request repeated too quickly.' >&2; exit 1; }
    echo "$$" >~/invocation
    exec ~/bin/little
    ;;
esac
"""
SYSTEMD_RUN = """\
#!/bin/sh
echo "$*" >>~/systemd-run-calls
[ ! -e ~/no-bus ] || { echo 'Failed to connect to bus' >&2; exit 1; }
while :; do case $1 in -*) shift ;; *) exec "$@" ;; esac; done
"""

MV_THAT_KILLS_A_RUN = """\
#!/bin/sh
/bin/mv "$@"
case $* in *owner) echo begun >>~/begun; kill -9 $PPID ;; esac
"""


@pytest.fixture
def unit(near: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[LittleService]:
    """The little service as a unit of a node whose systemd runs."""
    running = near.home / "systemd-runs"
    running.mkdir()
    place = "/run/systemd/system"
    for module, name in [
        (observe, "PROCESSES"),
        (run_text, "PROCESSES"),
        (transaction, "PROCESSES"),
        (transaction, "_START"),
    ]:
        text = getattr(module, name)
        assert place in text
        monkeypatch.setattr(module, name, text.replace(place, str(running)))
    near.fake("systemctl", SYSTEMCTL)
    near.fake("systemd-run", SYSTEMD_RUN)
    near.fake("id", "#!/bin/sh\necho 0\n")
    (near.home / "invocation").write_text("first")
    with little_service(near.home, "old") as service:
        yield service


def changing(service: LittleService, run: str, new: bytes) -> Transaction:
    control = ServiceControl(
        "little",
        ("~/service.conf",),
        f"{service.url}/healthcheck",
        unit="little.service",
        health_timeout=20,
    )
    steps = (
        write("~/service.conf", new, b"old"),
        BounceService(control, reload=False),
        StampService(control),
    )
    return Transaction(run, STATE, steps)


def test_a_unit_is_restarted_by_systemd_and_stamped_with_its_invocation(
    near: Place, unit: LittleService
) -> None:
    question = ReadService("little", ("absent.service", "little.service"), port=unit.port)
    before = near.shell().observe([question])[question]
    outcome = near.shell().commit(changing(unit, "unit", b"new"), Heard())
    facts = near.shell().observe([question, ReadStamp("little", STATE)])
    after = facts[question]
    assert outcome.ending is Ending.DONE
    assert isinstance(before, ServiceFact)
    assert isinstance(after, ServiceFact)
    assert (before.instance, before.unit, before.running) == ("first", "little.service", True)
    assert after.instance == (near.home / "invocation").read_text().strip()
    assert after.started_at is not None
    expected = {"~/service.conf": digest(b"new")}
    assert facts[ReadStamp("little", STATE)] == StampFact(after.instance, expected)


def test_a_unit_that_crashed_too_often_is_started_again_with_its_old_file(
    near: Place, unit: LittleService
) -> None:
    outcome = near.shell().commit(changing(unit, "crash", b"broken"), Heard())
    assert outcome.ending is Ending.RESTORED
    assert "systemd has given it up: journalctl -u little.service" in outcome.detail
    assert unit.conf.read_bytes() == b"old"
    assert "reset-failed little.service" in (near.home / "systemctl-calls").read_text()


def test_a_run_is_started_in_a_scope_that_no_login_owns(near: Place, unit: LittleService) -> None:
    assert near.shell().commit(changing(unit, "scope", b"new"), Heard()).ending is Ending.DONE
    called = (near.home / "systemd-run-calls").read_text()
    assert called.startswith("--scope --quiet --unit=setup-tool-scope sh ")


def test_a_run_starts_without_a_scope_where_systemd_gives_none(
    near: Place, unit: LittleService
) -> None:
    (near.home / "no-bus").touch()
    assert near.shell().commit(changing(unit, "alone", b"new"), Heard()).ending is Ending.DONE
    assert unit.conf.read_bytes() == b"new"


def test_a_run_that_is_killed_as_it_begins_is_lost_and_does_not_begin_again(
    near: Place, unit: LittleService
) -> None:
    near.fake("mv", MV_THAT_KILLS_A_RUN)
    outcome = near.shell().commit(changing(unit, "short", b"new"), Heard())
    wait_until((near.home / "state/runs/short/lost").exists)
    assert "was killed on the node" in outcome.detail
    assert (near.home / "begun").read_text() == "begun\n"
    assert unit.conf.read_bytes() == b"old"
