"""What a node is asked first: all that the inventory alone determines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.firewall import ReadFirewall
from setup_tool.core.oslo_files import ReadOsloFiles
from setup_tool.core.queries import (
    FetchHttp,
    ReadFile,
    ReadInstallation,
    ReadPackage,
    ReadRuns,
    ReadService,
    ReadStamp,
    ReadSystem,
)
from setup_tool.declare.ec2_api_places import ec2_api_questions
from setup_tool.declare.releases import SWIFT_WITH_S3API, is_at_least
from setup_tool.declare.urls import port, root
from setup_tool.declare.versions import NOVA_PACKAGES, SWIFT3_PACKAGES, SWIFT_PACKAGES

if TYPE_CHECKING:
    from setup_tool.core.queries import NodeQuery
    from setup_tool.declare.inventory import Node

PROXY_UNITS = ("swift-proxy", "openstack-swift-proxy")
NOVA_API_UNITS = ("nova-api", "openstack-nova-api")
NOVA_EC2_UNIT = "nova-api-ec2"
"""Debian's and Ubuntu's package of that name: EC2 as a service of its own."""
EC2_PORT = 8773
COMPUTE_PORT = 8774
OWN_KEYSTONE = FetchHttp("http://127.0.0.1:5000/")
"""Whether a Keystone answers where nova's EC2 asks unless it is told (``keystone_ec2_url``)."""
SWIFT = ReadPackage(SWIFT_PACKAGES)
SWIFT3 = ReadPackage(SWIFT3_PACKAGES)
NOVA = ReadPackage(NOVA_PACKAGES)


def proxy_units(node: Node) -> tuple[str, ...]:
    """Return the systemd units that may be the node's Swift proxy."""
    said = node.settings.proxy_service
    return (said,) if said else PROXY_UNITS


def nova_api_units(node: Node) -> tuple[str, ...]:
    """Return the systemd units that may be the node's nova-api."""
    said = node.settings.nova_api_service
    return (said,) if said else NOVA_API_UNITS


def info_url(health_url: str) -> FetchHttp:
    """Return the question for the capabilities of the Swift proxy with that health URL."""
    return FetchHttp(f"{root(health_url)}/info")


def proxy_installation(node: Node) -> ReadInstallation:
    """Return the question how the node's Swift proxy was installed."""
    return _installation(
        "swift-proxy",
        proxy_units(node),
        node.settings.proxy_health_url,
        None if node.settings.swift_version else "swift",
    )


def nova_installation(node: Node) -> ReadInstallation:
    """Return the question how the node's nova-api was installed."""
    return _installation(
        "nova-api", nova_api_units(node), node.settings.nova_api_health_url, "nova"
    )


def nova_files(node: Node) -> ReadOsloFiles:
    """Return the question which files the node's nova-api reads."""
    said = node.settings.nova_api_service
    units = (said,) if said else (NOVA_EC2_UNIT, *NOVA_API_UNITS)
    return ReadOsloFiles("nova", "nova-api", units, (EC2_PORT, COMPUTE_PORT))


def first_questions(node: Node) -> tuple[NodeQuery, ...]:  # noqa: C901 - a list
    """Return the queries that need no earlier answer, in a stable order.

    What tells a version is asked only where the inventory does not say it.
    """
    settings = node.settings
    asked: list[NodeQuery] = [ReadSystem(settings.state_dir), ReadRuns(settings.state_dir)]
    if is_proxy(node):
        asked += [ReadFile(settings.proxy_conf), proxy_installation(node)]
        asked += _service(
            "swift-proxy", proxy_units(node), settings.proxy_health_url, settings.state_dir
        )
        if not settings.swift_version:
            asked.append(SWIFT)
            if settings.proxy_health_url:
                asked.append(info_url(settings.proxy_health_url))
        said = settings.swift_version
        if not settings.swift3_version and not (said and is_at_least(said, SWIFT_WITH_S3API)):
            asked.append(SWIFT3)
        if settings.firewall == "auto" and settings.proxy_health_url:
            asked.append(ReadFirewall(port(settings.proxy_health_url)))
    if is_controller(node):
        asked += [ReadFile(settings.nova_conf), nova_files(node)]
        if not settings.nova_version:
            asked += [NOVA, nova_installation(node)]
        asked += _service(
            "nova-api", nova_api_units(node), settings.nova_api_health_url, settings.state_dir
        )
        if settings.firewall == "auto" and settings.nova_api_health_url:
            # the one it has unless its file says otherwise
            asked.append(ReadFirewall(EC2_PORT))
        if settings.ec2 != "off":
            asked.append(OWN_KEYSTONE)
        if settings.ec2 in {"standalone", "off"}:
            asked += ec2_api_questions(node)
    return tuple(asked)


def is_proxy(node: Node) -> bool:
    """Whether the node runs a Swift proxy."""
    return "proxy" in node.groups


def is_controller(node: Node) -> bool:
    """Whether the node runs nova-api."""
    return "controller" in node.groups


def _installation(
    name: str, units: tuple[str, ...], health_url: str | None, distribution: str | None
) -> ReadInstallation:
    return ReadInstallation(name, units, port(health_url) if health_url else None, distribution)


def _service(
    name: str, units: tuple[str, ...], health_url: str | None, state_dir: str
) -> list[NodeQuery]:
    if health_url is None:
        return []
    return [
        ReadService(name, units, port(health_url)),
        ReadStamp(name, state_dir),
        FetchHttp(health_url),
    ]
