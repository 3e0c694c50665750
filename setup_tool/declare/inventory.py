"""An inventory as values: the nodes, how each is reached, and what is said of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.access import Access, read_access
from setup_tool.declare.fields import GroupMap, LoginOverride, Serial, group_map, suggestion
from setup_tool.declare.groups import ALL, GroupTree, parse_inventory
from setup_tool.declare.listing import tree_of_listing
from setup_tool.declare.located import Entry, Origin, Table, is_null, parse_yaml
from setup_tool.declare.references import Scope
from setup_tool.declare.settings import Settings, check_names, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "Access",
    "GroupMap",
    "Inventory",
    "LoginOverride",
    "Node",
    "Serial",
    "Settings",
    "VariableFile",
    "make_inventory",
    "parse_inventory",
    "tree_of_listing",
]

CONTROLLER = "controller"
PROXY = "proxy"
EXAMPLE = "inventory/example.yaml"
_STRAY_MAP = "group_map belongs into the variables of `all`: it holds for the whole inventory."


@dataclass(frozen=True, slots=True)
class VariableFile:
    """A file of ``group_vars/`` or ``host_vars/``: whose variables, where, and its text."""

    kind: Literal["group", "host"]
    owner: str
    path: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Node:
    """A host of the group `controller` or `proxy`, or of both.

    ``groups`` are all its groups in the inventory, with those two in place of what
    ``group_map`` gives for them. ``neighbours`` is how many other proxies of its region the
    inventory has, for a proxy.
    """

    name: str
    groups: frozenset[str]
    access: Access
    settings: Settings
    neighbours: int = 0


@dataclass(frozen=True, slots=True)
class Inventory:
    """The nodes, in the inventory's order.

    ``groups`` gives the names of each group's nodes in Ansible's order; a group without any
    is there with none. ``others`` are hosts that are no nodes of ours.
    """

    source: str
    nodes: tuple[Node, ...]
    groups: Mapping[str, tuple[str, ...]]
    others: frozenset[str] = frozenset()

    def members(self, group: str) -> tuple[Node, ...]:
        """Return a group's nodes in its order; none for a group there is not."""
        by_name = {node.name: node for node in self.nodes}
        return tuple(by_name[name] for name in self.groups.get(group, ()))

    def agreed(self, variable: str, group: str = ALL) -> Any:
        """Return the value of a setting that all nodes of a group have in common.

        None when the group has no nodes. Raises `DeclarationError` when two nodes differ;
        it names both places and no value.
        """
        nodes = self.members(group)
        for node in nodes[1:]:
            if getattr(node.settings, variable) != getattr(nodes[0].settings, variable):
                first, second = (_said_at(n, variable) for n in (nodes[0], node))
                raise DeclarationError(
                    f"{self.source}: {variable} must be the same for all of "
                    f"{'the nodes' if group == ALL else group}, but differs between {first} "
                    f"and {second}. Say it once, in the variables of the group."
                )
        return getattr(nodes[0].settings, variable) if nodes else None


def _said_at(node: Node, variable: str) -> str:
    origin = node.settings.origins.get(variable)
    return f"{node.name} ({origin or 'its default'})"


def make_inventory(
    tree: GroupTree, files: Iterable[VariableFile] = (), home: str = "~"
) -> Inventory:
    """Return the inventory of a tree and the files of variables beside it.

    ``home`` is what ``~`` stands for in the operator's own paths. Only the variables of
    nodes are read: what the inventory says of other hosts may be anything.

    Raises `DeclarationError` with file and line for whatever contradicts itself or cannot be
    honoured, `NeedsAnsibleError` where a value is encrypted.
    """
    reading = _Reading(tree, tuple(files))
    mapping = reading.group_map()
    roles = {role: reading.members(names) for role, names in mapping.pairs()}
    if not any(roles.values()):
        raise Origin(tree.source).error(
            f"No host is in a group {CONTROLLER} or {PROXY}. Put the hosts of nova-api into "
            f"{CONTROLLER} and those of Swift's proxy into {PROXY}, or say in the variables of "
            f"`all` what your groups are called: group_map: {{{PROXY}: swift-proxy}}. "
            f"There is an example in {EXAMPLE}."
        )
    ours = {name for names in roles.values() for name in names}
    ordered = [name for name in tree.members(ALL) if name in ours]
    reading.check_names(ordered)
    nodes = _with_neighbours([reading.node(name, roles, home) for name in ordered])
    groups = {
        group: tuple(name for name in tree.members(group) if name in ours) for group in tree.groups
    }
    inventory = Inventory(tree.source, nodes, groups | roles, frozenset(tree.hosts) - ours)
    _refuse_twins(inventory)
    inventory.agreed("os_cloud")
    return inventory


def _with_neighbours(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Count for each proxy the others that may serve in its place.

    A node without a region has the cloud's only one, and so have all others then.
    """
    regions = Counter(node.settings.region for node in nodes if PROXY in node.groups)
    total = sum(regions.values())
    return tuple(
        replace(node, neighbours=(total if None in regions else regions[node.settings.region]) - 1)
        if PROXY in node.groups
        else node
        for node in nodes
    )


class _Reading:
    """One reading of a tree with its files; files are parsed when they are asked for."""

    def __init__(self, tree: GroupTree, files: tuple[VariableFile, ...]) -> None:
        self._tree = tree
        self._files: dict[tuple[str, str], list[VariableFile]] = {}
        for file in files:
            self._files.setdefault((file.kind, file.owner), []).append(file)
        self._group_layers: dict[tuple[str, ...], dict[str, Entry]] = {}
        self._parsed: dict[tuple[str, str], dict[str, Entry]] = {}

    def group_map(self) -> GroupMap:
        """Return the names of the two groups; they are said once, for all hosts."""
        entry = Scope(ALL, (self._groups_together((ALL,)),)).resolve("group_map")
        for group in self._tree.groups.values():
            stray = group.variables.get("group_map")
            if stray is not None and group.name != ALL:
                raise stray.origin.error(_STRAY_MAP)
        if entry is None or is_null(entry.value):
            return GroupMap()
        found = group_map("group_map", entry.value)
        for role, names in found.pairs():
            for name in names:
                if name not in self._tree.groups and name != role:
                    known = sorted(self._tree.groups)
                    raise entry.origin.error(
                        f"group_map gives the group {name} for {role}, but {self._tree.source} "
                        f"has no such group.{suggestion(name, known)}"
                    )
        return found

    def members(self, groups: tuple[str, ...]) -> tuple[str, ...]:
        known = (group for group in groups if group in self._tree.groups)
        return tuple(dict.fromkeys(host for group in known for host in self._tree.members(group)))

    def check_names(self, hosts: list[str]) -> None:
        """Refuse misspelt variables in every layer that holds for one of the hosts."""
        groups = dict.fromkeys(group for host in hosts for group in self._tree.hosts[host].groups)
        for group in groups:
            check_names(self._tree.groups[group].variables.items())
            check_names(self._from_files("group", group).items())
        for host in hosts:
            check_names(self._tree.hosts[host].variables.items())
            check_names(self._from_files("host", host).items())

    def node(self, name: str, roles: Mapping[str, tuple[str, ...]], home: str) -> Node:
        host = self._tree.hosts[name]
        namesake = self._tree.members(name) if name in self._tree.groups else (name,)
        if host.variables and namesake != (name,):
            raise Origin(self._tree.source).error(
                f"{name} is the name of a host and of a group with other hosts, and Ansible gives "
                "the variables of the host to the group. Rename one of them."
            )
        folder = self._tree.source.rpartition("/")[0]
        scope = Scope(
            name,
            (
                self._groups_together(host.groups),
                host.variables,
                self._from_files("host", name),
            ),
            {
                "inventory_hostname": name,
                "inventory_hostname_short": name.partition(".")[0],
                "inventory_dir": folder or ".",
                "inventory_file": self._tree.source,
            },
        )
        stray = scope.find("group_map")
        if stray is not None and stray != self._groups_together((ALL,)).get("group_map"):
            raise stray.origin.error(_STRAY_MAP)
        settings = read_settings(scope)
        if settings.known_hosts is not None:
            settings = replace(
                settings, known_hosts=_local_path(settings.known_hosts, folder, home)
            )
        access = read_access(scope)
        groups = frozenset(host.groups) - set(roles)
        groups |= {role for role, members in roles.items() if name in members}
        return Node(name, groups, _at_home(access, settings, home), settings)

    def _groups_together(self, groups: tuple[str, ...]) -> dict[str, Entry]:
        """Merge the groups' variables as Ansible does.

        The inventory's own come first, ``all`` before the others, then the files of
        ``group_vars/``, again ``all`` before the others: so ``group_vars/all`` overrides
        what a child group says inside the inventory.
        """
        if groups not in self._group_layers:
            merged: dict[str, Entry] = {}
            for group in groups:
                merged.update(self._tree.groups[group].variables)
            for group in groups:
                merged.update(self._from_files("group", group))
            self._group_layers[groups] = merged
        return self._group_layers[groups]

    def _from_files(self, kind: str, owner: str) -> dict[str, Entry]:
        key = (kind, owner)
        if key not in self._parsed:
            merged: dict[str, Entry] = {}
            for file in self._files.get(key, ()):
                merged.update(_variables(file))
            self._parsed[key] = merged
        return self._parsed[key]


def _variables(file: VariableFile) -> Mapping[str, Entry]:
    document = parse_yaml(file.text, file.path)
    if document is None or is_null(document):
        return {}
    if not isinstance(document, Table):
        raise document.origin.error(
            f"A file of variables is a mapping of names to values; this one, for the {file.kind} "
            f"{file.owner}, is something else."
        )
    return document.entries


def _at_home(access: Access, settings: Settings, home: str) -> Access:
    """Return the access with the operator's paths resolved as far as they can be here.

    A key file's relative path stays: as with Ansible it counts from where one works.
    """
    known_hosts = settings.known_hosts or access.known_hosts
    return replace(
        access,
        key_file=access.key_file and _local_path(access.key_file, "", home),
        known_hosts=known_hosts and _local_path(known_hosts, "", home),
    )


def _local_path(path: str, folder: str, home: str) -> str:
    if path == "~" or path.startswith("~/"):
        return home + path[1:]
    return path if path.startswith("/") or not folder else f"{folder}/{path}"


def _refuse_twins(inventory: Inventory) -> None:
    """Refuse two names for one machine: its two runs would stand in each other's way."""
    seen: dict[object, str] = {}
    for node in inventory.nodes:
        where = node.access.where
        if where in seen:
            place = "this machine" if where[0] == "local" else f"{where[0]} port {where[1]}"
            raise Origin(inventory.source).error(
                f"{seen[where]} and {node.name} are the same machine: both are reached at {place}. "
                "Give it one name, and put that into both groups."
            )
        seen[where] = node.name
