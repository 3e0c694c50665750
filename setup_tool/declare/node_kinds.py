"""The kinds of resources that a role may declare of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.core.plan import Stage
from setup_tool.core.queries import PlanInstall
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import ConfigTest, Drain, ServiceControl
from setup_tool.editors.ini import Dialect
from setup_tool.editors.pipeline import ORDERS
from setup_tool.resources.config_file import Carried, ConfigFile, Created, ListMember, Setting
from setup_tool.resources.firewall_port import FirewallPort
from setup_tool.resources.https_trust import HttpsTrust
from setup_tool.resources.package import Package
from setup_tool.resources.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from setup_tool.declare.wanted import Wanted
    from setup_tool.resources.resource import Resource

_DIALECTS = {"oslo": Dialect.OSLO, "paste": Dialect.PASTE}


def _config_file(wanted: Wanted) -> Resource:
    dialect = _DIALECTS.get(wanted.text("dialect"))
    if dialect is None:
        raise wanted.error(f"wants one of {', '.join(_DIALECTS)} in 'dialect'.")
    pipeline = wanted.text_if_said("pipeline")
    if pipeline is not None and pipeline not in ORDERS:
        raise wanted.error(f"knows no 'pipeline' but {', '.join(ORDERS)}.")
    return ConfigFile(
        target=wanted.node(),
        stage=early_stage(wanted),
        path=wanted.text("path"),
        dialect=dialect,
        settings=(
            *(_setting(wanted, *said) for said in wanted.options("sections")),
            *_absent(wanted),
        ),
        members=tuple(_member(wanted, *said) for said in wanted.options("lists")),
        carried=tuple(_carried(wanted)),
        s3_order=None if pipeline is None else ORDERS[pipeline],
        in_place="in_place" in wanted.fields and wanted.truth("in_place"),
        because=wanted.texts("because", wanted.fields.get("because", ())),
        created=_created(wanted),
    )


def early_stage(wanted: Wanted) -> Stage:
    """Return the stage of something that, where it says ``early``, is needed before all others."""
    early = "early" in wanted.fields and wanted.truth("early")
    return Stage.BEFOREHAND if early else wanted.stage


def _created(wanted: Wanted) -> Created | None:
    head = wanted.text_if_said("created")
    if head is None:
        return None
    mode = wanted.number("mode", wanted.said("mode"))
    return Created(head, mode, wanted.text_if_said("owner"))


def _setting(wanted: Wanted, section: str, key: str, value: Any) -> Setting:
    if not isinstance(value, str | Secret | bool | int):
        raise wanted.error(f"wants a text, a number or a truth value for [{section}] {key}.")
    return Setting(section, key, value, wanted.declaration.origin)


def _absent(wanted: Wanted) -> Iterator[Setting]:
    origin = wanted.declaration.origin
    for section, keys in wanted.mapping("absent").items():
        for key in wanted.texts(f"absent' of '[{section}]", keys):
            yield Setting(section, key, None, origin)


def _carried(wanted: Wanted) -> Iterator[Carried]:
    for source, targets in wanted.mapping("carried").items():
        if not isinstance(targets, dict):
            raise wanted.error(f"wants a mapping of sections in 'carried' of '[{source}]'.")
        for section, keys in targets.items():
            for key in wanted.texts(f"carried' of '[{source}]", keys):
                yield Carried(source, section, key)


def _member(wanted: Wanted, section: str, key: str, said: Any) -> ListMember:
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


def _package(wanted: Wanted) -> Resource:
    return Package(
        target=wanted.node(),
        stage=wanted.stage,
        query=install_query(wanted),
        because=wanted.texts("because", wanted.fields.get("because", ())),
    )


def install_query(wanted: Wanted) -> PlanInstall:
    """Return what a `package` asks of its node."""

    def names(field: str) -> tuple[str, ...]:
        return wanted.texts(field, wanted.fields.get(field, ()))

    return PlanInstall(
        service=wanted.text("service"),
        modules=wanted.texts("modules", wanted.said("modules")),
        beside=wanted.texts("beside", wanted.said("beside")),
        debian=names("debian"),
        redhat=names("redhat"),
        suse=names("suse"),
        units=names("units"),
        port=wanted.number("port", wanted.said("port")) if "port" in wanted.fields else None,
    )


def _service(wanted: Wanted) -> Resource:
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
        own_unit="own_unit" in wanted.fields and wanted.truth("own_unit"),
    )
    return Service(
        target=wanted.node(),
        stage=wanted.stage,
        control=control,
        units=wanted.texts("units", wanted.fields.get("units", ())),
        state_dir=wanted.text("state_dir"),
        restart_without_unit=wanted.text_if_said("restart_without_unit"),
        reload_because=wanted.text_if_said("reload_because"),
    )


def _https_trust(wanted: Wanted) -> Resource:
    return HttpsTrust(target=wanted.node(), stage=wanted.stage, url=wanted.text("url"))


def _firewall_port(wanted: Wanted) -> Resource:
    return FirewallPort(
        target=wanted.node(),
        stage=wanted.stage,
        service=wanted.text("service"),
        port=wanted.number("port", wanted.said("port")),
        address=wanted.text_if_said("address"),
        managed=wanted.truth("managed"),
    )


def _drain(wanted: Wanted) -> Drain | None:
    if "drain_wait" not in wanted.fields:
        return None
    wait, timeout = (wanted.number(name, wanted.said(name)) for name in _DRAIN)
    return Drain(wait, timeout)


_DRAIN = ("drain_wait", "drain_timeout")


def _config_test(wanted: Wanted) -> ConfigTest | None:
    said = wanted.text_if_said("config_test")
    if said is None:
        return None
    if said not in {each.value for each in ConfigTest}:
        raise wanted.error("knows no 'config_test' but option and loader.")
    return ConfigTest(said)


NODE_KINDS: Mapping[str, tuple[Callable[[Wanted], Resource], set[str]]] = {
    "config_file": (
        _config_file,
        {
            "path",
            "dialect",
            "in_place",
            "pipeline",
            "because",
            "sections",
            "absent",
            "carried",
            "lists",
            "created",
            "mode",
            "owner",
            "early",
        },
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
            "own_unit",
            "reload_because",
            "restart",
            "restart_without_unit",
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
        {
            "service",
            "units",
            "port",
            "modules",
            "beside",
            "debian",
            "redhat",
            "suse",
            "because",
        },
    ),
}
"""Each kind: how it is built, and what it may say."""
