"""Bring nodes' files back to what they were before a run, with the care of a change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.facts import PLANNED
from setup_tool.core.plan import IDENTITY, Note, Plan
from setup_tool.core.queries import ReadBackup, ReadFile, ReadHistory
from setup_tool.declare.bind_drain import drain_notes
from setup_tool.declare.ec2_api_places import places_of
from setup_tool.declare.make_plan import make_plan
from setup_tool.declare.questions import first_questions
from setup_tool.declare.serving import Serving, serving
from setup_tool.declare.undo import chosen_run, run_of, undone
from setup_tool.engine.canary import Provable
from setup_tool.engine.rounds import Round, follow_running, name_of_run
from setup_tool.engine.survey import all_or_error, ask_the_rest, check_system, in_parallel
from setup_tool.resources.journal import Journal
from setup_tool.resources.restored_file import RestoredFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from setup_tool.core.history import BackupFact, HistoryFact
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.inventory import Node, Serial
    from setup_tool.declare.undo import Back, Undone
    from setup_tool.engine.rounds import Done
    from setup_tool.engine.world import World
    from setup_tool.ports import Shell
    from setup_tool.resources.resource import Resource


@dataclass(frozen=True, slots=True)
class Report:
    """What a rollback did. ``to`` is the run behind which the nodes are, None: there was none.

    ``plan`` is empty where every file was as before that run. ``declined``: an operator
    said no and nothing was changed.
    """

    run: str
    to: str | None
    plan: Plan
    done: tuple[Done, ...] = ()
    declined: bool = False


def read_histories(
    nodes: Sequence[Node], shells: Mapping[str, Shell], forks: int
) -> dict[str, HistoryFact]:
    """Ask nodes for their runs, in one round trip each; changes nothing anywhere.

    Raises `UnreachableError` naming every node that could not be asked.
    """
    queries = {node.name: ReadHistory(node.settings.state_dir) for node in nodes}

    def ask(name: str) -> dict[Any, Any]:
        return dict(shells[name].observe([queries[name]]))

    answers = all_or_error(in_parallel(list(queries), ask, forks))
    return {name: answers[name][query] for name, query in queries.items()}


def rollback(
    world: World,
    to: str | None,
    serial: Serial,
    agree: Callable[[str, Plan], bool],
    *,
    overwrite_changed: bool = False,
) -> Report:
    """Bring the nodes' files back to what they were before the run ``to``, or the last one.

    ``agree`` is asked once, with that run and what is to be done. Raises
    `DeclarationError` for a run that is not known and, unless ``overwrite_changed``, for
    files that somebody else changed since: nothing is touched then. Raises
    `SetupToolError` when a change fails, after which the rest is left as it was.
    """
    run = name_of_run(world)
    facts = _first_facts(world)
    if follow_running(world, facts):
        facts = _first_facts(world)
    past: dict[str, HistoryFact] = {
        node.name: facts[node.name][_history(node)] for node in world.nodes
    }
    behind = chosen_run(past, to)
    if behind is None:
        return Report(run, None, Plan(()))
    ways = {name: undone(name, history, behind) for name, history in past.items()}
    _refuse(ways.values(), overwrite_changed=overwrite_changed)
    plan, provable = _Planning(world, facts, ways).result()
    plan = Plan(plan.changes, (*plan.notes, *_left_in_keystone(world, past, behind)))
    if plan.is_empty:
        return Report(run, behind, plan)
    if not agree(behind, plan):
        return Report(run, behind, plan, declined=True)
    done: list[Done] = []
    carried = Round(
        world, f"{run}-1", serial, plan, provable=provable, done=done, command="rollback"
    )
    carried.carry_out()
    if carried.stale:
        raise SetupToolError(
            f"{', '.join(carried.stale)}: a file was changed after it was looked at, so it was "
            "not touched, and nothing after it. Run rollback again."
        )
    return Report(run, behind, plan, tuple(done))


def _history(node: Node) -> ReadHistory:
    return ReadHistory(node.settings.state_dir)


def _first_facts(world: World) -> dict[str, dict[Any, Any]]:
    nodes = {node.name: node for node in world.nodes}

    def ask(name: str) -> dict[Any, Any]:
        node = nodes[name]
        return dict(world.shells[name].observe((*first_questions(node), _history(node))))

    facts = all_or_error(in_parallel(list(nodes), ask, world.forks))
    for node in world.nodes:
        check_system(node, facts[node.name])
    return facts


def _refuse(ways: Iterable[Undone], *, overwrite_changed: bool) -> None:
    """Refuse all when one file may not be brought back."""
    impossible: list[str] = []
    changed: list[str] = []
    for way in ways:
        impossible += way.impossible
        changed += way.changed
    if impossible:
        raise DeclarationError("\n".join([*impossible, "Nothing was touched."]))
    if changed and not overwrite_changed:
        advice = (
            "Nothing was touched. --overwrite-changed brings the old files back all the same and "
            "shows what gets lost; --limit leaves nodes out."
        )
        raise DeclarationError("\n".join([*changed, advice]))


def _left_in_keystone(
    world: World, past: Mapping[str, HistoryFact], behind: str
) -> tuple[Note, ...]:
    names = {run_of(run.name) for history in past.values() for run in history.runs}
    kept = [path for run in sorted(names) if run >= behind for path in world.records.kept(run)]
    if not kept:
        return ()
    text = (
        "Keystone is left as it is: roles, services and endpoints that were made stay. "
        f"What was done is in {', '.join(kept)}, each step with the one that undoes it."
    )
    return (Note(IDENTITY, text),)


class _Planning:
    """What is to be done on the nodes, and how their proxies are proven afterwards."""

    def __init__(
        self, world: World, facts: dict[str, dict[Any, Any]], ways: Mapping[str, Undone]
    ) -> None:
        self._world = world
        self._facts = facts
        self._files = {name: way.files for name, way in ways.items() if way.files}
        self._nodes = {node.name: node for node in world.nodes}
        self._resources: list[Resource] = []
        self._provable: dict[str, Provable] = {}
        self._proxies: list[Proxy] = []
        self._notes: list[Note] = []

    def result(self) -> tuple[Plan, Mapping[str, Provable]]:
        """Ask the nodes concerned for their copies and services, and plan."""
        self._ask_for_copies()
        for name in self._files:
            self._restore(self._nodes[name])
        ask_the_rest(self._world, self._resources, self._facts)
        plan = make_plan(self._resources, self._facts)
        notes = (*self._notes, *plan.notes, *drain_notes(self._proxies, plan))
        return Plan(plan.changes, notes), self._provable

    def _ask_for_copies(self) -> None:
        """Ask in one round trip for the copies and for what most likely is to be restarted."""

        def ask(name: str) -> dict[Any, Any]:
            node, known = self._nodes[name], self._facts[name]
            wanted: list[Any] = [
                _copy(node, back) for back in self._files[name] if back.before is not None
            ]
            wanted += [ReadFile(back.path) for back in self._files[name]]
            with suppress(DeclarationError):  # the file as it is may be broken: that is why
                services = serving(self._world.roles, node, known).services
                wanted += [query for service in services for query in service.queries()]
            new = [query for query in dict.fromkeys(wanted) if query not in known]
            return dict(self._world.shells[name].observe(new))

        answers = all_or_error(in_parallel(list(self._files), ask, self._world.forks))
        for name, found in answers.items():
            self._facts[name].update(found)

    def _restore(self, node: Node) -> None:
        name, files = node.name, self._files[node.name]
        _refuse_ec2_api(node, files)
        restored = [self._restored(node, back) for back in files]
        served = self._serving(node, restored)
        paths = {back.path for back in files}
        services = [s for s in served.services if paths.intersection(s.control.reads)]
        self._resources += [
            Journal(name, files[0].stage, node.settings.state_dir),
            *restored,
            *services,
        ]
        self._proxies += [] if served.proxy is None else [served.proxy]
        if served.health_url is not None:
            self._provable[name] = Provable(served.health_url, served.location, served.signature)
        read = {path for service in services for path in service.control.reads}
        self._notes += [
            Note(name, f"No service known here reads {path}; tell what does to read it again.")
            for path in sorted(paths - read)
        ]

    def _restored(self, node: Node, back: Back) -> RestoredFile:
        copy: BackupFact | None = None
        if back.before is not None:
            copy = self._facts[node.name][_copy(node, back)]
            if copy.content is None or copy.content.digest != back.before:
                raise DeclarationError(
                    f"{node.name}: the copy of {back.path} that run {run_of(back.transaction)} "
                    "kept is not what the file was. Nothing was touched."
                )
        return RestoredFile(
            target=node.name,
            stage=back.stage,
            path=back.path,
            backup=copy,
            seen=back.now,
            in_place=back.path in node.settings.in_place,
            because=(f"As it was before run {back.runs[0]}{_later(back)}.",),
        )

    def _serving(self, node: Node, restored: Sequence[RestoredFile]) -> Serving:
        """Return what the node serves with its old files."""
        facts = dict(self._facts[node.name])
        for file in restored:
            query = ReadFile(file.path)
            content = None if file.backup is None else file.backup.content
            facts[query] = replace(facts[query], content=content, changed_at=PLANNED, problem=None)
        try:
            return serving(self._world.roles, node, facts)
        except DeclarationError as error:
            raise DeclarationError(
                f"What {node.name} would go back to cannot be used, so nothing was touched. {error}"
            ) from None


def _refuse_ec2_api(node: Node, files: Sequence[Back]) -> None:
    """Refuse to undo that an ec2-api came or went: programs, a user and endpoints go with it."""
    own = places_of(node).files
    for back in files:
        if back.path not in own or None not in {back.before, back.now}:
            continue
        done, instead = ("set up", "off") if back.before is None else ("took away", "standalone")
        raise DeclarationError(
            f"{node.name}: run {back.runs[0]} {done} ec2-api, and more belongs to it than files. "
            f"Nothing was touched. Set `ec2: {instead}` and apply to undo it, or leave this node "
            "out with --limit."
        )


def _copy(node: Node, back: Back) -> ReadBackup:
    return ReadBackup(node.settings.state_dir, back.transaction, back.index)


def _later(back: Back) -> str:
    later = back.runs[1:]
    return (
        f", so that {', '.join(later)} {'is' if len(later) == 1 else 'are'} undone with it"
        if later
        else ""
    )
