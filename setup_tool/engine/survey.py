"""Ask every target, side by side, and compare with the declaration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from setup_tool.core.errors import DeclarationError, SetupToolError, as_one
from setup_tool.core.identity import DeleteEndpoint, ListCatalogue
from setup_tool.core.plan import IDENTITY, Note, Plan, Stage
from setup_tool.core.queries import ReadSystem
from setup_tool.core.secret import Secret
from setup_tool.declare.bind import Bound, bind, read_proxies
from setup_tool.declare.bind_drain import drain_notes
from setup_tool.declare.bind_ec2_api import Supplies
from setup_tool.declare.bind_logins import Repair, login_questions
from setup_tool.declare.clocks import check_clocks
from setup_tool.declare.ec2_api import read_standalones
from setup_tool.declare.ec2_api_login import ec2_login_questions
from setup_tool.declare.instantiate import instantiate, package_questions
from setup_tool.declare.make_plan import make_plan
from setup_tool.declare.questions import first_questions
from setup_tool.resources.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from setup_tool.core.facts import SystemFact
    from setup_tool.declare.inventory import Node
    from setup_tool.engine.world import Selection, World
    from setup_tool.resources.resource import Resource

T = TypeVar("T")

_PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, and the plan that follows from it."""

    facts: Mapping[str, Mapping[Any, Any]]
    bound: Bound
    plan: Plan


def survey(world: World, selection: Selection) -> Survey:
    """Observe all targets and plan; changes nothing anywhere.

    Raises `UnreachableError` naming every target that could not be asked,
    `DeclarationError` for what cannot be planned.
    """
    began = world.clock.now().timestamp()
    facts = _first_facts(world)
    ended = world.clock.now().timestamp()
    for node in world.nodes:
        check_system(node, facts[node.name])
    clocks = check_clocks(world.nodes, facts, began, ended)
    proxies = read_proxies(world.nodes, facts)
    identity = facts[IDENTITY]
    standalones = read_standalones(world.nodes, proxies, facts)
    asked = (*login_questions(proxies), *ec2_login_questions(standalones))
    identity.update(world.identity.observe(asked))
    bound = bind(
        world.nodes,
        proxies,
        standalones,
        facts,
        identity,
        repair=Repair(selection.whole, selection.reset_passwords),
        supplies=Supplies(Secret(world.entropy.token(_PASSWORD_BYTES)), world.texts),
    )
    resources = _selected(world, selection, bound)
    ask_the_rest(world, resources, facts)
    plan = make_plan(resources, facts)
    notes = (*clocks, *bound.notes, *plan.notes, *_not_removed(selection, plan))
    notes += drain_notes(proxies, plan)
    return Survey(facts, bound, Plan(plan.changes, notes))


def in_parallel(
    names: Sequence[str], work: Callable[[str], T], forks: int
) -> dict[str, T | SetupToolError]:
    """Return what each piece of work gave, or the error an operator can mend."""

    def guarded(name: str) -> T | SetupToolError:
        try:
            return work(name)
        except SetupToolError as error:
            return error

    if not names:
        return {}
    with ThreadPoolExecutor(max_workers=max(1, min(forks, len(names)))) as pool:
        return dict(zip(names, pool.map(guarded, names), strict=True))


def _first_facts(world: World) -> dict[str, dict[Any, Any]]:
    nodes = {node.name: node for node in world.nodes}

    def ask(name: str) -> dict[Any, Any]:
        if name == IDENTITY:
            return dict(world.identity.observe([ListCatalogue()]))
        node = nodes[name]
        packages = package_questions(world.roles, _stage_of(node))
        return dict(world.shells[name].observe((*first_questions(node), *packages)))

    return all_or_error(in_parallel([IDENTITY, *nodes], ask, world.forks + 1))


def all_or_error(answers: dict[str, dict[Any, Any] | SetupToolError]) -> dict[str, dict[Any, Any]]:
    """Return the answers of all targets; raises one error that says every one there was."""
    errors = [answer for answer in answers.values() if isinstance(answer, SetupToolError)]
    if errors:
        raise as_one(errors)
    return {name: a for name, a in answers.items() if not isinstance(a, SetupToolError)}


def check_system(node: Node, facts: Mapping[Any, Any]) -> None:
    """Refuse a node that lacks what a transaction needs, before anything is touched."""
    system: SystemFact = facts[ReadSystem(node.settings.state_dir)]
    if system.missing:
        raise DeclarationError(
            f"{node.name} lacks {', '.join(system.missing)}, which setup-tool needs on a node. "
            "Install it there first."
        )
    if system.http_client is None:
        raise DeclarationError(
            f"{node.name} has no HTTP client that setup-tool can use (curl, wget or python3), so "
            "its services' health could not be checked. Install one there first."
        )
    if system.state_problem:
        raise DeclarationError(
            f"{node.name}: {node.settings.state_dir} cannot be used for setup-tool's journal: "
            f"{system.state_problem}. Log in as root, set ansible_become, or set state_dir."
        )


def _selected(world: World, selection: Selection, bound: Bound) -> tuple[Resource, ...]:
    uses = [use for use in bound.uses if not selection.roles or use.role in selection.roles]
    touched = {use.target for use in uses}
    journals: list[Resource] = [
        Journal(node.name, _stage_of(node), node.settings.state_dir)
        for node in world.nodes
        if node.name in touched
    ]
    resources = [
        *journals,
        *instantiate(world.roles, uses, remove_endpoints=selection.remove_endpoints),
    ]
    if not selection.whole:
        return tuple(r for r in resources if r.stage is not Stage.CATALOGUE)
    return tuple(resources)


def _not_removed(selection: Selection, plan: Plan) -> tuple[Note, ...]:
    """Say which endpoints that an operator named are none the plan removes.

    That is no error: the same command is run again after it did its work.
    """
    steps = (step for change in plan.changes for step in change.steps)
    removed = {step.id for step in steps if isinstance(step, DeleteEndpoint)}
    return tuple(
        Note(
            IDENTITY,
            f"Nothing is removed for --remove-endpoint {unknown}: no endpoint of the declared "
            "services has this id.",
        )
        for unknown in sorted(selection.remove_endpoints - removed)
    )


def _stage_of(node: Node) -> Stage:
    return Stage.PROXIES if "proxy" in node.groups else Stage.CONTROLLERS


def ask_the_rest(
    world: World, resources: Sequence[Resource], facts: dict[str, dict[Any, Any]]
) -> None:
    """Ask what only the first answers told was to be asked."""
    left: dict[str, dict[Any, None]] = {}
    for resource in resources:
        known = facts[resource.target]
        for query in resource.queries():
            if query not in known:
                left.setdefault(resource.target, {})[query] = None

    def ask(name: str) -> dict[Any, Any]:
        if name == IDENTITY:
            return dict(world.identity.observe(list(left[name])))
        return dict(world.shells[name].observe(list(left[name])))

    for name, answers in all_or_error(in_parallel(list(left), ask, world.forks + 1)).items():
        facts[name].update(answers)
