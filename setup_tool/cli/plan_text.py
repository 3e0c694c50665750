"""A plan as text for people and as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.cli.console import coloured
from setup_tool.core.plan import Action, Change, Plan, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COLOURS = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.DELETE: "red",
    Action.BOUNCE: "cyan",
    Action.SETTLE: "magenta",
}
_TITLES = {
    Stage.BEFOREHAND: "Before all else",
    Stage.ACCOUNTS: "Accounts in Keystone",
    Stage.CONTROLLERS: "Controllers, one at a time",
    Stage.PROXIES: "Swift proxies, the first one alone",
    Stage.CATALOGUE: "Catalogue in Keystone, once something answers there",
}


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan; nodes with the same changes are shown once."""
    for stage in Stage:
        targets = plan.targets(stage)
        if not targets:
            continue
        yield coloured(f"{_TITLES[stage]}:", "bright_white")
        for names, changes in _grouped(plan, stage, targets):
            yield f"  {_named(names)}"
            for change in changes:
                yield from _change_lines(change)
        yield ""
    for note in plan.notes:
        yield f"{coloured('note', 'yellow')} {note.target}: {note.text}"
    if plan.notes:
        yield ""
    yield summary_line(plan)


def summary_line(plan: Plan) -> str:
    """Return the plan in one line."""
    if plan.is_empty:
        return "Nothing to do: everything is as declared."
    targets = len({change.target for change in plan.changes})
    count = len(plan.changes)
    return f"{count} change{'s'[: count > 1]} on {targets} target{'s'[: targets > 1]}."


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON has it."""
    return {
        "converged": plan.is_empty,
        "changes": [_change_document(change) for change in plan.changes],
        "notes": [{"target": note.target, "text": note.text} for note in plan.notes],
    }


def _change_document(change: Change) -> dict[str, Any]:
    return {
        "target": change.target,
        "stage": change.stage.name.lower(),
        "action": change.action.name.lower(),
        "summary": change.summary,
        "reasons": list(change.reasons),
        "diff": list(change.diff),
        "instead": list(change.instead),
    }


def _grouped(
    plan: Plan, stage: Stage, targets: Iterable[str]
) -> list[tuple[list[str], tuple[Change, ...]]]:
    groups: dict[tuple[object, ...], tuple[list[str], tuple[Change, ...]]] = {}
    for target in targets:
        changes = plan.of(stage, target)
        look = tuple((c.action, c.summary, c.reasons, c.diff, c.instead) for c in changes)
        groups.setdefault(look, ([], changes))[0].append(target)
    return list(groups.values())


def _named(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names)} ({len(names)} nodes, the same)"


def _change_lines(change: Change) -> Iterator[str]:
    yield f"    {coloured(change.action.value, _COLOURS[change.action])} {change.summary}"
    for reason in change.reasons:
        yield f"        {reason}"
    for line in change.diff:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        yield f"        {coloured(line, colour) if colour else line}".rstrip()
    for line in change.instead:
        yield f"        {line}"
