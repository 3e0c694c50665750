"""What a node's files, as they are or once were, make it serve: whatever role wrote them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.queries import ReadFile
from setup_tool.declare import bind_controller, bind_ec2_api, bind_proxy
from setup_tool.declare.ec2_api import read_standalones
from setup_tool.declare.instantiate import instantiate
from setup_tool.declare.questions import SWIFT3, is_controller, is_proxy
from setup_tool.editors import pipeline
from setup_tool.resources.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Role
    from setup_tool.declare.wanted import Use
    from setup_tool.resources.resource import Answers

_LAXEST = "1.7"
_DEFAULT_LOCATION = "us-east-1"
"""Of s3api (``swift.common.middleware.s3api.s3api``), where its section names none."""


@dataclass(frozen=True, slots=True)
class Serving:
    """The services that read a node's files, and where a proxy of Keystone's can be proven.

    ``health_url`` is None where the node has no such proxy; ``location`` is what its
    gateway signs for, None where its pipeline has no S3, and ``signature`` the version of
    signatures it understands. ``proxy`` is the node's, whoever holds its users.
    """

    services: tuple[Service, ...] = ()
    health_url: str | None = None
    location: str | None = None
    signature: str = "v4"
    proxy: Proxy | None = None


def serving(roles: Mapping[str, Role], node: Node, facts: Answers) -> Serving:
    """Return what a node serves with these files, which were not read yet perhaps.

    What the inventory wants of the node plays no part, `s3: off` for instance. Raises
    `DeclarationError` for a file that its service could not read.
    """
    uses: list[Use] = []
    health_url = location = proxy = None
    signature = "v4"
    if is_controller(node):
        use = bind_controller.present_use(node, facts)
        uses += [] if use is None else [use]
        for each in read_standalones([node], (), {node.name: facts}):
            use = bind_ec2_api.present_use(each)
            uses += [] if use is None else [use]
    if is_proxy(node) and facts[ReadFile(node.settings.proxy_conf)].content is not None:
        proxy = bind_proxy.read_proxy(_served(node, facts), facts)
        if proxy is not None:
            signature = proxy.signature
            uses.append(bind_proxy.use_of(proxy, _DEFAULT_LOCATION, {}))
            if proxy.keystone is not None:
                health_url, location = proxy.health_url, _location(proxy)
    found = instantiate(_services_of(roles, uses), uses)
    services = tuple(resource for resource in found if isinstance(resource, Service))
    return Serving(services, health_url, location, signature, proxy)


def _served(node: Node, facts: Answers) -> Node:
    """Return the node as one that is to serve S3, by the laxest swift3 where none is known."""
    settings = node.settings
    package = facts.get(SWIFT3)
    said = settings.swift3_version or (None if package and package.version else _LAXEST)
    return replace(node, settings=replace(settings, s3="auto", swift3_version=said))


def _services_of(roles: Mapping[str, Role], uses: Sequence[Use]) -> dict[str, Role]:
    """Return the roles without all that is no service, and so without its values."""
    return {
        use.role: replace(
            roles[use.role],
            declarations=tuple(d for d in roles[use.role].declarations if d.kind == "service"),
        )
        for use in uses
    }


def _location(proxy: Proxy) -> str | None:
    if not {pipeline.Role.S3API, pipeline.Role.SWIFT3} & set(pipeline.names_of(proxy.file)):
        return None
    return proxy.location or _DEFAULT_LOCATION
