"""Killed at any point, a run leaves every file wholly old or wholly new, and the next converges."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.facts import FileFact, RunsFact
from setup_tool.core.queries import ReadFile, ReadRuns, ReadStamp
from setup_tool.core.transaction import (
    BounceService,
    Ending,
    ServiceControl,
    SettleRun,
    StampService,
    Transaction,
)
from tests.contracts.changes import STATE, write
from tests.lab.waiting import wait_until
from tests.node.places import Heard, Place

if TYPE_CHECKING:
    from setup_tool.adapters.node_shell import NodeShell
    from setup_tool.core.transaction import NodeStep

OLD = {"~/one": b"1" * 300_000, "~/two": b"2" * 300_000}
NEW = {"~/one": b"A" * 250_000, "~/two": b"B" * 350_000}
INSTANTS = 8
SYNC = shutil.which("sync")
"""This machine's own."""

# A `sync` that kills the run which calls it the n-th time; runs sync before and after
# every effect.
KILLING_SYNC = """\
#!/bin/sh
case $(tr '\\0' ' ' </proc/$PPID/cmdline) in *run.sh*)
    count=$(($(cat ~/count) + 1))
    echo $count >~/count
    [ $count -ne $(cat ~/victim) ] || kill -KILL $PPID
esac
exec {sync} "$@"
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A node with two files, and a service that nothing tells apart but its restarts."""

    place: Place
    shell: NodeShell

    def begin(self) -> None:
        for path, data in OLD.items():
            self.file(path).write_bytes(data)

    def file(self, path: str) -> Path:
        return self.place.home / path.removeprefix("~/")

    def observed(self) -> dict[str, bytes]:
        facts = self.shell.observe([ReadFile(path) for path in NEW])
        found = {}
        for path in NEW:
            fact = facts[ReadFile(path)]
            assert isinstance(fact, FileFact)
            assert fact.content is not None
            found[path] = fact.content.data
        return found

    def change(
        self,
        run: str,
        found: dict[str, bytes],
        *steps: NodeStep,
        restart: str = "echo >>~/restarts",
    ) -> Transaction:
        control = ServiceControl("files", tuple(NEW), health_url="", restart=restart)
        writes = [
            write(path, data, found[path]) for path, data in NEW.items() if found[path] != data
        ]
        doing = (*steps, *writes, BounceService(control, reload=False), StampService(control))
        return Transaction(run, STATE, doing)

    def converge(self, run: str) -> None:
        """Do what the next run of the tool does, and hold that all is as declared then."""
        found = self.observed()
        for path, data in found.items():
            assert data in {OLD[path], NEW[path]}, f"{path} is neither old nor new"
        runs = self.shell.observe([ReadRuns(STATE)])[ReadRuns(STATE)]
        assert isinstance(runs, RunsFact)
        settling = [SettleRun(name) for name in runs.unended]
        outcome = self.shell.commit(self.change(run, found, *settling), Heard())
        assert outcome.ending is Ending.DONE
        facts = self.shell.observe([ReadRuns(STATE), ReadStamp("files", STATE)])
        assert facts[ReadRuns(STATE)] == RunsFact({})
        assert facts[ReadStamp("files", STATE)].digests  # type: ignore[union-attr]
        assert self.observed() == NEW
        assert not [path.name for path in self.place.home.glob(".*setup-tool*")]


@pytest.fixture
def node(near: Place) -> Node:
    return Node(near, near.shell())


@pytest.mark.parametrize(
    ("restart", "end", "effects"),
    [
        ("echo >>~/restarts", Ending.DONE, 14),
        # refuses the new files, so the run puts the old ones back
        ("grep -q 1 ~/one", Ending.RESTORED, 18),
    ],
)
def test_killed_before_or_after_any_of_its_effects(
    node: Node, restart: str, end: Ending, effects: int
) -> None:
    node.place.fake("sync", KILLING_SYNC.format(sync=SYNC))
    victim = 0
    ending = Ending.FAILED
    while ending is Ending.FAILED:
        victim += 1
        node.begin()
        (node.place.home / "count").write_text("0")
        (node.place.home / "victim").write_text(str(victim))
        change = node.change(f"victim-{victim}", OLD, restart=restart)
        ending = node.shell.commit(change, Heard()).ending
        (node.place.home / "victim").write_text("0")
        node.converge(f"next-{victim}")
    assert ending is end
    assert victim > effects, "fewer effects were interrupted than such a run has"


def test_killed_with_all_its_children_at_any_instant(node: Node) -> None:
    chance = random.Random(20261121)  # noqa: S311 - instants, not secrets
    for number in range(INSTANTS):
        node.begin()
        run = f"instant-{number}"
        timer = threading.Timer(chance.uniform(0, 0.4), kill_group, (node.place, run))
        timer.start()
        node.shell.commit(node.change(run, OLD), Heard())
        timer.join()
        node.converge(f"next-{number}")


def kill_group(place: Place, run: str) -> None:
    """Kill what a run has started too, as a power cut does; nothing where it has ended."""
    owner = place.run_folder(run) / "owner"
    wait_until(owner.exists)
    pid = int(owner.read_text().split()[0])
    try:
        if b"run.sh" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.killpg(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return


OPERATOR = """
import sys
from setup_tool.adapters.local import LocalShell
from setup_tool.declare.access import Access
from setup_tool.core.transaction import *
class Tells:
    def on(self, event):
        print(event.text, flush=True)
control = ServiceControl("files", (), "", restart="until [ -e ~/go ]; do sleep 0.1; done")
steps = (BounceService(control, reload=False), StampService(control))
shell = LocalShell("here", Access("localhost", connection="local"))
shell.commit(Transaction("orphan", "~/state", steps), Tells())
"""


def test_an_operator_killed_while_following_leaves_a_run_that_goes_on(node: Node) -> None:
    operator = subprocess.Popen(
        [sys.executable, "-c", OPERATOR], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert operator.stdout is not None
    while operator.stdout.readline() != b"restart files\n":
        assert operator.poll() is None
    operator.kill()
    operator.wait()
    operator.stdout.close()
    runs = node.shell.observe([ReadRuns(STATE)])[ReadRuns(STATE)]
    assert isinstance(runs, RunsFact)
    assert list(runs.unended) == ["orphan"]
    (node.place.home / "go").touch()
    assert node.shell.attach("orphan", STATE, Heard()).ending is Ending.DONE
