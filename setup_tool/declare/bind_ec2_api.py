"""An ec2-api that is to be on a controller becomes the values its roles need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.accounts import ReadAccount
from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import IDENTITY, Note
from setup_tool.declare.ec2_api_environment import package_values, programs
from setup_tool.declare.ec2_api_login import MARK
from setup_tool.declare.ec2_api_places import ACCOUNT_MARK, environments_query, units_of
from setup_tool.declare.logins import login_values
from setup_tool.declare.urls import bound, catalogue_urls, host, port, without_version
from setup_tool.declare.wanted import Use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.accounts import AccountFact
    from setup_tool.core.environments import EnvironmentsFact
    from setup_tool.core.identity import CatalogueFact
    from setup_tool.core.secret import Secret
    from setup_tool.declare.ec2_api import Standalone
    from setup_tool.declare.ec2_api_login import OwnLogin
    from setup_tool.declare.roles import Value
    from setup_tool.resources.resource import Answers

_LOG = "%(client_ip)s status: %(status_code)s len: %(body_length)s time: %(wall_seconds).7f"
"""ec2-api's own format less the request line, which has signatures in its query."""

_TRUE = {"true", "1", "yes", "on"}
_PRIVATE, _GROUPS_TOO = 0o600, 0o640

_UNMAINTAINED = (
    "ec2-api is what serves EC2 from nova 13 on. It is not maintained any more (its last release "
    "is 17.0.0, of 2023): its faults stay as they are."
)
_ADMINS = (
    "Its login is an administrator's. It stands in this file alone, which only its service reads, "
    "and goes to no proxy."
)


@dataclass(frozen=True, slots=True)
class Supplies:
    """What a plan may need that neither the inventory nor a target has.

    ``password`` is a new one, for a login that has none; ``texts`` are files of ``templates/node``.
    """

    password: Secret
    texts: Mapping[str, str]


def ec2_api_use(
    each: Standalone,
    own: OwnLogin,
    facts: Answers,
    catalogue: CatalogueFact,
    *,
    published: Mapping[str, Value],
    texts: Mapping[str, str],
) -> tuple[Use, tuple[Note, ...]]:
    """Return the role that brings ec2-api to a controller, and what to say of it.

    ``published`` are the values of what Keystone is to say of EC2. Raises `DeclarationError` where
    it cannot run there.
    """
    node = each.node
    _check_system(each)
    environments: EnvironmentsFact = facts[environments_query(node)]
    keystone = _keystone(each, catalogue, str(published["region"]))
    values: dict[str, Value] = {
        **_owners(each, facts),
        **_places(each),
        **programs(each, environments, texts),
        **package_values(each),
        **login_values(own.login),
        **_options(each, keystone, published),
        "early": own.fresh,
        "auth_factory": "setup_tool_keystone_auth:filter_factory",
        "corrections_factory": "setup_tool_corrections:filter_factory",
        **_service(each),
        "firewall": node.settings.firewall == "auto",
        "because": () if each.conf else (_UNMAINTAINED, _ADMINS),
    }
    return Use("ec2-api", "node", node.name, values), _notes(each)


def present_use(each: Standalone) -> Use | None:
    """Return the role whose service is ec2-api with its files as they are; None: there is none.

    Nothing of that role but the service may be used.
    """
    if each.conf is None:
        return None
    return Use("ec2-api", "node", each.node.name, {**_places(each), **_service(each)})


def ec2_api_user_use(own: OwnLogin) -> Use:
    """Return what Keystone must hold for ec2-api's login."""
    values: dict[str, Value] = {
        "set_password": own.refused,
        "because": f"ec2-api logs in as {own.login.user}",
        "description": MARK,
    }
    return Use("ec2-api-user", "login", IDENTITY, values, own.login)


def _check_system(each: Standalone) -> None:
    node, system = each.node, each.system
    if not each.places.homely and system.uid:
        raise DeclarationError(
            f"{node.name}: only root can set up ec2-api in the system's folders. Set "
            "ansible_become, or have it run by this login: set ec2_api_conf to a path below ~/ and "
            "ec2_api_restart to the command that starts it."
        )
    if each.places.unit_file and not system.systemd:
        raise DeclarationError(
            f"{node.name} does not run systemd, so that ec2-api would not be started there. Set "
            "ec2_api_restart to a command that starts it."
        )


def _owners(each: Standalone, facts: Answers) -> dict[str, Value]:
    """Return whose the files are: readable by the service's own group, or by its login alone."""
    if each.places.homely:
        return {
            "account": None,
            "has_account": False,
            "private_owner": None,
            "state_owner": None,
            "private_mode": _PRIVATE,
            "private_folder_mode": 0o700,
            "shared_folder_mode": 0o700,
            "state_mode": 0o700,
        }
    name = each.node.settings.ec2_api_user
    account: AccountFact = facts[ReadAccount(name)]
    group = account.group or name
    return {
        "account": name,
        "has_account": True,
        "private_owner": f"root:{group}",
        "state_owner": f"{name}:{group}",
        "private_mode": _GROUPS_TOO,
        "private_folder_mode": 0o750,
        "shared_folder_mode": 0o755,
        "state_mode": 0o700,
    }


def _places(each: Standalone) -> dict[str, Value]:
    places = each.places
    return {
        "account_mark": ACCOUNT_MARK,
        "folder": places.folder,
        "conf": places.conf,
        "conf_in_place": places.conf in each.node.settings.in_place,
        "absolute_conf": each.absolute(places.conf),
        "paste": places.paste,
        "absolute_paste": each.absolute(places.paste),
        "auth_filter": places.auth_filter,
        "corrections": places.corrections,
        "modules_folder": places.modules,
        "absolute_modules": each.absolute(places.modules),
        "state": places.state,
        "absolute_state": each.absolute(places.state),
        "unit_file": places.unit_file,
        "reads": places.files,
    }


def _service(each: Standalone) -> dict[str, Value]:
    settings = each.node.settings
    number = each.option("ec2api_listen_port") or str(settings.ec2_api_port)
    if not number.isdigit():
        raise DeclarationError(
            f"{each.node.name}: {each.places.conf}: ec2api_listen_port is not a number."
        )
    secure = (each.option("ec2api_use_ssl") or "").strip().lower() in _TRUE
    address = each.option("ec2api_listen") or settings.ec2_api_listen
    health = bound(address, int(number), "https" if secure else "http")
    return {
        "units": units_of(each.node),
        "own_unit": each.places.unit_file is not None,
        "port": int(number),
        "address": address,
        "health_url": settings.ec2_api_health_url or f"{health}/",
        "restart": settings.ec2_api_restart,
        "state_dir": settings.state_dir,
    }


def _keystone(each: Standalone, catalogue: CatalogueFact, region: str) -> str:
    found = catalogue_urls(catalogue, "identity", region)
    said = each.option("auth_url", "keystone_authtoken")
    keystone = said or found.get("internal") or found.get("public")
    if keystone is None:
        raise DeclarationError(
            f"{each.node.name}: where ec2-api is to find Keystone cannot be told: Keystone has no "
            "single internal or public endpoint of its own in this region. Correct the catalogue, "
            f"or set auth_url in [keystone_authtoken] of {each.places.conf}."
        )
    return without_version(keystone)


def _options(each: Standalone, keystone: str, published: Mapping[str, Value]) -> dict[str, Value]:
    """Return the options of its configuration; None leaves what stands there.

    ``DescribeRegions`` answers ``ec2_scheme://ec2_host:ec2_port`` and ``ec2_path`` for each of
    ``region_list`` (ec2api/api/availability_zone.py).
    """
    settings = each.node.settings
    public = str(published["url_public"])
    parts = urlsplit(public)

    def unless_set(key: str, value: Value, section: str = "DEFAULT") -> Value:
        return None if each.option(key, section) is not None else value

    return {
        "login_auth_url": unless_set("auth_url", keystone, "keystone_authtoken"),
        "auth_type": unless_set("auth_type", "password", "keystone_authtoken"),
        "tokens_url": unless_set("keystone_ec2_tokens_url", f"{keystone}/v3/ec2tokens"),
        "option_state": unless_set("state_path", each.absolute(each.places.state)),
        "option_lock": unless_set(
            "lock_path", each.absolute(each.places.state), "oslo_concurrency"
        ),
        "option_listen": unless_set("ec2api_listen", settings.ec2_api_listen),
        "option_port": unless_set("ec2api_listen_port", settings.ec2_api_port),
        "option_log": unless_set("wsgi_log_format", _LOG),
        "option_regions": unless_set("region_list", str(published["region"])),
        "option_host": host(public),
        "option_public_port": port(public),
        "option_scheme": parts.scheme,
        "option_path": parts.path or "/",
        "database": settings.ec2_api_database.url if settings.ec2_api_database else None,
    }


def _notes(each: Standalone) -> tuple[Note, ...]:
    if "proxy" not in each.node.groups:
        return ()
    text = (
        f"{each.places.conf} holds an administrator's login, and this node is a proxy as well. "
        "Where there is another controller, have ec2-api there."
    )
    return (Note(each.node.name, text),)
