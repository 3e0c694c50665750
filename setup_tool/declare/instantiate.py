"""Roles with values become resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Answering, Stage
from setup_tool.core.queries import PlanInstall
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import ConfigTest, Drain, ServiceControl
from setup_tool.declare.roles import Declaration, Role, Values, fill
from setup_tool.editors.ini import Dialect
from setup_tool.resources.config_file import ConfigFile, ListMember, Setting
from setup_tool.resources.firewall_port import FirewallPort
from setup_tool.resources.https_trust import HttpsTrust
from setup_tool.resources.identity.catalogue_service import CatalogueService
from setup_tool.resources.identity.endpoint import Endpoint
from setup_tool.resources.identity.grant import Grant
from setup_tool.resources.identity.project import Project
from setup_tool.resources.identity.role import Role as KeystoneRole
from setup_tool.resources.identity.service_user import ServiceUser
from setup_tool.resources.merge import merged
from setup_tool.resources.package import Package
from setup_tool.resources.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from setup_tool.core.identity import Login
    from setup_tool.resources.resource import Resource

T = TypeVar("T")

_DIALECTS = {"oslo": Dialect.OSLO, "paste": Dialect.PASTE}


@dataclass(frozen=True, slots=True)
class Use:
    """A role used for one subject - a node, a login, an API - with that subject's values.

    ``login`` is set for logins only.
    """

    role: str
    each: str
    target: str
    values: Values
    login: Login | None = None


_NOBODY = Use("", "node", "", {})
"""A use without a subject, for what a role says of every node alike."""


def package_questions(roles: Mapping[str, Role], stage: Stage) -> tuple[PlanInstall, ...]:
    """Return what the roles of a stage will ask of a node about packages.

    A `package` refers to no values, so that it is asked about with all that comes first.
    """
    return tuple(
        dict.fromkeys(
            _install_query(_Wanted(declaration, declaration.fields, _NOBODY, frozenset()))
            for role in roles.values()
            for declaration in role.declarations
            if declaration.kind == "package" and declaration.stage is stage
        )
    )


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
    wanted = _Wanted(declaration, fields, use, remove_endpoints)
    unknown = sorted(set(fields) - allowed)
    if unknown:
        raise wanted.error(
            f"has no '{unknown[0]}'; it has {', '.join(sorted(allowed)) or 'nothing to declare'}."
        )
    return build(wanted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One declaration with its values filled in, read field by field.

    Every reading raises `DeclarationError` for a field that is missing or no such thing.
    """

    declaration: Declaration
    fields: Mapping[str, Any]
    use: Use
    remove_endpoints: frozenset[str]

    @property
    def stage(self) -> Stage:
        return self.declaration.stage

    def error(self, sentence: str) -> DeclarationError:
        return DeclarationError(f"{self.declaration.origin}: {self.declaration.kind} {sentence}")

    def said(self, name: str) -> Any:
        if name not in self.fields:
            raise self.error(f"lacks '{name}'.")
        return self.fields[name]

    def text(self, name: str) -> str:
        return self._of(str, name, self.said(name), "a text")

    def text_if_said(self, name: str) -> str | None:
        return self.text(name) if name in self.fields else None

    def texts(self, name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            raise self.error(f"wants a list of texts in '{name}'.")
        return tuple(self._of(str, name, item, "a list of texts") for item in value)

    def number(self, name: str, value: Any) -> int:
        if isinstance(value, bool):
            raise self.error(f"wants a number in '{name}'.")
        return self._of(int, name, value, "a number")

    def truth(self, name: str) -> bool:
        return self._of(bool, name, self.said(name), "a truth value")

    def options(self, name: str) -> Iterator[tuple[str, str, Any]]:
        """Yield section, option and what is said of it, of a mapping of mappings."""
        for section, options in self.mapping(name).items():
            for key, said in self._of(dict, name, options, "a mapping of options").items():
                yield section, key, said

    def mapping(self, name: str) -> dict[str, Any]:
        return self._of(dict, name, self.fields.get(name, {}), "a mapping of sections")

    def node(self) -> str:
        if self.declaration.each != "node":
            raise self.error("is for nodes only.")
        return self.use.target

    def login(self) -> Login:
        if self.use.login is None:
            raise self.error("is for logins only.")
        return self.use.login

    def _of(self, kind: type[T], name: str, value: Any, what: str) -> T:
        if not isinstance(value, kind):
            raise self.error(f"wants {what} in '{name}'.")
        return value


def _config_file(wanted: _Wanted) -> Resource:
    dialect = _DIALECTS.get(wanted.text("dialect"))
    if dialect is None:
        raise wanted.error(f"wants one of {', '.join(_DIALECTS)} in 'dialect'.")
    pipeline = wanted.text_if_said("pipeline")
    if pipeline not in {None, "s3api"}:
        raise wanted.error("knows no 'pipeline' but s3api.")
    return ConfigFile(
        target=wanted.node(),
        stage=wanted.stage,
        path=wanted.text("path"),
        dialect=dialect,
        settings=(
            *(_setting(wanted, *said) for said in wanted.options("sections")),
            *_absent(wanted),
        ),
        members=tuple(_member(wanted, *said) for said in wanted.options("lists")),
        with_s3api=pipeline is not None,
        in_place="in_place" in wanted.fields and wanted.truth("in_place"),
        because=wanted.texts("because", wanted.fields.get("because", ())),
    )


def _setting(wanted: _Wanted, section: str, key: str, value: Any) -> Setting:
    if not isinstance(value, str | Secret | bool | int):
        raise wanted.error(f"wants a text, a number or a truth value for [{section}] {key}.")
    return Setting(section, key, value, wanted.declaration.origin)


def _absent(wanted: _Wanted) -> Iterator[Setting]:
    origin = wanted.declaration.origin
    for section, keys in wanted.mapping("absent").items():
        for key in wanted.texts(f"absent' of '[{section}]", keys):
            yield Setting(section, key, None, origin)


def _member(wanted: _Wanted, section: str, key: str, said: Any) -> ListMember:
    verb = "lacks" if isinstance(said, dict) and "lacks" in said else "has"
    if not isinstance(said, dict) or set(said) != {verb, "default"}:
        raise wanted.error(
            f"wants for the list [{section}] {key} a mapping of `has` or `lacks`, and `default`."
        )
    if not isinstance(said[verb], str):
        raise wanted.error(f"wants a text in '{verb}' of [{section}] {key}.")
    default = wanted.texts("default", said["default"])
    origin = wanted.declaration.origin
    return ListMember(section, key, said[verb], verb == "has", default, origin)


def _package(wanted: _Wanted) -> Resource:
    return Package(
        target=wanted.node(),
        stage=wanted.stage,
        query=_install_query(wanted),
        because=wanted.texts("because", wanted.fields.get("because", ())),
    )


def _install_query(wanted: _Wanted) -> PlanInstall:
    def names(field: str) -> tuple[str, ...]:
        return wanted.texts(field, wanted.fields.get(field, ()))

    return PlanInstall(
        service=wanted.text("service"),
        modules=wanted.texts("modules", wanted.said("modules")),
        beside=wanted.texts("beside", wanted.said("beside")),
        debian=names("debian"),
        redhat=names("redhat"),
        suse=names("suse"),
    )


def _service(wanted: _Wanted) -> Resource:
    statuses = wanted.fields.get("health_statuses", [200])
    if not isinstance(statuses, list):
        raise wanted.error("wants a list of numbers in 'health_statuses'.")
    port = wanted.fields.get("port")
    control = ServiceControl(
        name=wanted.text("name"),
        reads=wanted.texts("reads", wanted.said("reads")),
        health_url=wanted.text("health_url"),
        port=None if port is None else wanted.number("port", port),
        restart=wanted.text_if_said("restart"),
        reload=wanted.text_if_said("reload"),
        seamless="seamless" in wanted.fields and wanted.truth("seamless"),
        config_test=_config_test(wanted),
        disable_path=wanted.text_if_said("disable_path"),
        drain=_drain(wanted),
        health_statuses=tuple(wanted.number("health_statuses", each) for each in statuses),
    )
    return Service(
        target=wanted.node(),
        stage=wanted.stage,
        control=control,
        units=wanted.texts("units", wanted.fields.get("units", ())),
        state_dir=wanted.text("state_dir"),
        reload_because=wanted.text_if_said("reload_because"),
    )


def _https_trust(wanted: _Wanted) -> Resource:
    return HttpsTrust(target=wanted.node(), stage=wanted.stage, url=wanted.text("url"))


def _firewall_port(wanted: _Wanted) -> Resource:
    return FirewallPort(
        target=wanted.node(),
        stage=wanted.stage,
        service=wanted.text("service"),
        port=wanted.number("port", wanted.said("port")),
        address=wanted.text_if_said("address"),
        managed=wanted.truth("managed"),
    )


def _drain(wanted: _Wanted) -> Drain | None:
    if "drain_wait" not in wanted.fields:
        return None
    wait, timeout = (wanted.number(name, wanted.said(name)) for name in _DRAIN)
    return Drain(wait, timeout)


_DRAIN = ("drain_wait", "drain_timeout")


def _config_test(wanted: _Wanted) -> ConfigTest | None:
    said = wanted.text_if_said("config_test")
    if said is None:
        return None
    if said not in {each.value for each in ConfigTest}:
        raise wanted.error("knows no 'config_test' but option and loader.")
    return ConfigTest(said)


def _role(wanted: _Wanted) -> Resource:
    return KeystoneRole(wanted.text("name"), stage=wanted.stage)


def _project(wanted: _Wanted) -> Resource:
    return Project(wanted.login().project, stage=wanted.stage)


def _service_user(wanted: _Wanted) -> Resource:
    login = wanted.login()
    reset = wanted.truth("set_password")
    return ServiceUser(login.user, login.password, set_password=reset, stage=wanted.stage)


def _grant(wanted: _Wanted) -> Resource:
    login = wanted.login()
    reasons = (wanted.text("because"),)
    return Grant(
        login.user, login.project, wanted.text("role"), reasons=reasons, stage=wanted.stage
    )


def _catalogue_service(wanted: _Wanted) -> Resource:
    return CatalogueService(
        type=wanted.text("type"),
        name=wanted.text("name"),
        description=wanted.text("description"),
        requires=_answering(wanted),
        stage=wanted.stage,
    )


def _endpoint(wanted: _Wanted) -> Resource:
    return Endpoint(
        service_type=wanted.text("type"),
        service_name=wanted.text("name"),
        interface=wanted.text("interface"),
        region=wanted.text("region"),
        url=wanted.text("url"),
        remove_ids=wanted.remove_endpoints,
        requires=_answering(wanted),
        stage=wanted.stage,
    )


def _answering(wanted: _Wanted) -> Answering:
    return Answering(url=wanted.text("answers_at"), api=wanted.text("type"))


_KINDS: dict[str, tuple[Callable[[_Wanted], Resource], set[str]]] = {
    "config_file": (
        _config_file,
        {"path", "dialect", "in_place", "pipeline", "because", "sections", "absent", "lists"},
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
            "reload_because",
            "restart",
            "reload",
            "seamless",
            "config_test",
            "disable_path",
            "drain_wait",
            "drain_timeout",
            "state_dir",
        },
    ),
    "https_trust": (_https_trust, {"url"}),
    "firewall_port": (_firewall_port, {"service", "port", "address", "managed"}),
    "package": (
        _package,
        {"service", "modules", "beside", "debian", "redhat", "suse", "because"},
    ),
    "role": (_role, {"name"}),
    "project": (_project, set()),
    "service_user": (_service_user, {"set_password"}),
    "grant": (_grant, {"role", "because"}),
    "catalogue_service": (_catalogue_service, {"type", "name", "description", "answers_at"}),
    "endpoint": (_endpoint, {"type", "name", "interface", "region", "url", "answers_at"}),
}
"""Each kind that a role may declare: how it is built, and what it may say."""
