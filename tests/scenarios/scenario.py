"""Scenarios: YAML files that say what is given and what must follow.

Each file has ``given``, which holds for all of its scenarios, and ``scenarios``, by
their sentences. A scenario's own ``given`` is laid over the file's: ``keystone`` and
each node key by key; a node that is null is not there. Keystone is that of
``files/keystone.yaml`` but for what is said. Every value expected is written by hand::

    a sentence:
      given:
        all: {s3_location: us-east-1}    # variables of all nodes in the inventory
        proxy1: {edit: {old: new}}       # see `machine.read_machine`
        keystone: {regions: [RegionOne]} # see `keystone.read_keystone`
        repair: {reset_passwords: true}  # see `bind_logins.Repair`
      then:
        changes: [STAGE TARGET GLYPH SUMMARY]
        because: [the reasons of all changes, in their order]
        diff: the lines that go and come, after the section they stand in
        reads: {SECTION: {OPTION: VALUE}} # where it is not what the diff's lines that come say;
                                         # null: the option, or the section, is gone
        nova: {OPTION: VALUE}            # what nova gets of [DEFAULT] then, by oslo.config itself
        catalogue: [ec2 public RegionOne URL] # all endpoints of these types then
        instead: [what to put elsewhere, for the changes of files that belong to another system]
        notes: ["TARGET: TEXT"]
        refused: the whole sentence, instead of all the others
        again: [what the next plan has], where it is not empty

A ``diff`` is by path where other files than the node's one change. ``diff``, ``reads`` and
``nova`` are by node where there are several.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from setup_tool.declare.bind_logins import Repair
from tests.scenarios.cloud import Cloud
from tests.scenarios.keystone import read_keystone
from tests.scenarios.machine import read_machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HERE = Path(__file__).parent
_BY_NODE = ("diff", "reads", "nova")
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "proxy": {
        "path": "/etc/swift/proxy-server.conf",
        "file": "proxy-served.conf",
        "package": "2.30.1-0+deb12u3",
        "unit": "swift-proxy",
    },
    "controller": {
        "path": "/etc/nova/nova.conf",
        "file": "nova.conf",
        "package": "2:12.0.6-0ubuntu1~cloud0",
        "unit": "nova-api",
    },
}


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice: a scenario would be lost without a word."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        keys = [key.value for key, _ in node.value]
        assert len(set(keys)) == len(keys), f"a key is repeated below {node.start_mark}"
        return super().construct_mapping(node, deep)


@dataclass(frozen=True, slots=True)
class Expected:
    """What must follow; see above."""

    changes: list[str] = field(default_factory=list)
    because: list[str] | None = None
    diff: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    reads: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    nova: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    catalogue: list[str] = field(default_factory=list)
    instead: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: str | None = None
    again: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of them; ``secrets`` are the passwords in it."""

    sentence: str
    cloud: Cloud
    then: Expected
    secrets: tuple[str, ...]


def scenarios() -> Iterator[Scenario]:
    """Yield all scenarios of this folder."""
    for path in sorted(_HERE.glob("*.yaml")):
        document = _load(path)
        for sentence, said in document["scenarios"].items():
            assert set(said) <= {"given", "then"}, sentence
            common = laid_over(ready(), document["given"])
            given = laid_over(common, said.get("given", {}))
            yield _scenario(f"{path.stem}: {sentence}", given, said.get("then", {}))


def ready() -> dict[str, Any]:
    """Return what every scenario starts from."""
    return {"keystone": _load(_HERE / "files" / "keystone.yaml")}


def laid_over(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given in common with a scenario's own laid over it, two levels deep."""
    merged = dict(common)
    for name, said in own.items():
        merged[name] = {**merged.get(name, {}), **said} if isinstance(said, dict) else said
    return {name: said for name, said in merged.items() if said is not None}


def make_cloud(given: Mapping[str, Any]) -> Cloud:
    """Return the cloud that is given."""
    rest = dict(given)
    variables, keystone = rest.pop("all", {}), rest.pop("keystone")
    remove = frozenset(rest.pop("remove_endpoints", ()))
    repair = Repair(**rest.pop("repair", {}))
    machines = {}
    for name, said in rest.items():
        kind = _KINDS[said["group"]]
        node = {**kind, **said}
        machines[name] = read_machine(node, _text(node.pop("file")))
    return Cloud(machines, read_keystone(keystone), variables, remove, repair)


def _scenario(sentence: str, given: Mapping[str, Any], then: Mapping[str, Any]) -> Scenario:
    cloud = make_cloud(given)
    expected = dict(then)
    if len(cloud.machines) == 1:
        (only,) = cloud.machines
        expected |= {key: {only: then[key]} for key in _BY_NODE if key in then}
    secrets = {user["password"] for user in given["keystone"]["users"].values()}
    return Scenario(sentence, cloud, Expected(**expected), tuple(secrets))


def _load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader


def _text(said: str | None) -> str | None:
    """Return a file's text: what is said, or where that is one word, the file of that name."""
    if said is None or not said.endswith(".conf"):
        return said
    return (_HERE / "files" / said).read_text(encoding="utf-8")
