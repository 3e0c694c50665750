"""Roles with values become resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.identity_kinds import IDENTITY_KINDS
from setup_tool.declare.node_kinds import NODE_KINDS, install_query
from setup_tool.declare.place_kinds import PLACE_KINDS
from setup_tool.declare.roles import Declaration, Role, fill, refers
from setup_tool.declare.wanted import Use, Wanted
from setup_tool.resources.foreseen_reload import ForeseenReload
from setup_tool.resources.merge import merged
from setup_tool.resources.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.core.plan import Stage
    from setup_tool.core.queries import PlanInstall
    from setup_tool.resources.resource import Resource

_KINDS = {**NODE_KINDS, **PLACE_KINDS, **IDENTITY_KINDS}

_NOBODY = Use("", "node", "", {})
"""A use without a subject, for what a role says of every node alike."""


def package_questions(roles: Mapping[str, Role], stage: Stage) -> tuple[PlanInstall, ...]:
    """Return what the roles of a stage will ask of a node about packages.

    One that refers to no values is asked about with all that comes first; the others when
    it is known which role a node has.
    """
    return tuple(
        dict.fromkeys(
            install_query(Wanted(declaration, declaration.fields, _NOBODY, frozenset()))
            for role in roles.values()
            for declaration in role.declarations
            if declaration.kind == "package"
            and declaration.stage is stage
            and not refers(declaration.fields)
        )
    )


def instantiate(
    roles: Mapping[str, Role],
    uses: Sequence[Use],
    *,
    remove_endpoints: frozenset[str] = frozenset(),
) -> tuple[Resource, ...]:
    """Return the resources of all uses, one for each file.

    What will be due once something elsewhere is done is noted before, which comes first.
    ``remove_endpoints`` are the ids of duplicates that an operator wants gone. Raises
    `DeclarationError` naming the role file's line where a declaration is wrong, or
    both places where two contradict each other.
    """
    resources = merged(
        [
            _build(declaration, use, remove_endpoints)
            for use in uses
            for declaration in roles[use.role].declarations
            if declaration.each == use.each and _is_wanted(declaration, use)
        ]
    )
    foreseen = [
        ForeseenReload(resource)
        for resource in resources
        if isinstance(resource, Service) and resource.reload_because
    ]
    return (*foreseen, *resources)


def _is_wanted(declaration: Declaration, use: Use) -> bool:
    return declaration.when is None or bool(fill(declaration.when, use.values, declaration.origin))


def _build(declaration: Declaration, use: Use, remove_endpoints: frozenset[str]) -> Resource:
    kind = _KINDS.get(declaration.kind)
    if kind is None:
        raise DeclarationError(
            f"{declaration.origin}: no kind of resource is called '{declaration.kind}'; "
            f"there are {', '.join(sorted(_KINDS))}."
        )
    build, allowed = kind
    fields = fill(declaration.fields, use.values, declaration.origin)
    wanted = Wanted(declaration, fields, use, remove_endpoints)
    unknown = sorted(set(fields) - allowed)
    if unknown:
        raise wanted.error(
            f"has no '{unknown[0]}'; it has {', '.join(sorted(allowed)) or 'nothing to declare'}."
        )
    return build(wanted)
