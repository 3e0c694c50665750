"""Keys for thousands of users, beside a bare loop of the same requests; killed and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.seeding import keys_by_owner, seed
from bench.timing import SETUP_TOOL, CannotMeasureError, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

USERS, FEW, ROUNDS = 2000, 100, 4
SLICE = USERS // ROUNDS
PROJECTS = {what: (f"{what}-a", f"{what}-b") for what in ("ours", "bare", "killed", "few", "filed")}


@dataclass(frozen=True, slots=True)
class Run:
    """What a program took: seconds, its own seconds of the processors, MB of memory at most."""

    wall: float
    cpu: float
    peak: float


def measure(lab: Path, environ: Mapping[str, str]) -> None:
    """Print the tables; ``environ`` says where Keystone is."""
    names = seed(lab, USERS, [name for pair in PROJECTS.values() for name in pair])
    environ = {**environ, "XDG_STATE_HOME": str(lab / "operator-state")}
    few = _ran(_issue(_csv(lab / "few.csv", names[:FEW], PROJECTS["few"])), environ)
    filed = _csv(lab / "filed.csv", names[:FEW], PROJECTS["filed"])
    with_files = _ran((*_issue(filed)[:-1], "--directory", str(lab / "keys")), environ)
    bare, ours = _in_turns(lab, names, environ)
    everybody = _csv(lab / "all.csv", names, PROJECTS["ours"])
    again = _ran(_issue(everybody), environ)
    print_table(
        f"Issuing keys, two projects a user, no files unless said; {ROUNDS} rounds in turns",
        ("", "keys", "seconds", "CPU", "ms a key", "ratio", "peak MB"),
        [
            _row("bare loop of the same requests", 2 * USERS, bare, bare),
            _row("credentials issue", 2 * USERS, ours, bare),
            _row("all there already", 2 * USERS, again, bare),
            _row("credentials issue", 2 * FEW, few, bare),
            _row("credentials issue, with files", 2 * FEW, with_files, bare),
        ],
    )
    killed, resumed, rows = _killed_and_resumed(lab, names, environ)
    print_table(
        f"{2 * USERS} keys, killed in the middle and run again; that took {resumed.wall:.1f} s "
        f"for the other half and {resumed.peak:.0f} MB",
        ("how many users and projects have", "0 keys", "1 key", "2 or more"),
        rows,
    )
    assert killed, "the run had come to its end before it was killed"


def _in_turns(lab: Path, names: Sequence[str], environ: Mapping[str, str]) -> tuple[Run, Run]:
    """Return what the bare loop and ours took for all, a part of the users after the other."""
    bare, ours = [], []
    for first in range(0, USERS, SLICE):
        numbers = (str(first), str(first + SLICE))
        command = (sys.executable, "-m", "bench.bare_issuing", *numbers, *PROJECTS["bare"])
        bare.append(_ran(command, environ))
        part = _csv(lab / "part.csv", names[first : first + SLICE], PROJECTS["ours"])
        ours.append(_ran(_issue(part), environ))
    return _sum(bare), _sum(ours)


def _sum(runs: Sequence[Run]) -> Run:
    return Run(
        sum(run.wall for run in runs), sum(run.cpu for run in runs), max(run.peak for run in runs)
    )


def _killed_and_resumed(
    lab: Path, names: Sequence[str], environ: Mapping[str, str]
) -> tuple[bool, Run, list[tuple[object, ...]]]:
    command = _issue(_csv(lab / "killed.csv", names, PROJECTS["killed"]))
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(USERS):  # half of all
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    killed = _counted(lab)
    resumed = _ran(command, environ)
    rows: list[tuple[object, ...]] = [
        ("after SIGKILL", *killed),
        ("after the next run", *_counted(lab)),
    ]
    return killed[0] > 0, resumed, rows


def _counted(lab: Path) -> tuple[int, int, int]:
    counts = list(keys_by_owner(lab, PROJECTS["killed"]).values())
    return 2 * USERS - len(counts), counts.count(1), len(counts) - counts.count(1)


def _csv(path: Path, names: Sequence[str], projects: Sequence[str]) -> Path:
    rows = [f"{name},{project}\n" for name in names for project in projects]
    path.write_text("user,project\n" + "".join(rows))
    return path


def _issue(file: Path) -> tuple[str, ...]:
    return (SETUP_TOOL, "credentials", "issue", "--from", str(file), "--no-files")


def _ran(command: Sequence[str], environ: Mapping[str, str]) -> Run:
    """Return what a program took; raises `CannotMeasureError` when it fails."""
    begin = time.perf_counter()
    with subprocess.Popen(
        command, env=dict(environ), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CannotMeasureError(f"`{' '.join(command)}` failed and said:\n{said[-1000:]}")
    wall = time.perf_counter() - begin
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _row(what: str, keys: int, run: Run, peer: Run) -> tuple[object, ...]:
    each = 1000 * run.wall / keys
    bare = 1000 * peer.wall / (2 * USERS)
    return (
        what,
        keys,
        f"{run.wall:.1f}",
        f"{run.cpu:.1f}",
        f"{each:.1f}",
        f"{each / bare:.2f}",
        f"{run.peak:.0f}",
    )
