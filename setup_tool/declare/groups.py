"""The tree of groups and hosts of an Ansible inventory in YAML, and who overrides whom.

The rules are those of Ansible's YAML inventory plugin and of its documentation, "How
variables are merged"; what Ansible only warns of (an unexpected key) is refused here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.declare.host_ranges import expand, split_port
from setup_tool.declare.located import (
    Entry,
    NeedsAnsibleError,
    Origin,
    Scalar,
    Table,
    Value,
    is_null,
    parse_yaml,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALL = "all"
UNGROUPED = "ungrouped"
_SECTIONS = ("hosts", "children", "vars")


@dataclass(frozen=True, slots=True)
class Group:
    """A group: the groups and hosts named directly under it, and its own variables.

    ``depth`` is the longest way from ``all``, which has 0.
    """

    name: str
    children: tuple[str, ...]
    hosts: tuple[str, ...]
    variables: Mapping[str, Entry]
    depth: int
    priority: int

    @property
    def precedence(self) -> tuple[int, int, str]:
        """Sort key: variables of later groups override those of earlier ones."""
        return self.depth, self.priority, self.name


@dataclass(frozen=True, slots=True)
class Host:
    """A host: every group it is in (``all`` included), in order of precedence."""

    name: str
    groups: tuple[str, ...]
    variables: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class GroupTree:
    """All groups and hosts of an inventory, as its file has them."""

    source: str
    groups: Mapping[str, Group]
    hosts: Mapping[str, Host]

    def members(self, group: str) -> tuple[str, ...]:
        """Return the hosts of a group and of the groups beneath it, in Ansible's order.

        That is level by level: the group's own hosts come before its children's.
        """
        found: dict[str, None] = {}
        level = [group]
        seen = {group}
        while level:
            for name in level:
                found.update(dict.fromkeys(self.groups[name].hosts))
            children = (child for name in level for child in self.groups[name].children)
            level = [child for child in dict.fromkeys(children) if child not in seen]
            seen.update(level)
        return tuple(found)


def parse_inventory(text: str, source: str) -> GroupTree:
    """Return the tree of an inventory in YAML.

    Raises `DeclarationError` with file and line, and `NeedsAnsibleError` for what only
    Ansible can read: an encrypted file, the configuration of an inventory plugin.
    """
    document = parse_yaml(text, source)
    if document is None or is_null(document) or document == Table(document.origin, {}):
        raise Origin(source).error(
            "The inventory is empty. Name hosts in the groups `controller` and `proxy`."
        )
    if not isinstance(document, Table):
        raise document.origin.error(
            "An inventory in YAML is a mapping of groups; each holds `hosts`, `children`, `vars`."
        )
    if "plugin" in document.entries and isinstance(document.entries["plugin"].value, Scalar):
        raise NeedsAnsibleError(
            f"{source}: This is the configuration of an Ansible inventory plugin."
        )
    growing = Growing(source)
    for name, entry in _once(document, "group"):
        _read_group(growing, name, entry)
    return growing.tree()


@dataclass(slots=True)
class Growing:
    """A tree while it is read; `tree` finishes it."""

    source: str
    children: dict[str, dict[str, None]] = field(
        default_factory=lambda: {ALL: {UNGROUPED: None}, UNGROUPED: {}}
    )
    hosts_of: dict[str, dict[str, None]] = field(default_factory=dict)
    group_variables: dict[str, dict[str, Entry]] = field(default_factory=dict)
    host_variables: dict[str, dict[str, Entry]] = field(default_factory=dict)

    def add_host(self, group: str, host: str) -> dict[str, Entry]:
        """Put a host into a group and return its variables, to be added to."""
        self.hosts_of.setdefault(group, {})[host] = None
        return self.host_variables.setdefault(host, {})

    def tree(self) -> GroupTree:
        """Return the finished tree; raises `DeclarationError` for a loop of groups."""
        self._hang_the_loose_under_all()
        depths = self._depths()
        groups = {
            name: Group(
                name,
                tuple(children),
                tuple(self.hosts_of.get(name, {})),
                variables := self.group_variables.get(name, {}),
                depths[name],
                _priority(variables),
            )
            for name, children in self.children.items()
        }
        above = self._groups_above()
        memberships: dict[str, set[str]] = {host: {ALL} for host in self.host_variables}
        for name, hosts in self.hosts_of.items():
            for host in hosts:
                memberships[host] |= above[name]
        in_order = {name: index for index, name in enumerate(_by_precedence(groups.values()))}
        found = {
            host: Host(host, tuple(sorted(memberships[host], key=in_order.__getitem__)), variables)
            for host, variables in self.host_variables.items()
        }
        return GroupTree(self.source, groups, found)

    def _hang_the_loose_under_all(self) -> None:
        below = {child for children in self.children.values() for child in children}
        for name in self.children:
            if name != ALL and name not in below:
                self.children[ALL][name] = None
        grouped = {
            h for g, hosts in self.hosts_of.items() if g not in (ALL, UNGROUPED) for h in hosts
        }
        ungrouped = self.hosts_of.setdefault(UNGROUPED, {})
        for host in self.host_variables:
            if host in grouped:
                ungrouped.pop(host, None)
            else:
                ungrouped[host] = None

    def _depths(self) -> dict[str, int]:
        """Return each group's longest way from ``all``; a group in a loop has none."""
        parents = dict.fromkeys(self.children, 0)
        for children in self.children.values():
            for child in children:
                parents[child] += 1
        depths = dict.fromkeys(self.children, 0)
        ready = [name for name, count in parents.items() if count == 0]
        for name in ready:
            for child in self.children[name]:
                depths[child] = max(depths[child], depths[name] + 1)
                parents[child] -= 1
                if parents[child] == 0:
                    ready.append(child)
        loop = sorted(set(self.children) - set(ready))
        if loop:
            raise Origin(self.source).error(
                f"The groups {', '.join(loop)} are children of one another in a loop, "
                "or beneath one. Take one of the `children` entries out."
            )
        return depths

    def _groups_above(self) -> dict[str, set[str]]:
        above: dict[str, set[str]] = {name: {name} for name in self.children}
        parents: dict[str, list[str]] = {name: [] for name in self.children}
        for name, children in self.children.items():
            for child in children:
                parents[child].append(name)
        for name in self.children:
            level = [name]
            while level:
                level = [p for n in level for p in parents[n] if p not in above[name]]
                above[name].update(level)
        return above


def _by_precedence(groups: Iterable[Group]) -> list[str]:
    return [group.name for group in sorted(groups, key=lambda group: group.precedence)]


def _read_group(growing: Growing, name: str, entry: Entry) -> None:
    growing.children.setdefault(name, {})
    if is_null(entry.value):
        return
    if not isinstance(entry.value, Table):
        raise entry.origin.error(
            f"The group {name} is a mapping that may hold `hosts`, `children` and `vars`; "
            "this is something else."
        )
    for key, section in _once(entry.value, "key"):
        if key not in _SECTIONS:
            raise section.origin.error(
                f"The group {name} holds the unknown key `{key}`; known are `hosts`, `children` "
                "and `vars`. Hosts belong under `hosts`, other groups under `children`."
            )
        table = _section(name, key, section)
        if key == "vars":
            growing.group_variables.setdefault(name, {}).update(table.entries)
        elif key == "children":
            for child, below in _once(table, "group"):
                _read_group(growing, child, below)
                growing.children[name][child] = None
        else:
            for pattern, host in _once(table, "host"):
                _read_hosts(growing, name, pattern, host)


def _section(group: str, key: str, section: Entry) -> Table:
    """Return a group's section as a mapping; a lone name is a mapping to nothing."""
    value = section.value
    if is_null(value):
        return Table(section.origin, {})
    if isinstance(value, Scalar) and value.kind == "str" and key != "vars":
        nothing = Entry(value.origin, Scalar(value.origin, "", "null"))
        return Table(value.origin, {value.text: nothing})
    if not isinstance(value, Table):
        raise section.origin.error(
            f"`{key}` of the group {group} is a mapping, not a list: write each name with a "
            "colon after it, without a dash before it."
        )
    return value


def _read_hosts(growing: Growing, group: str, pattern: str, entry: Entry) -> None:
    name, port = split_port(pattern)
    if is_null(entry.value):
        variables = Table(entry.origin, {})
    elif isinstance(entry.value, Table):
        variables = entry.value
    else:
        raise entry.origin.error(
            f"What stands under the host {pattern} is a mapping of variables, "
            f"for instance `{pattern}: {{ansible_host: 192.0.2.1}}`."
        )
    try:
        names = expand(name)
    except ValueError as problem:
        raise entry.origin.error(f"The host name {pattern} cannot be read: {problem}.") from None
    for host in names:
        if not host or host != host.strip() or any(c.isspace() for c in host):
            raise entry.origin.error("A host has a name, and there is no white space in it.")
        known = growing.add_host(group, host)
        if port is not None:
            known["ansible_port"] = Entry(entry.origin, Scalar(entry.origin, port, "int"))
        known.update(variables.entries)


def _once(table: Table, what: str) -> Iterable[tuple[str, Entry]]:
    """Yield a structure's entries; a name given twice in it is an error."""
    for name, entry in table.entries.items():
        if entry.repeated is not None:
            raise entry.origin.error(
                f"The {what} {name} stands here a second time; the first is at line "
                f"{entry.repeated.line}, and Ansible would forget it. Make one of the two."
            )
        yield name, entry


def _priority(variables: Mapping[str, Entry]) -> int:
    entry = variables.get("ansible_group_priority")
    if entry is None:
        return 1
    value: Value = entry.value
    try:
        return int(value.text) if isinstance(value, Scalar) else int("")
    except ValueError:
        raise entry.origin.error("ansible_group_priority is a whole number.") from None
