"""What to put into the system that a file belongs to, in that system's own terms.

Sources: kolla-ansible's role ``swift`` (``config.yml``: merged from ``node_custom_config``),
openstack-ansible's role ``os_swift`` (``swift_proxy_server_conf_overrides``) and ``os_nova``
(``nova_nova_conf_overrides``), puppet-swift's classes ``swift::proxy``, ``s3api`` and
``s3token``, the templates and ``config.yaml`` of the swift-proxy charm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.secret import MASK, Secret
from setup_tool.editors.managed_by import System

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Written:
    """An option as it is to be; None: it is to be gone."""

    section: str
    key: str
    value: str | Secret | None

    @property
    def shown(self) -> str:
        """The value, masked where it is secret."""
        return MASK if isinstance(self.value, Secret) else (self.value or "")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one system keeps what one kind of file gets."""

    kolla: str
    overrides: str
    puppet: str
    charm: str


_SWIFT = _Place(
    "swift/proxy-server.conf",
    "swift_proxy_server_conf_overrides",
    "swift_proxy_config",
    "swift-proxy",
)
_NOVA = _Place(
    "nova/nova-api.conf", "nova_nova_conf_overrides", "nova_config", "nova-cloud-controller"
)
_S3TOKEN = {
    *("auth_uri", "reseller_prefix", "delay_auth_decision", "http_timeout"),
    *("secret_cache_duration", "auth_url", "auth_type", "username", "user_domain_id"),
    *("password", "project_name", "project_domain_id"),
}
"""What class ``swift::proxy::s3token`` has a parameter for."""
_PARAMETERS = {
    ("app:proxy-server", "account_autocreate"): "swift::proxy::account_autocreate",
    ("filter:authtoken", "delay_auth_decision"): "swift::proxy::authtoken::delay_auth_decision",
    ("filter:s3api", "location"): "swift::proxy::s3api::location",
}
_WRITTEN_BY_CLASSES = {("filter:s3api", "use"), ("filter:s3token", "use")}
_HEADS = {
    System.ANSIBLE: "In the template or its variables; with openstack-ansible in "
    "user_variables.yml as {overrides} (a mapping of sections):",
    System.CHEF: "In the cookbook's template or attributes:",
    System.KOLLA: "On the deployment host, in /etc/kolla/config/{kolla} "
    "(then kolla-ansible reconfigure):",
    System.PUPPET: "In Puppet (Hiera, with the classes included):",
    System.REPOSITORY: "In the repository:",
    System.SALT: "In the state's file or pillar:",
    System.TRIPLEO: "In an environment file, below parameter_defaults: ExtraConfig:",
}


def undone_by(system: System, path: str, sign: str) -> str:
    """Return what becomes of a change to a file of that system, as a sentence."""
    match system:
        case System.REPOSITORY:
            return (
                f"{path} belongs to a repository ({sign}): its next update undoes this change, or "
                "stops at it, unless the change is committed there."
            )
        case System.KOLLA | System.TRIPLEO:
            return (
                f"{path} belongs to {system.value} ({sign}): its next deployment undoes this "
                "change. The container copies the file when it starts, so it has to be restarted, "
                "not reloaded."
            )
        case _:
            return (
                f"{path} is managed by {system.value} ({sign}): its next run undoes this change "
                "unless it is made there too."
            )


def instead(system: System, options: Sequence[Written], *, swift: bool) -> tuple[str, ...]:
    """Return lines that say what to put where; ``swift`` for a proxy's file, else nova's."""
    place = _SWIFT if swift else _NOVA
    if system is System.JUJU:
        return tuple(_juju(options, place))
    head = _HEADS[system].format(kolla=place.kolla, overrides=place.overrides)
    in_puppet = system in {System.PUPPET, System.TRIPLEO}
    lines = _puppet(options, place, swift=swift) if in_puppet else _ini(options)
    return (head, *lines)


def _ini(options: Sequence[Written]) -> Iterator[str]:
    section = None
    order = list(dict.fromkeys(option.section for option in options))
    for option in sorted(options, key=lambda each: order.index(each.section)):
        if option.section != section:
            section = option.section
            yield f"  [{section}]"
        if option.value is None:
            yield f"  (without {option.key})"
        else:
            yield f"  {option.key} = {option.shown}"


def _puppet(options: Sequence[Written], place: _Place, *, swift: bool) -> Iterator[str]:
    """Yield Hiera's keys of classes that are to be included, and resources for the rest."""
    rest: list[Written] = []
    for option in options:
        hiera = _hiera(option) if swift else None
        if hiera is None:
            rest.append(option)
        elif hiera:
            yield f"  {hiera}"
    for option in rest:
        what = "ensure => absent" if option.value is None else f"value => '{option.shown}'"
        yield f"  {place.puppet} {{ '{option.section}/{option.key}': {what} }}"


def _hiera(option: Written) -> str | None:
    """Return the line of Hiera, empty for what the class itself writes, None where it has none."""
    place = (option.section, option.key)
    if option.value is None:
        return None
    if place in _WRITTEN_BY_CLASSES:
        return ""
    if place == ("pipeline:main", "pipeline"):
        return f"swift::proxy::pipeline: [{', '.join(option.shown.split())}]"
    if option.section == "filter:s3token" and option.key in _S3TOKEN:
        return f"swift::proxy::s3token::{option.key}: '{option.shown}'"
    parameter = _PARAMETERS.get(place)
    return f"{parameter}: {option.shown}" if parameter else None


def _juju(options: Sequence[Written], place: _Place) -> Iterator[str]:
    """Yield what the charm has options for; it writes the filters themselves from Rocky on."""
    kept: list[Written] = []
    commands: list[str] = []
    for option in options:
        match option.section, option.key:
            case "filter:s3api", "location":
                commands.append(f"  juju config {place.charm} region={option.shown}")
            case "filter:authtoken", "delay_auth_decision":
                commands.append(f"  juju config {place.charm} delay-auth-decision={option.shown}")
            case _:
                kept.append(option)
    if commands:
        yield "In Juju:"
        yield from commands
    if kept:
        yield (
            f"The {place.charm} charm has no option for the rest. From Rocky on its template has "
            "s3api and s3token itself; otherwise set up this cloud through the charm alone:"
            if place is _SWIFT
            else f"The {place.charm} charm takes options of [DEFAULT] as config-flags:"
        )
        yield from _ini(kept)
