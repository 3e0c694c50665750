"""A Swift proxy's file and facts become the values its role needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import Login, ReadGrants
from setup_tool.core.queries import ReadFile
from setup_tool.core.transaction import ConfigTest
from setup_tool.declare import swift3
from setup_tool.declare.bind_drain import drain_values, draining
from setup_tool.declare.logins import login_values, read_login
from setup_tool.declare.questions import SWIFT, info_url, proxy_installation, proxy_units
from setup_tool.declare.releases import (
    SWIFT_WITH_S3API,
    SWIFT_WITH_SEAMLESS_RELOAD,
    SWIFT_WITH_TEST_CONFIG,
    is_at_least,
    series_of_swift,
)
from setup_tool.declare.upgrades import s3api_reasons, swift3_reasons
from setup_tool.declare.urls import bound, port, without_version
from setup_tool.declare.versions import installed_release, swift_from_info
from setup_tool.declare.wanted import Use
from setup_tool.editors import pipeline
from setup_tool.editors.ini import DEFAULT, Dialect, FileProblemError, IniFile
from setup_tool.resources.config_file import open_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Value
    from setup_tool.resources.resource import Answers

_DEFAULT_PORT = 8080
_TOKENS_VOID = (
    "s3token holds a token of its login from before this plan lets that in again, and asks for "
    "no other until that one would expire."
)
"""``session.get_auth_headers()`` in swift/common/middleware/s3api/s3token.py (2.30.1-0+deb12u3)
gives a cached token, and nothing there takes a refusal of it as a reason for a new one."""
_SWIFT_INIT = "swift-init proxy restart"
"""Of Swift's own ``swift-init``, which knows the files below /etc/swift only."""
_CACHE_SECONDS = 60
"""How long s3token may keep a user's secret: upstream's default since OSSA-2025-002."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that is to serve S3, as far as its node alone tells.

    ``keystone`` is where it finds Keystone, without a version; None where tempauth holds
    the users. ``login`` is the one in the section ``authtoken``, which s3token logs in
    with; None where it does not log in. ``health_url`` is asked from the node.
    ``location`` is the one in force there already. ``swift3`` is the release of swift3
    that serves S3, None where Swift does so itself.
    """

    node: Node
    file: IniFile
    authtoken: str
    release: str
    health_url: str
    login: Login | None
    location: str | None
    keystone: str | None = None
    swift3: str | None = None

    @property
    def signature(self) -> str:
        """The version of signatures that every release of what serves S3 here understands."""
        return "v2" if self.swift3 else "v4"


def read_proxy(node: Node, facts: Answers) -> Proxy | None:
    """Return what the node tells of its proxy, None where the inventory wants no S3 there.

    Raises `DeclarationError` where it cannot be given S3, saying why.
    """
    settings = node.settings
    if settings.s3 == "off":
        return None
    file = open_config(
        node.name, settings.proxy_conf, Dialect.PASTE, facts[ReadFile(settings.proxy_conf)]
    )
    release = _release(node, facts)
    modern = is_at_least(release, SWIFT_WITH_S3API)
    _check_wanted(node, release, modern=modern)
    plugin = None if modern else swift3.plugin_release(node, facts)
    placed = pipeline.place_s3(file, _order(plugin))
    section = _section(file, pipeline.Role.AUTHTOKEN)
    place = f"{file.name} [{section}]"
    login = keystone = None
    if placed.auth is pipeline.Auth.KEYSTONE and modern:
        login = read_login(_reader(file, section), place, settings.s3_login)
        keystone = without_version(login.auth_url)
    elif placed.auth is pipeline.Auth.KEYSTONE:
        keystone = swift3.keystone_of(_reader(file, section), place)
    elif plugin is not None:
        swift3.check_tempauth(node, release, plugin)
    health = settings.proxy_health_url or _health_url(file)
    return Proxy(node, file, section, release, health, login, _location(file), keystone, plugin)


def _check_wanted(node: Node, release: str, *, modern: bool) -> None:
    wanted = node.settings.s3
    if wanted == "swift3" and modern:
        raise DeclarationError(
            f"{node.name}: `s3: swift3` contradicts Swift {release}, which runs here: from 2.18 "
            "(Rocky) on Swift has s3api instead. Say `s3: s3api`, or leave s3 out."
        )
    if wanted == "s3api" and not modern:
        raise DeclarationError(
            f"{node.name}: `s3: s3api` contradicts Swift {release}, which runs here: Swift has "
            "s3api from 2.18 (Rocky) on. Say `s3: swift3`, or leave s3 out."
        )
    if series_of_swift(release) is None:
        raise DeclarationError(
            f"{node.name}: Swift {release} is older than OpenStack Grizzly (Swift 1.8), and what "
            "S3 takes there is not known. Set `s3: off` for this node."
        )


def _order(plugin: str | None) -> pipeline.Order:
    return pipeline.OF_S3API if plugin is None else swift3.order_of(plugin)


def use_of(proxy: Proxy, location: str, identity: Answers, *, login_renewed: bool = False) -> Use:
    """Return the role and the values that bring S3 to a proxy.

    ``login_renewed``: Keystone will let its login in again, which it did not.
    """
    values = {**_service_values(proxy), "s3_location": location}
    names = pipeline.names_of(proxy.file)
    if proxy.swift3 is not None:
        values |= _swift3_values(proxy, proxy.swift3, names)
        role = "swift3-tempauth" if proxy.keystone is None else "swift3"
        return Use(role, "node", proxy.node.name, values)
    old = names.get(pipeline.Role.SWIFT3)
    values |= {
        "reasons": s3api_reasons(proxy.file, names, proxy.release),
        "swift3_section": old and f"filter:{old}",
    }
    if proxy.login is None:
        return Use("s3api-tempauth", "node", proxy.node.name, values)
    values |= login_values(proxy.login)
    values |= {
        "proxy_reload_because": _TOKENS_VOID if login_renewed else None,
        "authtoken_section": proxy.authtoken,
        "keystone_url": proxy.keystone,
        "reseller_prefix": _reseller_prefix(proxy),
        "secret_cache_duration": _cache_seconds(proxy, identity),
    }
    return Use("s3api", "node", proxy.node.name, values)


def _service_values(proxy: Proxy) -> dict[str, Value]:
    settings = proxy.node.settings
    number = port(proxy.health_url)
    return {
        "proxy_conf": settings.proxy_conf,
        "in_place": settings.proxy_conf in settings.in_place,
        "proxy_port": number,
        "proxy_health_url": proxy.health_url,
        "proxy_restart": settings.proxy_restart,
        "proxy_restart_without_unit": (
            _SWIFT_INIT if settings.proxy_conf.startswith("/etc/swift/") else None
        ),
        "proxy_reload": settings.proxy_reload,
        "proxy_seamless": is_at_least(proxy.release, SWIFT_WITH_SEAMLESS_RELOAD),
        "proxy_config_test": _config_test(proxy.release),
        **drain_values(draining(proxy.node, proxy.file)),
        "proxy_units": proxy_units(proxy.node),
        "state_dir": settings.state_dir,
        "proxy_address": _address(proxy.file, number),
        "firewall": settings.firewall == "auto",
    }


def _swift3_values(
    proxy: Proxy, plugin: str, names: Mapping[pipeline.Role, str]
) -> dict[str, Value]:
    """Return what the roles of swift3 are filled with, but for the service and the location."""
    order = swift3.order_of(plugin)

    def called(role: pipeline.Role) -> str:
        return role.value if role in order.by_name else names.get(role, role.value)

    values: dict[str, Value] = {
        "pipeline": order.name,
        "swift3_section": f"filter:{called(pipeline.Role.SWIFT3)}",
    }
    wanted = swift3.Swift3(proxy.release, plugin, order)
    if proxy.keystone is None:
        return {**values, "reasons": swift3_reasons(proxy.file, names, wanted)}
    section = _section(proxy.file, pipeline.Role.S3TOKEN)
    read = _reader(proxy.file, section)
    s3token = swift3.s3token_of(proxy.release, plugin, read("use") or read("paste.filter_factory"))
    return values | {
        "reasons": swift3_reasons(proxy.file, names, replace(wanted, s3token=s3token)),
        "s3token_section": f"filter:{called(pipeline.Role.S3TOKEN)}",
        "s3token_use": s3token.made_by if s3token.is_egg else None,
        "s3token_factory": None if s3token.is_egg else s3token.made_by,
        "s3token_module": s3token.package,
        "s3token_package": s3token.package and f"python-{s3token.package}",
        "s3token_absent": s3token.absent,
        **swift3.keystone_options(s3token, proxy.keystone, read, f"{proxy.file.name} [{section}]"),
        "reseller_prefix": _reseller_prefix(proxy),
        "authtoken_section": f"filter:{called(pipeline.Role.AUTHTOKEN)}",
        "authtoken_delays": None if order.before_authtoken else True,
    }


def _config_test(release: str) -> str:
    """Return how a Swift of that release tries a file, as the roles spell it."""
    if is_at_least(release, SWIFT_WITH_TEST_CONFIG):
        return str(ConfigTest.OPTION.value)
    return str(ConfigTest.LOADER.value)


def _section(file: IniFile, role: pipeline.Role) -> str:
    """Return the section of a filter of the pipeline, by its usual name where it has none."""
    return f"filter:{pipeline.names_of(file).get(role, role.value)}"


def _location(file: IniFile) -> str | None:
    """Return the region that S3 requests have to be signed for now, None for none yet."""
    names = pipeline.names_of(file)
    own = [
        _value(file, _section(file, role), "location")
        for role in (pipeline.Role.S3API, pipeline.Role.SWIFT3)
    ]
    in_force = swift3.DEFAULT_LOCATION if pipeline.Role.SWIFT3 in names else None
    return own[0] or own[1] or in_force


def _release(node: Node, facts: Answers) -> str:
    settings = node.settings
    said = settings.swift_version
    if said:
        return said
    found = installed_release(facts[proxy_installation(node)], facts[SWIFT])
    if found is None and settings.proxy_health_url:
        found = swift_from_info(facts[info_url(settings.proxy_health_url)])
    if found is None:
        raise DeclarationError(
            f"{node.name}: which Swift runs here cannot be told: no package holds it, its Python "
            "could not be asked, and /info does not say. Set swift_version for this node in the "
            "inventory."
        )
    return found


def _health_url(file: IniFile) -> str:
    scheme = "https" if _value(file, DEFAULT, "cert_file") else "http"
    number = _value(file, DEFAULT, "bind_port")
    if number is not None and not number.isdigit():
        raise DeclarationError(f"{file.name}: bind_port is not a number.")
    address = _value(file, DEFAULT, "bind_ip")
    return bound(address, int(number or _DEFAULT_PORT), scheme) + "/healthcheck"


def _address(file: IniFile, number: int) -> str | None:
    """Return the address that the file binds a port to, None where it names none for it."""
    said = {key: file.get(DEFAULT, key) for key in ("bind_ip", "bind_port")}
    address, bound_to = said["bind_ip"], said["bind_port"]
    if address is None or address.unresolved or (bound_to and bound_to.value != str(number)):
        return None
    return address.value


def _reseller_prefix(proxy: Proxy) -> str:
    """Return what stands before a project's id in its account's name.

    Of several prefixes the first is meant; read as ``config_read_reseller_options`` of
    ``swift.common.utils`` does, for which ``''`` is none.
    """
    section = _section(proxy.file, pipeline.Role.KEYSTONEAUTH)
    said = _value(proxy.file, section, "reseller_prefix")
    prefixes = [p.strip() for p in ("AUTH" if said is None else said).split(",") if p.strip()]
    if not prefixes or prefixes[0] == "''":
        return ""
    return prefixes[0] if prefixes[0].endswith("_") else f"{prefixes[0]}_"


def _cache_seconds(proxy: Proxy, identity: Answers) -> int:
    """Caching asks Keystone for the secret, which only an administrator may."""
    login = proxy.login
    roles = identity.get(ReadGrants(login.user, login.project)) if login else None
    if not isinstance(roles, frozenset) or "admin" not in {role.lower() for role in roles}:
        return 0
    said = _value(proxy.file, "filter:s3token", "secret_cache_duration") or ""
    return int(said) if said.isdigit() else _CACHE_SECONDS


def _reader(file: IniFile, section: str) -> Callable[[str], str | None]:
    return lambda key: _value(file, section, key)


def _value(file: IniFile, section: str, key: str) -> str | None:
    option = file.get(section, key)
    if option is not None and option.unresolved:
        raise FileProblemError(
            file.name,
            option.lines[0],
            f"{key} of [{section}] is put together from what the file alone does not tell. "
            "Write it out in full.",
        )
    return option.value if option else None
