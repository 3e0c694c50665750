"""Resources and facts become a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from setup_tool.core.facts import PLANNED
from setup_tool.core.plan import Change, Note, Plan
from setup_tool.core.queries import ReadFile
from setup_tool.core.transaction import RemoveFile, WriteFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.resources.resource import Answers, Resource


def make_plan(resources: Sequence[Resource], facts: Mapping[str, Answers]) -> Plan:
    """Return the changes that bring all targets to their declaration.

    ``facts`` are by target. Resources of one target are taken in their order, each
    seeing the files as the ones before it will leave them. Pure: the same arguments
    give the same plan. Raises `DeclarationError` where a resource refuses.
    """
    views: dict[str, dict[Any, Any]] = {target: dict(known) for target, known in facts.items()}
    changes: list[Change] = []
    notes: list[Note] = []
    for resource in resources:
        view = views[resource.target]
        notes.extend(resource.notes(view))
        change = resource.diff(view)
        if change is None:
            continue
        changes.append(change)
        for step in change.steps:
            if isinstance(step, WriteFile | RemoveFile):
                query = ReadFile(step.path)
                content = step.content if isinstance(step, WriteFile) else None
                view[query] = replace(
                    view[query], content=content, changed_at=PLANNED, problem=None
                )
    order = {target: place for place, target in enumerate(facts)}
    changes.sort(key=lambda change: (change.stage, order[change.target]))
    return Plan(tuple(changes), tuple(dict.fromkeys(notes)))
