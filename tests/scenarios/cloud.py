"""Nodes and Keystone as one value, planned for as a run would and changed by a plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from setup_tool.core.identity import ListCatalogue
from setup_tool.core.oslo_files import OsloFilesFact
from setup_tool.core.plan import IDENTITY, Plan, Stage
from setup_tool.core.queries import ReadFile
from setup_tool.core.secret import Secret
from setup_tool.declare.bind import bind, read_proxies
from setup_tool.declare.bind_ec2_api import Supplies
from setup_tool.declare.bind_logins import Repair, login_questions
from setup_tool.declare.ec2_api import read_standalones
from setup_tool.declare.ec2_api_login import ec2_login_questions
from setup_tool.declare.instantiate import instantiate
from setup_tool.declare.inventory import make_inventory, parse_inventory
from setup_tool.declare.make_plan import make_plan
from setup_tool.declare.questions import first_questions, is_proxy
from setup_tool.resources.journal import Journal
from setup_tool.wiring import load_roles, load_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.declare.bind import Bound
    from setup_tool.declare.inventory import Node
    from setup_tool.resources.resource import Resource
    from tests.scenarios.keystone import Keystone
    from tests.scenarios.machine import Machine

FRESH = Secret("canary-made-anew")
"""The password that a login gets which has none."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """What a run finds; ``variables`` are the inventory's for all nodes."""

    machines: Mapping[str, Machine]
    keystone: Keystone
    variables: Mapping[str, Any] = field(default_factory=dict)
    remove_endpoints: frozenset[str] = frozenset()
    repair: Repair = field(default_factory=Repair)

    @property
    def inventory(self) -> str:
        """The inventory as a text."""
        groups: dict[str, Any] = {}
        for number, (name, machine) in enumerate(self.machines.items(), start=1):
            hosts = groups.setdefault(machine.group, {"hosts": {}})["hosts"]
            hosts[name] = {"ansible_host": f"192.0.2.{number}", **machine.variables}
        document = {"all": {"vars": dict(self.variables), "children": groups}}
        return yaml.safe_dump(document, sort_keys=False)

    def plan(self) -> Plan:
        """Return what a run would plan; raises what it would raise."""
        nodes, facts, bound = self._surveyed()
        resources: tuple[Resource, ...] = (
            *(_journal(n) for n in nodes if n.name in {use.target for use in bound.uses}),
            *instantiate(load_roles(), bound.uses, remove_endpoints=self.remove_endpoints),
        )
        for resource in resources:
            facts[resource.target] |= self._asked(resource.target, resource.queries())
        plan = make_plan(resources, facts)
        assert make_plan(resources, facts) == plan
        return Plan(plan.changes, (*bound.notes, *plan.notes))

    def bound(self) -> Bound:
        """Return which roles a run would use, with their values; raises what it would raise."""
        return self._surveyed()[2]

    def after(self, plan: Plan) -> Cloud:
        """Return the cloud as it is when every step of the plan was done."""
        machines, keystone = dict(self.machines), self.keystone
        for change in plan.changes:
            for step in change.steps:
                if change.target == IDENTITY:
                    keystone = keystone.after(step)  # type: ignore[arg-type]
                else:
                    machine = machines[change.target]
                    machines[change.target] = machine.after(step)  # type: ignore[arg-type]
        return replace(self, machines=machines, keystone=keystone)

    def _surveyed(self) -> tuple[tuple[Node, ...], dict[str, dict[Any, Any]], Bound]:
        nodes = make_inventory(parse_inventory(self.inventory, "inventory.yaml")).nodes
        facts = {IDENTITY: self._asked(IDENTITY, (ListCatalogue(),))}
        for node in nodes:
            facts[node.name] = self._asked(node.name, first_questions(node))
        proxies = read_proxies(nodes, facts)
        standalones = read_standalones(nodes, proxies, facts)
        questions = (*login_questions(proxies), *ec2_login_questions(standalones))
        facts[IDENTITY] |= self._asked(IDENTITY, questions)
        bound = bind(
            nodes,
            proxies,
            standalones,
            facts,
            facts[IDENTITY],
            repair=self.repair,
            supplies=Supplies(FRESH, load_texts()),
        )
        return nodes, facts, bound

    def _asked(self, target: str, queries: tuple[Any, ...]) -> dict[Any, Any]:
        ask = self.keystone.answer if target == IDENTITY else self.machines[target].ask
        facts = {query: ask(query) for query in queries}
        for fact in [fact for fact in facts.values() if isinstance(fact, OsloFilesFact)]:
            for path in (*fact.found, *fact.found_in_dirs, *fact.told):
                facts[ReadFile(path)] = ask(ReadFile(path))
        return facts


def _journal(node: Node) -> Journal:
    stage = Stage.PROXIES if is_proxy(node) else Stage.CONTROLLERS
    return Journal(node.name, stage, node.settings.state_dir)
