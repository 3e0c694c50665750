"""A controller's nova.conf and facts become the values its role needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Note
from setup_tool.core.queries import ReadFile
from setup_tool.declare.instantiate import Use
from setup_tool.declare.questions import NOVA, NOVA_API_UNITS
from setup_tool.declare.releases import NOVA_WITHOUT_EC2, is_at_least
from setup_tool.declare.urls import bound, without_version
from setup_tool.declare.versions import release_of
from setup_tool.editors.ini import DEFAULT, Dialect, IniFile
from setup_tool.resources.config_file import open_config

if TYPE_CHECKING:
    from setup_tool.core.facts import FileFact
    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Value
    from setup_tool.resources.resource import Answers

_EC2_PORT = 8773
_COMPUTE_PORT = 8774
_V3_TOKENS_SINCE = "12"
"""Liberty: the first nova whose EC2 reads the token from a v3 answer's header."""


def use_of(node: Node, facts: Answers, keystone: str) -> tuple[Use | None, tuple[Note, ...]]:
    """Return the role that brings nova's EC2 to a controller, or why there is none.

    ``keystone`` is the URL at which the node's services find Keystone. Raises
    `DeclarationError` where the inventory asks for what this nova cannot do.
    """
    settings = node.settings
    if settings.ec2 == "standalone":
        raise DeclarationError(
            f"{node.name}: the standalone ec2-api is not set up by this version of setup-tool "
            "yet. Set `ec2: auto` or `ec2: off`."
        )
    fact: FileFact = facts[ReadFile(settings.nova_conf)]
    release = settings.nova_version or _package_release(facts)
    if release is None or fact.content is None:
        return _unknown(node, release, fact)
    file = open_config(node.name, settings.nova_conf, Dialect.OSLO, fact)
    if is_at_least(release, NOVA_WITHOUT_EC2):
        return _without_ec2(node, file, release)
    if settings.ec2 == "off":
        return None, ()
    values = _values(node, release) | {
        "nova_api_port": _port(file, "ec2_listen_port", _EC2_PORT),
        "nova_api_health_url": settings.nova_api_health_url
        or bound(_value(file, "ec2_listen"), _port(file, "ec2_listen_port", _EC2_PORT)) + "/",
        "keystone_ec2_url": _value(file, "keystone_ec2_url") or _tokens_url(keystone, release),
    }
    return Use("nova-ec2", "node", node.name, values), ()


def _without_ec2(node: Node, file: IniFile, release: str) -> tuple[Use | None, tuple[Note, ...]]:
    """Never add ec2 to nova 13 and later; where it stands, say so, or remove it when asked."""
    settings = node.settings
    if settings.ec2 == "nova":
        raise DeclarationError(
            f"{node.name}: nova {release} has no EC2 API: it was removed in nova 13 (Mitaka), and "
            "nova-api does not start with ec2 in enabled_apis. Set `ec2: auto` or `ec2: off`."
        )
    apis = file.get(DEFAULT, "enabled_apis")
    if apis is None or "ec2" not in (part.strip() for part in apis.value.split(",")):
        return None, ()
    if settings.ec2 != "off":
        text = (
            f"{settings.nova_conf}, line {apis.lines[0]}: ec2 stands in enabled_apis, but nova "
            f"{release} has no EC2 API and does not start with it, or answers 500 to everything. "
            "Set `ec2: off` for this node to have it removed."
        )
        return None, (Note(node.name, text),)
    values = _values(node, release) | {
        "nova_api_port": _port(file, "osapi_compute_listen_port", _COMPUTE_PORT),
        "nova_api_health_url": settings.nova_api_health_url
        or bound(
            _value(file, "osapi_compute_listen"),
            _port(file, "osapi_compute_listen_port", _COMPUTE_PORT),
        )
        + "/",
    }
    return Use("nova-ec2-off", "node", node.name, values), ()


def _unknown(
    node: Node, release: str | None, fact: FileFact
) -> tuple[Use | None, tuple[Note, ...]]:
    settings = node.settings
    missing = (
        f"{settings.nova_conf} cannot be used: {fact.problem or 'it does not exist'}"
        if fact.content is None
        else "which nova runs here cannot be told: no package of it is installed"
    )
    if settings.ec2 == "nova":
        remedy = "nova_conf" if fact.content is None else "nova_version"
        raise DeclarationError(f"{node.name}: {missing}. Set {remedy} in the inventory.")
    if settings.ec2 == "off":
        return None, ()
    del release
    text = f"No EC2 is set up here: {missing}. Set nova_conf and nova_version, or `ec2: off`."
    return None, (Note(node.name, text),)


def _values(node: Node, release: str) -> dict[str, Value]:
    settings = node.settings
    unit = settings.nova_api_service
    return {
        "nova_conf": settings.nova_conf,
        "nova_version": release,
        "in_place": settings.nova_conf in settings.in_place,
        "nova_api_units": (unit,) if unit else NOVA_API_UNITS,
        "nova_api_restart": settings.nova_api_restart,
        "state_dir": settings.state_dir,
    }


def _package_release(facts: Answers) -> str | None:
    package = facts[NOVA]
    return release_of(package.version) if package.version else None


def _tokens_url(keystone: str, release: str) -> str:
    version = "v3" if is_at_least(release, _V3_TOKENS_SINCE) else "v2.0"
    return f"{without_version(keystone)}/{version}/ec2tokens"


def _port(file: IniFile, key: str, default: int) -> int:
    said = _value(file, key)
    return int(said) if said and said.isdigit() else default


def _value(file: IniFile, key: str) -> str | None:
    option = file.get(DEFAULT, key)
    return option.value if option else None
