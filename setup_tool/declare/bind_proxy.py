"""A Swift proxy's file and facts become the values its role needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import Login, ReadGrants
from setup_tool.core.queries import ReadFile
from setup_tool.core.transaction import ConfigTest
from setup_tool.declare.bind_drain import drain_values, draining
from setup_tool.declare.logins import read_login
from setup_tool.declare.questions import SWIFT, info_url, proxy_installation, proxy_units
from setup_tool.declare.releases import (
    SWIFT_WITH_S3API,
    SWIFT_WITH_SEAMLESS_RELOAD,
    SWIFT_WITH_TEST_CONFIG,
    is_at_least,
)
from setup_tool.declare.urls import bound, port, without_version
from setup_tool.declare.versions import installed_release, swift_from_info
from setup_tool.declare.wanted import Use
from setup_tool.editors import pipeline
from setup_tool.editors.ini import DEFAULT, Dialect, FileProblemError, IniFile
from setup_tool.resources.config_file import open_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.identity import DomainRef
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
_CACHE_SECONDS = 60
"""How long s3token may keep a user's secret: upstream's default since OSSA-2025-002."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that is to serve S3, as far as its node alone tells.

    ``login`` is None where tempauth holds the users, else it is the one in the section
    ``authtoken``. ``health_url`` is asked from the node. ``location`` is the one its
    file names already.
    """

    node: Node
    file: IniFile
    authtoken: str
    release: str
    health_url: str
    login: Login | None
    location: str | None


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
    if settings.s3 == "swift3" and modern:
        raise DeclarationError(
            f"{node.name}: `s3: swift3` contradicts Swift {release}, which runs here: from 2.18 "
            "(Rocky) on Swift has s3api instead. Say `s3: s3api`, or leave s3 out."
        )
    if not modern:
        raise DeclarationError(
            f"{node.name}: Swift {release} would need swift3 for S3, which this version of "
            "setup-tool does not set up yet. Set `s3: off` for this node."
        )
    placed = pipeline.place_s3api(file)
    section = f"filter:{_authtoken(file)}"
    login = None
    if placed.auth is pipeline.Auth.KEYSTONE:
        login = read_login(
            lambda key: _value(file, section, key), f"{file.name} [{section}]", settings.s3_login
        )
    health = settings.proxy_health_url or _health_url(file)
    location = _value(file, "filter:s3api", "location")
    return Proxy(node, file, section, release, health, login, location)


def use_of(proxy: Proxy, location: str, identity: Answers, *, login_renewed: bool = False) -> Use:
    """Return the role and the values that bring S3 to a proxy.

    ``login_renewed``: Keystone will let its login in again, which it did not.
    """
    settings = proxy.node.settings
    values: dict[str, Value] = {
        "proxy_conf": settings.proxy_conf,
        "in_place": settings.proxy_conf in settings.in_place,
        "pipeline_reason": f"Swift {proxy.release} has S3 built in.",
        "s3_location": location,
        "proxy_port": port(proxy.health_url),
        "proxy_health_url": proxy.health_url,
        "proxy_restart": settings.proxy_restart,
        "proxy_reload": settings.proxy_reload,
        "proxy_seamless": is_at_least(proxy.release, SWIFT_WITH_SEAMLESS_RELOAD),
        "proxy_config_test": _config_test(proxy.release),
        **drain_values(draining(proxy.node, proxy.file)),
        "proxy_units": proxy_units(proxy.node),
        "state_dir": settings.state_dir,
        "proxy_address": _address(proxy.file, port(proxy.health_url)),
        "firewall": settings.firewall == "auto",
    }
    if proxy.login is None:
        return Use("s3api-tempauth", "node", proxy.node.name, values)
    values |= _login_values(proxy.login)
    values |= {
        "proxy_reload_because": _TOKENS_VOID if login_renewed else None,
        "authtoken_section": proxy.authtoken,
        "keystone_url": without_version(proxy.login.auth_url),
        "reseller_prefix": _reseller_prefix(proxy),
        "secret_cache_duration": _cache_seconds(proxy, identity),
    }
    return Use("s3api", "node", proxy.node.name, values)


def _config_test(release: str) -> str:
    """Return how a Swift of that release tries a file, as the roles spell it."""
    if is_at_least(release, SWIFT_WITH_TEST_CONFIG):
        return str(ConfigTest.OPTION.value)
    return str(ConfigTest.LOADER.value)


def _login_values(login: Login) -> Mapping[str, Value]:
    user_key, user_domain = _domain_option("user_domain", login.user.domain)
    project_key, project_domain = _domain_option("project_domain", login.project.domain)
    return {
        "login_auth_url": login.auth_url,
        "login_user": login.user.name,
        "login_password": login.password,
        "login_project": login.project.name,
        "user_domain_key": user_key,
        "user_domain": user_domain,
        "user_domain_other": _OTHER_DOMAIN_OPTION[user_key],
        "project_domain_key": project_key,
        "project_domain": project_domain,
        "project_domain_other": _OTHER_DOMAIN_OPTION[project_key],
    }


_OTHER_DOMAIN_OPTION = {
    f"{which}_domain_{one}": f"{which}_domain_{other}"
    for which in ("user", "project")
    for one, other in (("id", "name"), ("name", "id"))
}


def _domain_option(which: str, domain: DomainRef) -> tuple[str, str]:
    if domain.id:
        return f"{which}_id", domain.id
    return f"{which}_name", domain.name or "Default"


def _authtoken(file: IniFile) -> str:
    known = pipeline.roles(file)
    names = pipeline.main_pipeline(file).value.split()
    return next((n for n in names if known.get(n) is pipeline.Role.AUTHTOKEN), "authtoken")


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
    said = _value(proxy.file, "filter:keystoneauth", "reseller_prefix")
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
