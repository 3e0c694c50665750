"""Which files go back to what, so that a node is as it was before one of its runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Stage
from setup_tool.declare.fields import suggestion
from setup_tool.node.run_journal import KEPT_RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from setup_tool.core.history import HistoryFact, PastFile, PastRun

_NAME = re.compile(r"(?P<run>\d{8}T\d{6}-[0-9a-f]+)-\d+-(?P<stage>[a-z]+)")
"""A transaction's name: the operator's run, the round, the stage."""

_UNTOUCHED = {"restored", "stale", "locked"}
"""Endings after which every file is as the run found it."""


@dataclass(frozen=True, slots=True)
class Back:
    """One file that goes back to what it was before the run ``transaction``.

    Its copy is that transaction's ``index``th; ``before`` is the copy's digest, None
    where there was no file. ``now`` is the digest it has, None where there is none.
    ``runs`` are those that wrote it since, the first of them the one named.
    """

    path: str
    stage: Stage
    transaction: str
    index: int
    before: str | None
    now: str | None
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """What it takes on one node, and what speaks against it, in full sentences.

    ``changed`` are files that somebody else changed since, ``impossible`` what cannot be
    brought back at all.
    """

    files: tuple[Back, ...] = ()
    changed: tuple[str, ...] = ()
    impossible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Write:
    run: str
    transaction: str
    file: PastFile


def run_of(transaction: str) -> str:
    """Return the run of an operator that a transaction was part of."""
    found = _NAME.fullmatch(transaction)
    return found["run"] if found else transaction


def chosen_run(histories: Mapping[str, HistoryFact], asked: str | None) -> str | None:
    """Return the run to go back behind: the one asked for, else the last that changed files.

    ``histories`` are by node; None: no run changed a file. Raises `DeclarationError` for
    a run that no node knows.
    """
    runs = {run_of(past.name) for history in histories.values() for past in history.runs}
    if asked is None:
        return max(
            (
                write.run
                for history in histories.values()
                for writes in _writes(history.runs).values()
                for write in writes
            ),
            default=None,
        )
    run = run_of(asked)
    if run in runs:
        return run
    known = f"They know {', '.join(sorted(runs, reverse=True))}." if runs else "They know none."
    raise DeclarationError(
        f"No journal of these nodes knows a run {asked}.{suggestion(run, sorted(runs))} {known}"
    )


def undone(node: str, history: HistoryFact, run: str) -> Undone:
    """Return what brings a node's files back to what they were before a run.

    Everything that this run and later ones wrote there goes back, so that the node is as
    it once was. The order of a node's runs is its own; a run that was at work on other
    nodes only is placed by its name, which begins with its time.
    """
    names = [run_of(past.name) for past in history.runs]
    first = next((place for place, name in enumerate(names) if name >= run), len(names))
    since = history.runs[first:]
    impossible = [
        *_lost(node, history, run),
        *(_unrecorded(node, past) for past in since if past.command is None and past.wrote),
    ]
    files: list[Back] = []
    changed: list[str] = []
    for writes in _writes(since).values():
        back = _back(writes)
        if back.now == back.before:
            continue
        files.append(back)
        if back.before is not None and not writes[0].file.kept:
            impossible.append(
                f"{node}: the copy of {back.path} that run {writes[0].run} kept is gone, so the "
                "file cannot be brought back."
            )
        strange = _strange(writes)
        if strange is not None:
            changed.append(
                f"{node}: {back.path} was changed by somebody else after run {strange} wrote it."
            )
    return Undone(tuple(files), tuple(changed), tuple(impossible))


def _back(writes: Sequence[_Write]) -> Back:
    first, last = writes[0], writes[-1]
    return Back(
        path=first.file.path,
        stage=_stage(first.transaction),
        transaction=first.transaction,
        index=first.file.index,
        before=first.file.before,
        now=last.file.now,
        runs=tuple(dict.fromkeys(write.run for write in writes)),
    )


def _unrecorded(node: str, past: PastRun) -> str:
    return (
        f"{node}: an older version of setup-tool made run {run_of(past.name)} and did not record "
        f"what is needed to undo it. Its copies are in runs/{past.name}/backup below the state "
        "directory; bring them back by hand."
    )


def _lost(node: str, history: HistoryFact, run: str) -> list[str]:
    """Refuse a run so long ago that the node's own part of it may be pruned."""
    ended = [run_of(past.name) for past in history.runs if past.ending is not None]
    if len(ended) < KEPT_RUNS or min(ended) <= run:
        return []
    sentence = (
        f"{node}: its journal goes back to run {min(ended)} only, so what it was before run "
        f"{run} is not known. Choose a later run, or leave this node out with --limit."
    )
    return [sentence]


def _writes(runs: Iterable[PastRun]) -> dict[str, list[_Write]]:
    """Return what really was written, by file, in the order in which it was."""
    tried: dict[str, list[tuple[PastRun, PastFile]]] = {}
    for past in runs:
        for file in past.files:
            if file.real is not None:
                tried.setdefault(file.real, []).append((past, file))
    found: dict[str, list[_Write]] = {}
    for real, attempts in tried.items():
        then = attempts[-1][1].now
        made: list[_Write] = []
        for past, file in reversed(attempts):
            if _was_made(past, file, then):
                made.append(_Write(run_of(past.name), past.name, file))
                then = file.before
        if made:
            found[real] = made[::-1]
    return found


def _was_made(past: PastRun, file: PastFile, then: str | None) -> bool:
    """Tell whether a run left its bytes; ``then`` is the digest that was seen next."""
    if past.ending in _UNTOUCHED:
        return False
    if past.ending == "done":
        return file.written
    # It failed or was killed: it may have put the old file back, or have died between the
    # rename and its note of it.
    return then != file.before if file.written else then == file.after


def _strange(writes: Sequence[_Write]) -> str | None:
    """Return the run after which somebody else changed the file, the last of them."""
    if writes[-1].file.after != writes[-1].file.now:
        return writes[-1].run
    return next(
        (one.run for one, other in pairwise(writes) if one.file.after != other.file.before), None
    )


def _stage(transaction: str) -> Stage:
    found = _NAME.fullmatch(transaction)
    stages = {stage.name.lower(): stage for stage in Stage}
    return stages.get(found["stage"], Stage.PROXIES) if found else Stage.PROXIES
