"""What ``ansible-inventory --list`` printed, as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.declare.groups import ALL, Growing
from setup_tool.declare.located import Entry, Origin, from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.declare.groups import GroupTree


def tree_of_listing(document: Mapping[str, Any], source: str) -> GroupTree:
    """Return the tree of an inventory that Ansible has read.

    Ansible gives each host all its variables merged, so they are the hosts' own here; only
    ``group_map`` goes to ``all``. Raises `DeclarationError` when it is no such listing.
    """
    origin = Origin(f"{source} (read by ansible-inventory)")
    hostvars = document.get("_meta", {}).get("hostvars", {})
    growing = Growing(source)
    try:
        for name, group in document.items():
            if name == "_meta":
                continue
            children = growing.children.setdefault(name, {})
            for child in group.get("children", ()):
                children[child] = None
                growing.children.setdefault(child, {})
            for host in group.get("hosts", ()):
                growing.add_host(name, host)
        for host, variables in hostvars.items():
            entries = {
                key: Entry(origin, from_json(value, origin)) for key, value in variables.items()
            }
            named = entries.pop("group_map", None)
            growing.host_variables.setdefault(host, {}).update(entries)
            if named is not None:
                of_all = growing.group_variables.setdefault(ALL, {})
                if of_all.setdefault("group_map", named) != named:
                    raise origin.error("group_map differs between hosts; say it once, for `all`.")
    except AttributeError:
        raise origin.error("The listing is not of the form Ansible documents.") from None
    return growing.tree()
