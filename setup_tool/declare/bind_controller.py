"""A controller's nova.conf and facts become the values its role needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Note
from setup_tool.core.queries import ReadFile
from setup_tool.declare.ec2_urls import url_options
from setup_tool.declare.nova_files import NovaFiles, OtherFilesError, read_nova_files
from setup_tool.declare.nova_guard import INSTEAD, harm_of_ec2
from setup_tool.declare.questions import (
    COMPUTE_PORT,
    EC2_PORT,
    NOVA,
    NOVA_EC2_UNIT,
    OWN_KEYSTONE,
    nova_api_units,
    nova_installation,
)
from setup_tool.declare.releases import NOVA_WITHOUT_EC2, is_at_least
from setup_tool.declare.urls import bound, is_loopback, port, root, without_version
from setup_tool.declare.versions import installed_release
from setup_tool.declare.wanted import Use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.facts import FileFact
    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Value
    from setup_tool.resources.resource import Answers

_PORTS = {"ec2": EC2_PORT, "osapi_compute": COMPUTE_PORT}
_PAGES = {"ec2": "/services/Cloud", "osapi_compute": "/"}
"""Where each API answers without a login; at ``/`` that of EC2 says 404 (api-paste.ini)."""

_APIS = ("ec2", "osapi_compute", "metadata")
"""``enabled_apis`` where it is not set, 2013.1 to 12 (``nova/service.py``)."""

_V3_TOKENS_SINCE = "12"
"""Liberty: the first nova whose EC2 reads the token from a v3 answer's header."""

_APIS_REASON = "nova {} serves EC2 from nova-api when enabled_apis holds ec2."
_TOKENS_REASON = (
    "nova's EC2 asks Keystone about signatures at keystone_ec2_url, at localhost where it is not "
    "set."
)
_LOST_REASON = (
    "nova's EC2 asks Keystone about signatures at {}, where none answers: it refuses every request."
)
_URLS_REASON = (
    "nova's EC2 tells users where it is by ec2_host and its like, by the node's own address where "
    "they are not set."
)


@dataclass(frozen=True, slots=True)
class Controller:
    """A node with nova-api, of a known release, and what it reads."""

    node: Node
    release: str
    files: NovaFiles

    @property
    def has_ec2(self) -> bool:
        """Whether this nova has an EC2 API at all."""
        return not is_at_least(self.release, NOVA_WITHOUT_EC2)

    @property
    def serves_ec2(self) -> bool:
        """Whether it is to serve EC2."""
        return self.has_ec2 and self.node.settings.ec2 not in {"off", "standalone"}

    @property
    def names_ec2(self) -> bool:
        """Whether ``enabled_apis`` is set and holds ec2."""
        return "ec2" in self.files.listed("enabled_apis")


def read_controller(node: Node, facts: Answers) -> tuple[Controller | None, tuple[Note, ...]]:
    """Return a controller as it is, or why EC2 is no matter there.

    Raises `DeclarationError` where the inventory asks for what this nova cannot do.
    """
    settings = node.settings
    fact: FileFact = facts[ReadFile(settings.nova_conf)]
    release = settings.nova_version or _installed_release(node, facts)
    if release is None or fact.content is None:
        return None, _unknown(node, fact)
    has_ec2 = not is_at_least(release, NOVA_WITHOUT_EC2)
    if settings.ec2 == "nova" and not has_ec2:
        raise DeclarationError(
            f"{node.name}: nova {release} has no EC2 API: it was removed in nova 13 (Mitaka). "
            f"{INSTEAD} Set that, `ec2: auto` or `ec2: off`."
        )
    if settings.ec2 == "standalone" and has_ec2:
        raise DeclarationError(
            f"{node.name}: nova {release} serves EC2 itself, and ec2-api 17.0.0 does not know so "
            "old a nova. Set `ec2: auto`."
        )
    try:
        return Controller(node, release, read_nova_files(node, facts, release)), ()
    except OtherFilesError as error:
        if has_ec2 and settings.ec2 != "off":
            raise
        return None, (Note(node.name, str(error).removeprefix(f"{node.name}: ")),)


def ec2_use(
    controller: Controller,
    facts: Answers,
    keystone: str | None,
    published: Mapping[str, Value],
) -> tuple[Use, tuple[Note, ...]]:
    """Return the role that brings nova's EC2 to a controller that is to serve it.

    ``keystone`` is the URL at which the node's services find Keystone, None where the
    catalogue does not tell; ``published`` are the values of what Keystone is to say of EC2.
    """
    node, files = controller.node, controller.files
    apis = files.get("enabled_apis")
    missing = apis is not None and not controller.names_ec2 and not files.alone
    tokens = _tokens(controller, keystone, facts)
    urls, notes = url_options(files, str(published["url_public"]), str(published["url_internal"]))
    values: dict[str, Value] = {
        **_values(controller, "ec2"),
        **_apis_file(controller, apis.path if apis and not missing else None),
        **{f"url_{key}": value for key, value in urls.items()},
        "nova_conf": files.path,
        "in_place": files.path in node.settings.in_place,
        "apis_section": None if files.alone else "DEFAULT",
        "apis_default": files.listed("enabled_apis") or _APIS,
        "apis_reason": _APIS_REASON.format(controller.release) if missing else None,
        **tokens,
        "tokens_in_place": tokens["tokens_conf"] in node.settings.in_place,
        "urls_reason": _URLS_REASON if any(urls.values()) else None,
        "ec2_address": files.value("ec2_listen"),
        "ec2_port": _port(files, "ec2"),
        "firewall": node.settings.firewall == "auto",
    }
    return Use("nova-ec2", "node", node.name, values), notes


def other_use(controller: Controller) -> tuple[Use | None, tuple[Note, ...]]:
    """Return what becomes of ec2 in ``enabled_apis`` where it is not to be served.

    It is removed where the inventory says `ec2: off`, or that another service has EC2
    (`ec2: standalone`), else only spoken of; never added.
    """
    node, release = controller.node, controller.release
    apis = controller.files.get("enabled_apis")
    if apis is None or not controller.names_ec2 or controller.files.alone:
        return None, ()
    if node.settings.ec2 not in {"off", "standalone"}:
        text = (
            f"{apis.place}: ec2 stands in enabled_apis. {harm_of_ec2(release)} Set `ec2: off` for "
            f"this node to have it removed. {INSTEAD}"
        )
        return None, (Note(node.name, text),)
    reason = (
        "EC2 is not wanted here, and from 13 (Mitaka) on nova must not have ec2 in enabled_apis."
        if controller.has_ec2
        else harm_of_ec2(release)
    )
    values = _values(controller, "osapi_compute") | _apis_file(controller)
    values["apis_reason"] = reason
    return Use("nova-ec2-off", "node", node.name, values), ()


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
    try:
        controller = Controller(node, release, read_nova_files(node, facts, release))
    except OtherFilesError:
        return None
    if controller.has_ec2 and (controller.names_ec2 or controller.files.alone):
        return Use("nova-ec2", "node", node.name, _values(controller, "ec2"))
    return Use("nova-ec2-off", "node", node.name, _values(controller, "osapi_compute"))


def _unknown(node: Node, fact: FileFact) -> tuple[Note, ...]:
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
    if settings.ec2 in {"off", "standalone"}:
        return ()
    text = f"No EC2 is set up here: {missing}. Set nova_conf and nova_version, or `ec2: off`."
    return (Note(node.name, text),)


def _values(controller: Controller, api: str) -> dict[str, Value]:
    """Return the values both roles need; ``api`` is the one that is asked for its health."""
    node, files = controller.node, controller.files
    settings = node.settings
    health = settings.nova_api_health_url or _health_url(files, api)
    return {
        "nova_files": files.paths,
        "nova_api_units": (NOVA_EC2_UNIT,)
        if files.alone and not settings.nova_api_service
        else nova_api_units(node),
        "nova_api_port": port(health),
        "nova_api_health_url": health,
        "nova_api_restart": settings.nova_api_restart,
        "state_dir": settings.state_dir,
    }


def _apis_file(controller: Controller, path: str | None = None) -> dict[str, Value]:
    """Return the file in which ``enabled_apis`` is right already, else where it is to be set."""
    path = path or controller.files.place_to_write("enabled_apis")
    return {"apis_conf": path, "apis_in_place": path in controller.node.settings.in_place}


def _installed_release(node: Node, facts: Answers) -> str | None:
    return installed_release(facts[nova_installation(node)], facts[NOVA])


def _tokens(controller: Controller, keystone: str | None, facts: Answers) -> dict[str, Value]:
    """Return where nova is to check EC2 signatures, None where its files say so already.

    The one that they say is wrong where it leads to the node itself, Keystone is elsewhere, and
    none answers there.
    """
    files = controller.files
    found = files.get("keystone_ec2_url")
    said = found.option.value if found else ""
    lost = (
        bool(said and keystone)
        and not (is_loopback(keystone or "") or facts[OWN_KEYSTONE].status)
        and is_loopback(said)
        and root(said).endswith(f":{port(OWN_KEYSTONE.url)}")
    )
    if said and not lost:
        return {"keystone_ec2_url": None, "tokens_conf": files.path, "tokens_reason": None}
    if keystone is None:
        raise DeclarationError(
            f"{files.node}: where nova is to check EC2 signatures cannot be told: "
            "Keystone has no single internal or public endpoint of its own in this region. Correct "
            f"the catalogue, or set keystone_ec2_url in {files.path}."
        )
    version = "v3" if is_at_least(controller.release, _V3_TOKENS_SINCE) else "v2.0"
    return {
        "keystone_ec2_url": f"{without_version(keystone)}/{version}/ec2tokens",
        "tokens_conf": files.place_to_write("keystone_ec2_url"),
        "tokens_reason": _LOST_REASON.format(said) if lost else _TOKENS_REASON,
    }


def _health_url(files: NovaFiles, api: str) -> str:
    scheme = "https" if api in files.listed("enabled_ssl_apis") else "http"
    return bound(files.value(f"{api}_listen"), _port(files, api), scheme) + _PAGES[api]


def _port(files: NovaFiles, api: str) -> int:
    number = files.value(f"{api}_listen_port")
    if number is not None and not number.isdigit():
        found = files.get(f"{api}_listen_port")
        name = found.file.name if found else files.node
        raise DeclarationError(f"{name}: {api}_listen_port is not a number.")
    return int(number or _PORTS[api])
