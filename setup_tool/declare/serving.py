"""What a node's files, as they are or once were, make it serve: whatever role wrote them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.queries import ReadFile
from setup_tool.declare import bind_controller, bind_proxy
from setup_tool.declare.instantiate import instantiate
from setup_tool.declare.questions import is_controller, is_proxy
from setup_tool.editors import pipeline
from setup_tool.resources.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Role
    from setup_tool.declare.wanted import Use
    from setup_tool.resources.resource import Answers

_DEFAULT_LOCATION = "us-east-1"
"""Of s3api (``swift.common.middleware.s3api.s3api``), where its section names none."""


@dataclass(frozen=True, slots=True)
class Serving:
    """The services that read a node's files, and where a proxy of Keystone's can be proven.

    ``health_url`` is None where the node has no such proxy; ``location`` is what its
    gateway signs for, None where its pipeline has no S3. ``proxy`` is the node's, whoever
    holds its users.
    """

    services: tuple[Service, ...] = ()
    health_url: str | None = None
    location: str | None = None
    proxy: Proxy | None = None


def serving(roles: Mapping[str, Role], node: Node, facts: Answers) -> Serving:
    """Return what a node serves with these files, which were not read yet perhaps.

    What the inventory wants of the node plays no part, `s3: off` for instance. Raises
    `DeclarationError` for a file that its service could not read.
    """
    uses: list[Use] = []
    health_url = location = proxy = None
    if is_controller(node):
        use = bind_controller.present_use(node, facts)
        uses += [] if use is None else [use]
    if is_proxy(node) and facts[ReadFile(node.settings.proxy_conf)].content is not None:
        wanted = replace(node, settings=replace(node.settings, s3="auto"))
        proxy = bind_proxy.read_proxy(wanted, facts)
        if proxy is not None:
            uses.append(bind_proxy.use_of(proxy, _DEFAULT_LOCATION, {}))
            if proxy.login is not None:
                health_url, location = proxy.health_url, _location(proxy)
    found = instantiate(_services_of(roles, uses), uses)
    services = tuple(resource for resource in found if isinstance(resource, Service))
    return Serving(services, health_url, location, proxy)


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
    known = pipeline.roles(proxy.file)
    names = pipeline.main_pipeline(proxy.file).value.split()
    if not any(known.get(name) is pipeline.Role.S3API for name in names):
        return None
    return proxy.location or _DEFAULT_LOCATION
