"""Past runs and rollbacks as text for people and as one JSON document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from setup_tool.cli.console import coloured
from setup_tool.cli.plan_text import plan_document, plan_lines
from setup_tool.declare.undo import run_of, undone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from setup_tool.core.history import HistoryFact, PastRun
    from setup_tool.core.plan import Plan
    from setup_tool.engine.rollback import Report

_NO_END = "interrupted"
"""Shown for a run without an end, and for one that a later run settled."""


def history_lines(histories: Mapping[str, HistoryFact]) -> Iterator[str]:
    """Yield the runs, the last one first, with what each did on which node."""
    runs = _by_run(histories)
    for run, parts in runs.items():
        command = next((past.command for _, past in parts if past.command), "")
        yield coloured(f"{run}  {command}".rstrip(), "bright_white")
        for node, past in parts:
            files = ", ".join(file.path for file in past.files) or (
                "files it did not record" if past.wrote else "no files"
            )
            yield f"  {node}  {_time(past)}  {past.ending or _NO_END}  {files}"
        for node in dict(parts):
            for sentence in _state(histories[node], node, run)["reasons"]:
                yield f"      {coloured('note', 'yellow')} {sentence}"
    if not runs:
        yield "No runs: setup-tool has changed nothing on these nodes yet."


def history_document(histories: Mapping[str, HistoryFact]) -> dict[str, Any]:
    """Return the runs as JSON has them, the last one first."""
    return {
        "runs": [
            {
                "run": run,
                "command": next((past.command for _, past in parts if past.command), None),
                "nodes": [
                    _part_document(node, past) | _state(histories[node], node, run)
                    for node, past in parts
                ],
            }
            for run, parts in _by_run(histories).items()
        ]
    }


def rollback_lines(behind: str, plan: Plan) -> Iterator[str]:
    """Yield what a rollback is about to do."""
    yield f"Back to before run {behind}:"
    yield ""
    yield from plan_lines(plan)


def report_lines(report: Report) -> Iterator[str]:
    """Yield what a rollback did."""
    if report.to is None:
        yield "Nothing to roll back: no run has changed a file on these nodes."
    elif report.plan.is_empty:
        yield f"Nothing to roll back: every file is as it was before run {report.to}."
    elif report.declined:
        yield "Nothing was changed."
    else:
        count = len(report.done)
        yield (
            f"{count} change{'s'[: count > 1]} made; the files are as they were before run "
            f"{report.to}. `setup-tool rollback --to {report.run}` undoes this."
        )


def report_document(report: Report) -> dict[str, Any]:
    """Return what a rollback did as JSON has it."""
    plan = plan_document(report.plan)
    return {
        "run": report.run,
        "to": report.to,
        "declined": report.declined,
        "changes": plan["changes"],
        "notes": plan["notes"],
        "done": len(report.done),
    }


def _by_run(histories: Mapping[str, HistoryFact]) -> dict[str, list[tuple[str, PastRun]]]:
    found: dict[str, list[tuple[str, PastRun]]] = {}
    for node, history in histories.items():
        for past in history.runs:
            found.setdefault(run_of(past.name), []).append((node, past))
    return dict(sorted(found.items(), reverse=True))


def _part_document(node: str, past: PastRun) -> dict[str, Any]:
    return {
        "node": node,
        "transaction": past.name,
        "ended": None if past.ending is None else _at(past).isoformat(),
        "ending": past.ending,
        "files": [
            {
                "path": file.path,
                "written": file.written,
                "as_left": file.now == file.after,
                "as_before": file.now == file.before,
            }
            for file in past.files
        ],
    }


def _state(history: HistoryFact, node: str, run: str) -> dict[str, Any]:
    """Tell whether a rollback to before a run would be refused on a node, and why."""
    way = undone(node, history, run)
    reasons = [*way.impossible, *way.changed]
    return {"can_be_undone": bool(way.files) and not reasons, "reasons": reasons}


def _time(past: PastRun) -> str:
    return f"{_at(past):%Y-%m-%d %H:%M:%S} UTC"


def _at(past: PastRun) -> datetime:
    return datetime.fromtimestamp(past.at, UTC)
