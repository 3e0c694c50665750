"""What becomes of a transaction when somebody is killed, cut off or in the way."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.facts import (
    RunsFact,
    RunState,
)
from setup_tool.core.queries import (
    ReadRuns,
)
from setup_tool.core.transaction import (
    Ending,
    SettleRun,
    Transaction,
)
from tests.contracts.changes import STATE, TOKEN, change, write
from tests.lab.waiting import wait_until
from tests.node.places import (
    Heard,
    LittleService,
    Place,
    SshServer,
    little_service,
)

if TYPE_CHECKING:
    from setup_tool.core.transaction import Outcome


class Slow:
    """A commit in a thread, held at its canary until told to go on."""

    def __init__(self, place: Place, service: LittleService, run: str) -> None:
        self.service, self.heard = service, Heard()
        self.shell = place.shell()
        self.outcome: Outcome | None = None
        self.problem: BaseException | None = None
        transaction = change(service, run, b"old", b"slow")
        self.thread = threading.Thread(target=self._commit, args=(transaction,))
        self.thread.start()
        wait_until((service.home / "asked").exists)

    def _commit(self, transaction: Transaction) -> None:
        try:
            self.outcome = self.shell.commit(transaction, self.heard)
        except Exception as problem:  # noqa: BLE001 - the test looks at it
            self.problem = problem

    def go_on(self) -> None:
        (self.service.home / "go").touch()

    def end(self) -> None:
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.shell.close()


def test_while_one_run_is_at_work_another_is_turned_away_and_it_is_seen_running(
    place: Place,
) -> None:
    with little_service(place.home, "old") as service:
        slow = Slow(place, service, "slow")
        shell = place.shell()
        second = shell.commit(
            Transaction("second", STATE, (write("~/other", b"new", None),)), Heard()
        )
        runs = shell.observe([ReadRuns(STATE)])[ReadRuns(STATE)]
        slow.go_on()
        slow.end()
        third = shell.commit(
            Transaction("third", STATE, (write("~/other", b"new", None),)), Heard()
        )
        shell.close()
    assert second.ending is Ending.LOCKED
    assert runs == RunsFact({"slow": RunState.RUNNING})
    assert slow.outcome is not None
    assert slow.outcome.ending is Ending.DONE
    assert third.ending is Ending.DONE


def test_a_lock_that_a_power_cut_left_without_a_word_holds_nobody_back(place: Place) -> None:
    shell = place.shell()
    state = place.home / "state"
    state.mkdir(mode=0o700)
    for number in (1, 2):
        (state / f"lock.{number}").touch()
    change = Transaction("first", STATE, (write("~/other", b"new", None),))
    assert shell.commit(change, Heard()).ending is Ending.DONE
    shell.close()
    assert [path.name for path in state.glob("lock.*")] == ["lock.3"]


def test_a_run_goes_on_without_its_connection_and_is_followed_again(
    far: Place, server: SshServer
) -> None:
    with little_service(far.home, "old") as service:
        slow = Slow(far, service, "cut")
        slow.shell.close()
        slow.end()
        shell, heard = far.shell(), Heard()
        follower = threading.Timer(0, slow.go_on)
        heard.reactions["canary native"] = follower.start
        outcome = shell.attach("cut", STATE, heard)
        shell.close()
    assert "goes on by itself" in str(slow.problem)
    assert outcome.ending is Ending.DONE
    assert service.conf.read_bytes() == b"slow"
    assert heard.texts[0] == "check"
    assert server.process.poll() is None


def test_an_ended_run_can_be_followed_too(near: Place) -> None:
    transaction = Transaction("ended", STATE, (write("~/file", b"new", None),))
    first = near.shell().commit(transaction, Heard())
    assert near.shell().attach("ended", STATE, Heard()) == first


def test_a_run_that_was_never_there_is_said_to_be_missing(near: Place) -> None:
    outcome = near.shell().attach("nowhere", STATE, Heard())
    assert outcome.ending is Ending.FAILED
    assert "no run nowhere" in outcome.detail


def test_a_run_killed_on_the_node_is_reported_seen_dead_and_settled_by_the_next(
    place: Place,
) -> None:
    with little_service(place.home, "old") as service:
        slow = Slow(place, service, "killed")
        place.kill_run("killed")
        slow.end()
        shell = place.shell()
        runs = shell.observe([ReadRuns(STATE)])[ReadRuns(STATE)]
        left = place.home / ".service.conf.setup-tool.killed"
        left.write_text("what a run killed a moment earlier would have left")
        slow.go_on()
        again = shell.commit(
            change(service, "again", b"slow", b"new", steps=(SettleRun("killed"),)), Heard()
        )
        after = shell.observe([ReadRuns(STATE)])[ReadRuns(STATE)]
        shell.close()
    assert slow.outcome is not None
    assert slow.outcome.ending is Ending.FAILED
    assert "was killed on the node" in slow.outcome.detail
    assert runs == RunsFact({"killed": RunState.DEAD})
    assert again.ending is Ending.DONE
    assert after == RunsFact({})
    assert not left.exists()
    assert service.conf.read_bytes() == b"new"


def test_no_token_is_in_any_command_line_or_environment(place: Place) -> None:
    with little_service(place.home, "old") as service:
        slow = Slow(place, service, "secret")
        seen = b""
        for entry in Path("/proc").glob("[0-9]*"):
            if entry.name == str(os.getpid()):
                continue
            for name in ("cmdline", "environ"):
                try:
                    seen += (entry / name).read_bytes()
                except OSError:
                    continue
        slow.go_on()
        slow.end()
    assert b"run.sh" in seen, "the run was not there to be seen"
    assert TOKEN.encode() not in seen
    assert slow.outcome is not None
    assert slow.outcome.ending is Ending.DONE
