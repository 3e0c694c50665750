"""A controller's nova.conf and facts become the values its role needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Note
from setup_tool.core.queries import ReadFile
from setup_tool.declare.questions import (
    EC2_PORT,
    NOVA,
    nova_api_units,
    nova_installation,
)
from setup_tool.declare.releases import NOVA_WITHOUT_EC2, is_at_least
from setup_tool.declare.urls import bound, port, without_version
from setup_tool.declare.versions import installed_release
from setup_tool.declare.wanted import Use
from setup_tool.editors.ini import DEFAULT, Dialect, FileProblemError, IniFile
from setup_tool.resources.config_file import open_config

if TYPE_CHECKING:
    from setup_tool.core.facts import FileFact
    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Value
    from setup_tool.resources.resource import Answers

_PORTS = {"ec2": EC2_PORT, "osapi_compute": 8774}
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_V3_TOKENS_SINCE = "12"
"""Liberty: the first nova whose EC2 reads the token from a v3 answer's header."""


def use_of(node: Node, facts: Answers, keystone: str | None) -> tuple[Use | None, tuple[Note, ...]]:
    """Return the role that brings nova's EC2 to a controller, or why there is none.

    ``keystone`` is the URL at which the node's services find Keystone, None where the
    catalogue does not tell. Raises
    `DeclarationError` where the inventory asks for what this nova cannot do.
    """
    settings = node.settings
    if settings.ec2 == "standalone":
        raise DeclarationError(
            f"{node.name}: the standalone ec2-api is not set up by this version of setup-tool "
            "yet. Set `ec2: auto` or `ec2: off`."
        )
    fact: FileFact = facts[ReadFile(settings.nova_conf)]
    release = settings.nova_version or _installed_release(node, facts)
    if release is None or fact.content is None:
        return _unknown(node, release, fact)
    file = open_config(node.name, settings.nova_conf, Dialect.OSLO, fact)
    if is_at_least(release, NOVA_WITHOUT_EC2):
        return _without_ec2(node, file, release)
    if settings.ec2 == "off":
        return None, ()
    values = _values(node, file, release, "ec2") | {
        "keystone_ec2_url": _tokens_url(node, file, release, keystone),
        "ec2_address": _value(file, "ec2_listen"),
        "ec2_port": _port(file, "ec2"),
        "firewall": settings.firewall == "auto",
    }
    return Use("nova-ec2", "node", node.name, values), ()


def present_use(node: Node, facts: Answers) -> Use | None:
    """Return the role whose service is nova-api with its file as it is, None if not known.

    Nothing of that role but the service may be used: it is asked at the API that the
    file has, not at the one that the inventory wants.
    """
    settings = node.settings
    fact: FileFact = facts[ReadFile(settings.nova_conf)]
    release = settings.nova_version or _installed_release(node, facts)
    if release is None or fact.content is None:
        return None
    file = open_config(node.name, settings.nova_conf, Dialect.OSLO, fact)
    apis = _listed(file, "enabled_apis")
    if "ec2" in apis and not is_at_least(release, NOVA_WITHOUT_EC2):
        return Use("nova-ec2", "node", node.name, _values(node, file, release, "ec2"))
    return Use("nova-ec2-off", "node", node.name, _values(node, file, release, "osapi_compute"))


def _without_ec2(node: Node, file: IniFile, release: str) -> tuple[Use | None, tuple[Note, ...]]:
    """Never add ec2 to nova 13 and later; where it stands, say so, or remove it when asked."""
    settings = node.settings
    if settings.ec2 == "nova":
        raise DeclarationError(
            f"{node.name}: nova {release} has no EC2 API: it was removed in nova 13 (Mitaka), and "
            "nova-api does not start with ec2 in enabled_apis. Set `ec2: auto` or `ec2: off`."
        )
    apis = file.get(DEFAULT, "enabled_apis")
    if apis is None or "ec2" not in _listed(file, "enabled_apis"):
        return None, ()
    if settings.ec2 != "off":
        text = (
            f"{settings.nova_conf}, line {apis.lines[0]}: ec2 stands in enabled_apis, but nova "
            f"{release} has no EC2 API and does not start with it, or answers 500 to everything. "
            "Set `ec2: off` for this node to have it removed."
        )
        return None, (Note(node.name, text),)
    values = _values(node, file, release, "osapi_compute")
    return Use("nova-ec2-off", "node", node.name, values), ()


def _unknown(
    node: Node, release: str | None, fact: FileFact
) -> tuple[Use | None, tuple[Note, ...]]:
    settings = node.settings
    missing = (
        f"{settings.nova_conf} cannot be used: {fact.problem or 'it does not exist'}"
        if fact.content is None
        else "which nova runs here cannot be told: no package holds it, and its Python "
        "could not be asked"
    )
    if settings.ec2 == "nova":
        remedy = "nova_conf" if fact.content is None else "nova_version"
        raise DeclarationError(f"{node.name}: {missing}. Set {remedy} in the inventory.")
    if settings.ec2 == "off":
        return None, ()
    del release
    text = f"No EC2 is set up here: {missing}. Set nova_conf and nova_version, or `ec2: off`."
    return None, (Note(node.name, text),)


def _values(node: Node, file: IniFile, release: str, api: str) -> dict[str, Value]:
    """Return the values both roles need; ``api`` is the one that is asked for its health."""
    settings = node.settings
    health = settings.nova_api_health_url or _health_url(file, api)
    return {
        "nova_conf": settings.nova_conf,
        "nova_version": release,
        "in_place": settings.nova_conf in settings.in_place,
        "nova_api_units": nova_api_units(node),
        "nova_api_port": port(health),
        "nova_api_health_url": health,
        "nova_api_restart": settings.nova_api_restart,
        "state_dir": settings.state_dir,
    }


def _installed_release(node: Node, facts: Answers) -> str | None:
    return installed_release(facts[nova_installation(node)], facts[NOVA])


def _tokens_url(node: Node, file: IniFile, release: str, keystone: str | None) -> str | None:
    """Return where nova is to check EC2 signatures, None where its file says so already."""
    option = file.get(DEFAULT, "keystone_ec2_url")
    if option is not None and option.value:
        return None
    if keystone is None:
        raise DeclarationError(
            f"{node.name}: where nova is to check EC2 signatures cannot be told: Keystone has no "
            "single internal or public endpoint of its own in this region. Correct the catalogue, "
            f"or set keystone_ec2_url in {node.settings.nova_conf}."
        )
    version = "v3" if is_at_least(release, _V3_TOKENS_SINCE) else "v2.0"
    return f"{without_version(keystone)}/{version}/ec2tokens"


def _health_url(file: IniFile, api: str) -> str:
    scheme = "https" if api in _listed(file, "enabled_ssl_apis") else "http"
    return bound(_value(file, f"{api}_listen"), _port(file, api), scheme) + "/"


def _port(file: IniFile, api: str) -> int:
    number = _value(file, f"{api}_listen_port")
    if number is not None and not number.isdigit():
        raise DeclarationError(f"{file.name}: {api}_listen_port is not a number.")
    return int(number or _PORTS[api])


def _listed(file: IniFile, key: str) -> tuple[str, ...]:
    option = file.get(DEFAULT, key)
    return tuple(part.strip() for part in option.value.split(",")) if option else ()


def _value(file: IniFile, key: str) -> str | None:
    """Return an option of [DEFAULT], what it refers to (``$my_ip``) filled in from there."""
    option = file.get(DEFAULT, key)
    if option is None or not option.unresolved:
        return option.value if option else None

    def referred(found: re.Match[str]) -> str:
        other = file.get(DEFAULT, found[1] or found[2])
        if other is None or other.unresolved:
            raise FileProblemError(
                file.name,
                option.lines[0],
                f"{key} refers to an option that the file does not set, so nova-api cannot be "
                "asked for its health. Set nova_api_health_url in the inventory.",
            )
        return other.value

    return _REFERENCE.sub(referred, option.value)
