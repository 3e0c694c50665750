"""The catalogue and the nodes become what is to be published of S3 and EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import CatalogueFact, ListCatalogue
from setup_tool.core.plan import IDENTITY, Note
from setup_tool.declare.questions import EC2_PORT
from setup_tool.declare.single_points import single_points
from setup_tool.declare.urls import INTERFACES, catalogue_urls, host, root
from setup_tool.declare.wanted import Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from setup_tool.declare.inventory import Node, Settings
    from setup_tool.resources.resource import Answers

_CLOUD = "/services/Cloud"
_ADMIN = "/services/Admin"
"""What the installation guides of Folsom to Kilo published; nova serves only the first."""

_OF_SWIFT, _OF_NOVA, _OF_EC2_API = "S3 API of Swift", "EC2 API of nova", "EC2 API (ec2-api)"


def read_catalogue(identity: Answers) -> CatalogueFact:
    """Return what Keystone answered to `ListCatalogue`."""
    fact = identity[ListCatalogue()]
    if not isinstance(fact, CatalogueFact):
        raise TypeError("ListCatalogue is answered by a CatalogueFact")
    return fact


def region_of(name: str, settings: Settings, catalogue: CatalogueFact) -> str:
    """Return a node's region; raises `DeclarationError` where it cannot be told or is none."""
    known = ", ".join(sorted(catalogue.regions)) or "none"
    if settings.region:
        if settings.region not in catalogue.regions:
            raise DeclarationError(
                f"{name}: Keystone has no region '{settings.region}'; it has {known}. Correct "
                "`region` in the inventory, or create the region first."
            )
        return settings.region
    if len(catalogue.regions) != 1:
        raise DeclarationError(
            f"{name}: which region this is cannot be told: Keystone has {known}. Set `region` in "
            "the inventory."
        )
    return catalogue.regions[0]


def check_locations(region: str, locations: Mapping[str, str]) -> None:
    """Proxies behind one URL must answer to one location, or signatures fail at random."""
    if len(set(locations.values())) > 1:
        listed = ", ".join(f"{name}: {location}" for name, location in locations.items())
        raise DeclarationError(
            f"The proxies of region {region} name different S3 locations ({listed}). Set "
            "`s3_location` in the inventory to the one that clients are to use."
        )


def s3_use(region: str, nodes: Sequence[Node], catalogue: CatalogueFact) -> Use:
    """Return what is to be published of S3 in a region whose proxies are ``nodes``.

    Raises `DeclarationError` where its URL cannot be told.
    """
    said = _agreed(nodes, "s3_url")
    found = catalogue_urls(catalogue, "object-store", region)
    urls = {name: said or root(found[name]) for name in INTERFACES if said or name in found}
    if "public" not in urls:
        raise DeclarationError(
            f"The URL of S3 in region {region} cannot be told: Keystone has no single public "
            "object-store endpoint there. Set `s3_url` in the inventory."
        )
    return _api_use("s3", _OF_SWIFT, region, urls)


def ec2_use(region: str, nodes: Sequence[Node], catalogue: CatalogueFact) -> Use:
    """Return what is to be published of EC2 in a region whose controllers are ``nodes``.

    Raises `DeclarationError` where its URL cannot be told.
    """
    found = _beside_compute(region, catalogue, f":{EC2_PORT}{_CLOUD}")
    said = {name: url for name in INTERFACES if (url := _agreed(nodes, f"ec2_url_{name}"))}
    public = said.get("public") or found.get("public")
    if public is None:
        raise _untold(region)
    internal = said.get("internal") or found.get("internal")
    beside = internal or found.get("admin") or public
    if beside.endswith(_CLOUD):
        beside = beside.removesuffix(_CLOUD) + _ADMIN
    urls = {"public": public, "internal": internal or public, "admin": said.get("admin") or beside}
    return _api_use("ec2", _OF_NOVA, region, urls)


def ec2_api_use(region: str, nodes: Sequence[Node], catalogue: CatalogueFact) -> Use:
    """Return what is to be published of ec2-api in a region whose controllers are ``nodes``.

    Raises `DeclarationError` where its URL cannot be told.
    """
    ports = {node.settings.ec2_api_port for node in nodes}
    if len(ports) > 1:
        raise DeclarationError(
            f"The inventory says different things for ec2_api_port in region {region}. Nodes of "
            "one region must agree on it."
        )
    found = _beside_compute(region, catalogue, f":{ports.pop()}/")
    urls = found | {n: url for n in INTERFACES if (url := _agreed(nodes, f"ec2_url_{n}"))}
    if "public" not in urls:
        raise _untold(region)
    return _api_use("ec2", _OF_EC2_API, region, urls)


def _beside_compute(region: str, catalogue: CatalogueFact, rest: str) -> dict[str, str]:
    """Return URLs on the hosts of the compute endpoints, by interface."""
    return {
        name: f"{url.split('://', 1)[0]}://{host(url)}{rest}"
        for name, url in catalogue_urls(catalogue, "compute", region).items()
    }


def _untold(region: str) -> DeclarationError:
    return DeclarationError(
        f"The URL of EC2 in region {region} cannot be told: Keystone has no single public compute "
        "endpoint there. Set `ec2_url_public` in the inventory."
    )


def left_over(region: str, catalogue: CatalogueFact) -> Iterator[Note]:
    """Say which endpoints of nova's EC2 are published in a region where no nova has it."""
    ids = {service.id for service in catalogue.services if service.type == "ec2"}
    for endpoint in catalogue.endpoints:
        if endpoint.service_id not in ids or endpoint.region != region or not endpoint.enabled:
            continue
        if endpoint.url.rstrip("/").endswith((_CLOUD, _ADMIN)):
            yield Note(
                IDENTITY,
                f"The {endpoint.interface} endpoint of EC2 in region {region}, id {endpoint.id}, "
                f"is {endpoint.url}, where nova answered up to 12; no nova there has an EC2 API "
                "any more. Point it at a standalone ec2-api, or delete it.",
            )


def published_at_one(api: str, use: Use, nodes: Sequence[Node]) -> list[Note]:
    """Return notes on what is published and leads to one of several nodes alone."""
    urls = (str(use.values[f"url_{name}"]) for name in INTERFACES)
    what = f"what the catalogue says of {api}"
    return [Note(IDENTITY, text) for text in single_points(what, urls, nodes)]


def _api_use(api: str, description: str, region: str, urls: Mapping[str, str]) -> Use:
    values = {
        "api": api,
        "api_description": description,
        "region": region,
        "url_public": urls["public"],
        "url_internal": urls.get("internal", urls["public"]),
        "url_admin": urls.get("admin", urls.get("internal", urls["public"])),
    }
    return Use("identity", "api", IDENTITY, values)


def _agreed(nodes: Sequence[Node], name: str) -> str | None:
    said = {value for node in nodes if (value := getattr(node.settings, name))}
    if len(said) > 1:
        raise DeclarationError(
            f"The inventory says different things for {name}: {', '.join(sorted(said))}. "
            "Nodes of one region must agree on it."
        )
    return said.pop() if said else None
