"""Carry out a plan: stage by stage, node by node, stopping at the first failure."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from setup_tool.core.errors import SetupToolError, UnreachableError, as_one
from setup_tool.core.events import Event
from setup_tool.core.facts import RunsFact, RunState
from setup_tool.core.plan import IDENTITY, Change, Plan, Stage
from setup_tool.core.queries import ReadRuns
from setup_tool.core.standing import Standing, State
from setup_tool.core.transaction import (
    BounceService,
    Canary,
    Ending,
    NodeStep,
    Outcome,
    Transaction,
)
from setup_tool.engine.answering import problem_at
from setup_tool.engine.batches import batches
from setup_tool.engine.canary import Provable, canaries, passing_key
from setup_tool.engine.survey import in_parallel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.credential import KeyPair
    from setup_tool.core.identity import IdentityStep, Whereabouts
    from setup_tool.declare.inventory import Serial
    from setup_tool.engine.world import World


@dataclass(frozen=True, slots=True)
class Done:
    """One change that was made."""

    change: Change


def name_of_run(world: World) -> str:
    """Return the name of a run that begins now; names sort by their time."""
    return f"{world.clock.now():%Y%m%dT%H%M%S}-{world.entropy.token(3)}"


def follow_running(world: World, facts: Mapping[str, Mapping[Any, Any]]) -> bool:
    """Follow transactions that an earlier run left under way; tell whether there were any."""
    followed = False
    for node in world.nodes:
        query = ReadRuns(node.settings.state_dir)
        runs = cast("RunsFact", facts[node.name].get(query, RunsFact()))
        for run, state in runs.unended.items():
            if state is RunState.RUNNING:
                followed = True
                world.listener.on(Event(node.name, f"following run {run}, which is under way"))
                world.shells[node.name].attach(run, node.settings.state_dir, world.listener)
    return followed


@dataclass(frozen=True, slots=True)
class _Proof:
    """What the canaries of a stage have in common."""

    pair: KeyPair | None
    ourselves: Whereabouts


class Round:
    """One plan being carried out.

    ``provable`` are the proxies that canaries can prove, by node; what was done is
    added to ``done`` as it is. ``command`` is the word the nodes' journals have for it.
    """

    def __init__(
        self,
        world: World,
        run: str,
        serial: Serial,
        plan: Plan,
        *,
        provable: Mapping[str, Provable],
        done: list[Done],
        command: str = "apply",
    ) -> None:
        self._world = world
        self._run = run
        self._serial = serial
        self._plan = plan
        self._provable = provable
        self._done = done
        self._command = command
        self._stale: list[str] = []
        self._states = {
            (stage, target): State.NOT_BEGUN for stage in Stage for target in plan.targets(stage)
        }

    @property
    def stale(self) -> tuple[str, ...]:
        """The nodes on which a file had changed since it was looked at."""
        return tuple(self._stale)

    def carry_out(self) -> None:
        """Go through the stages, up to the first in which a file had changed meanwhile.

        What follows was planned from that file, and is planned again with it. Raises
        `SetupToolError` at the first failure, with what stands where.
        """
        try:
            self._stages()
        except SetupToolError as error:
            error.standing = self._standing()
            raise

    def _standing(self) -> tuple[Standing, ...]:
        """Return how each target of the plan stands, and what an earlier round has done."""
        now = [Standing(name, stage.name.lower(), s) for (stage, name), s in self._states.items()]
        earlier = dict.fromkeys(
            Standing(done.change.target, done.change.stage.name.lower(), State.DONE)
            for done in self._done
            if (done.change.stage, done.change.target) not in self._states
        )
        return (*earlier, *now)

    def _stages(self) -> None:
        for stage in Stage:
            if self._stale:
                return
            targets = self._plan.targets(stage)
            if IDENTITY in targets:
                self._states[stage, IDENTITY] = State.FAILED
                self._identity(self._plan.of(stage, IDENTITY))
                self._states[stage, IDENTITY] = State.DONE
            nodes = tuple(target for target in targets if target != IDENTITY)
            if stage is Stage.PROXIES and nodes:
                with ExitStack() as stack:
                    proof = self._proof(stack, nodes)
                    self._in_turn(stage, batches(nodes, self._serial), proof)
            elif stage is Stage.BEFOREHAND and nodes:
                self._nodes(stage, nodes, None)
            else:
                self._in_turn(stage, tuple((node,) for node in nodes), None)

    def _in_turn(
        self, stage: Stage, groups: tuple[tuple[str, ...], ...], proof: _Proof | None
    ) -> None:
        for names in groups:
            if not self._stale:
                self._nodes(stage, names, proof)

    def _identity(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if change.requires is not None:
                problem = problem_at(self._world.web, self._world.clock, change.requires)
                if problem is not None:
                    raise SetupToolError(
                        f"identity: '{change.summary}' was left out, since nothing may be "
                        f"published that does not answer. {problem}"
                    )
            self._world.listener.on(Event(IDENTITY, change.summary))
            for step in change.steps:
                self._world.records.done(self._run, cast("IdentityStep", step))
                self._world.identity.perform(cast("IdentityStep", step))
            self._done.append(Done(change))

    def _proof(self, stack: ExitStack, nodes: tuple[str, ...]) -> _Proof | None:
        """Make what the canaries of these proxies need, where one of them is to be proven."""
        bounced = any(
            isinstance(step, BounceService)
            for node in nodes
            for change in self._plan.of(Stage.PROXIES, node)
            for step in change.steps
        )
        proven = [self._provable[node] for node in nodes if node in self._provable]
        if not bounced or not proven:
            return None
        world = self._world
        pair = None
        if any(proxy.location is not None for proxy in proven):
            pair = stack.enter_context(passing_key(world.keys, world.entropy, world.clock))
        return _Proof(pair, world.identity.whereabouts())

    def _nodes(self, stage: Stage, names: tuple[str, ...], proof: _Proof | None) -> None:
        def commit(name: str) -> Outcome:
            transaction = self._transaction(stage, name, proof)
            self._world.listener.on(Event(name, "transaction started"))
            return self._world.shells[name].commit(transaction, self._world.listener)

        failures: list[SetupToolError] = []
        for name, outcome in in_parallel(names, commit, self._world.forks).items():
            self._states[stage, name] = _state(outcome)
            if isinstance(outcome, SetupToolError):
                failures.append(outcome)
            elif outcome.ending is Ending.DONE:
                self._done += [Done(change) for change in self._plan.of(stage, name)]
                self._world.listener.on(Event(name, "done"))
            elif outcome.ending is Ending.STALE:
                self._stale.append(name)
                self._world.listener.on(Event(name, f"{outcome.detail}; nothing was written there"))
            else:
                failures.append(SetupToolError(_failed(name, outcome)))
        if failures:
            raise as_one(failures)

    def _transaction(self, stage: Stage, name: str, proof: _Proof | None) -> Transaction:
        steps = tuple(
            cast("NodeStep", step) for change in self._plan.of(stage, name) for step in change.steps
        )
        node = next(node for node in self._world.nodes if node.name == name)
        proven = self._canaries(name, proof) if proof is not None else ()
        run = f"{self._run}-{stage.name.lower()}"
        return Transaction(run, node.settings.state_dir, steps, proven, self._command)

    def _canaries(self, name: str, proof: _Proof) -> tuple[Canary, ...]:
        proxy = self._provable.get(name)
        if proxy is None:
            return ()
        return canaries(self._world, proof.ourselves, proof.pair, proxy)


def _state(outcome: Outcome | SetupToolError) -> State:
    if isinstance(outcome, SetupToolError):
        return State.UNKNOWN if isinstance(outcome, UnreachableError) else State.FAILED
    return State(outcome.ending.value)


def _failed(name: str, outcome: Outcome) -> str:
    detail = outcome.detail.strip()
    where = f" at '{outcome.step}'" if outcome.step else ""
    if outcome.ending is Ending.RESTORED:
        return (
            f"{name}: the change failed{where} and the node put its old files and service back. "
            f"{detail}"
        )
    if outcome.ending is Ending.LOCKED:
        return f"{name}: another run holds this node; nothing was changed. {detail}"
    return f"{name}: the change failed{where}. {detail}"
