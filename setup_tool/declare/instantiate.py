"""Roles with values become resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Answering
from setup_tool.core.transaction import ServiceControl
from setup_tool.declare.roles import Declaration, Role, Values, fill
from setup_tool.editors.ini import Dialect
from setup_tool.resources.config_file import ConfigFile, ListMember, Setting
from setup_tool.resources.identity.catalogue_service import CatalogueService
from setup_tool.resources.identity.endpoint import Endpoint
from setup_tool.resources.identity.grant import Grant
from setup_tool.resources.identity.project import Project
from setup_tool.resources.identity.role import Role as KeystoneRole
from setup_tool.resources.identity.user_enabled import UserEnabled
from setup_tool.resources.merge import merged
from setup_tool.resources.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from setup_tool.core.identity import ProjectRef, UserRef
    from setup_tool.resources.resource import Resource

_DIALECTS = {"oslo": Dialect.OSLO, "paste": Dialect.PASTE}


@dataclass(frozen=True, slots=True)
class Use:
    """A role used for one subject - a node, a login, an API - with that subject's values.

    ``user`` and ``project`` are set for logins only.
    """

    role: str
    each: str
    target: str
    values: Values
    user: UserRef | None = None
    project: ProjectRef | None = None


def instantiate(
    roles: Mapping[str, Role],
    uses: Sequence[Use],
    *,
    remove_endpoints: frozenset[str] = frozenset(),
) -> tuple[Resource, ...]:
    """Return the resources of all uses, one for each file.

    ``remove_endpoints`` are the ids of duplicates that an operator wants gone. Raises
    `DeclarationError` naming the role file's line where a declaration is wrong, or
    both places where two contradict each other.
    """
    return merged(
        [
            _build(declaration, use, remove_endpoints)
            for use in uses
            for declaration in roles[use.role].declarations
            if declaration.each == use.each
        ]
    )


def _build(declaration: Declaration, use: Use, remove_endpoints: frozenset[str]) -> Resource:
    kind = _KINDS.get(declaration.kind)
    if kind is None:
        raise DeclarationError(
            f"{declaration.origin}: no kind of resource is called '{declaration.kind}'; "
            f"there are {', '.join(sorted(_KINDS))}."
        )
    build, allowed = kind
    fields = fill(declaration.fields, use.values, declaration.origin)
    unknown = sorted(set(fields) - allowed)
    if unknown:
        raise DeclarationError(
            f"{declaration.origin}: {declaration.kind} has no '{unknown[0]}'; "
            f"it has {', '.join(sorted(allowed)) or 'nothing to declare'}."
        )
    try:
        return build(_Wanted(declaration, fields, use, remove_endpoints))
    except KeyError as missing:
        raise DeclarationError(
            f"{declaration.origin}: {declaration.kind} lacks {missing}."
        ) from None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One declaration with its values filled in."""

    declaration: Declaration
    fields: Mapping[str, Any]
    use: Use
    remove_endpoints: frozenset[str]

    def login(self) -> tuple[UserRef, ProjectRef]:
        if self.use.user is None or self.use.project is None:
            raise DeclarationError(
                f"{self.declaration.origin}: {self.declaration.kind} is for logins only."
            )
        return self.use.user, self.use.project


def _config_file(wanted: _Wanted) -> Resource:
    fields, origin = wanted.fields, wanted.declaration.origin
    if fields["dialect"] not in _DIALECTS:
        raise DeclarationError(f"{origin}: 'dialect' must be one of {', '.join(_DIALECTS)}.")
    if fields.get("pipeline", "s3api") != "s3api":
        raise DeclarationError(f"{origin}: the only pipeline known is 's3api'.")
    settings = tuple(
        Setting(section, key, value, origin)
        for section, options in fields.get("sections", {}).items()
        for key, value in options.items()
    )
    members = tuple(
        ListMember(
            section,
            key,
            said["has"] if "has" in said else said["lacks"],
            "has" in said,
            tuple(said["default"]),
            origin,
        )
        for section, options in fields.get("lists", {}).items()
        for key, said in options.items()
    )
    return ConfigFile(
        target=wanted.use.target,
        stage=wanted.declaration.stage,
        path=fields["path"],
        dialect=_DIALECTS[fields["dialect"]],
        settings=settings,
        members=members,
        with_s3api="pipeline" in fields,
        in_place=fields.get("in_place", False),
        because=tuple(fields.get("because", ())),
    )


def _service(wanted: _Wanted) -> Resource:
    fields = wanted.fields
    control = ServiceControl(
        name=fields["name"],
        reads=tuple(fields["reads"]),
        health_url=fields["health_url"],
        port=fields.get("port"),
        restart=fields.get("restart"),
        reload=fields.get("reload"),
        health_statuses=tuple(fields.get("health_statuses", (200,))),
    )
    return Service(
        target=wanted.use.target,
        stage=wanted.declaration.stage,
        control=control,
        units=tuple(fields.get("units", ())),
        state_dir=fields["state_dir"],
    )


def _role(wanted: _Wanted) -> Resource:
    return KeystoneRole(name=wanted.fields["name"])


def _project(wanted: _Wanted) -> Resource:
    return Project(project=wanted.login()[1])


def _user_enabled(wanted: _Wanted) -> Resource:
    return UserEnabled(user=wanted.login()[0])


def _grant(wanted: _Wanted) -> Resource:
    user, project = wanted.login()
    reasons = (wanted.fields["because"],)
    return Grant(user=user, project=project, role=wanted.fields["role"], reasons=reasons)


def _catalogue_service(wanted: _Wanted) -> Resource:
    fields = wanted.fields
    return CatalogueService(
        fields["type"], fields["name"], fields["description"], requires=_answering(fields)
    )


def _endpoint(wanted: _Wanted) -> Resource:
    fields = wanted.fields
    return Endpoint(
        service_type=fields["type"],
        service_name=fields["name"],
        interface=fields["interface"],
        region=fields["region"],
        url=fields["url"],
        remove_ids=wanted.remove_endpoints,
        requires=_answering(fields),
    )


def _answering(fields: Mapping[str, Any]) -> Answering:
    return Answering(url=fields["answers_at"], api=fields["type"])


_KINDS: dict[str, tuple[Callable[[_Wanted], Resource], set[str]]] = {
    "config_file": (
        _config_file,
        {"path", "dialect", "in_place", "pipeline", "because", "sections", "lists"},
    ),
    "service": (
        _service,
        {
            "name",
            "units",
            "port",
            "reads",
            "health_url",
            "health_statuses",
            "restart",
            "reload",
            "state_dir",
        },
    ),
    "role": (_role, {"name"}),
    "project": (_project, set()),
    "user_enabled": (_user_enabled, set()),
    "grant": (_grant, {"role", "because"}),
    "catalogue_service": (_catalogue_service, {"type", "name", "description", "answers_at"}),
    "endpoint": (_endpoint, {"type", "name", "interface", "region", "url", "answers_at"}),
}
"""Each kind that a role may declare: how it is built, and what it may say."""
