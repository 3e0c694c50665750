"""The catalogue and the nodes become what is to be published of S3 and EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import CatalogueFact, ListCatalogue
from setup_tool.core.plan import IDENTITY, Note
from setup_tool.declare.single_points import single_points
from setup_tool.declare.urls import INTERFACES, catalogue_urls, host, root
from setup_tool.declare.wanted import Use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.declare.inventory import Node, Settings
    from setup_tool.resources.resource import Answers

_DESCRIPTIONS = {"s3": "S3 API of Swift", "ec2": "EC2 API of nova"}


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
    return _api_use("s3", region, urls)


def ec2_use(region: str, nodes: Sequence[Node], catalogue: CatalogueFact) -> Use:
    """Return what is to be published of EC2 in a region whose controllers are ``nodes``.

    Raises `DeclarationError` where its URL cannot be told.
    """
    found = catalogue_urls(catalogue, "compute", region)
    urls: dict[str, str] = {}
    for name in INTERFACES:
        said = _agreed(nodes, f"ec2_url_{name}")
        page = "Admin" if name == "admin" else "Cloud"
        if said:
            urls[name] = said
        elif name in found:
            scheme = found[name].split("://", 1)[0]
            urls[name] = f"{scheme}://{host(found[name])}:8773/services/{page}"
    if "public" not in urls:
        raise DeclarationError(
            f"The URL of EC2 in region {region} cannot be told: Keystone has no single public "
            "compute endpoint there. Set `ec2_url_public` in the inventory."
        )
    return _api_use("ec2", region, urls)


def published_at_one(api: str, use: Use, nodes: Sequence[Node]) -> list[Note]:
    """Return notes on what is published and leads to one of several nodes alone."""
    urls = (str(use.values[f"url_{name}"]) for name in INTERFACES)
    what = f"what the catalogue says of {api}"
    return [Note(IDENTITY, text) for text in single_points(what, urls, nodes)]


def _api_use(api: str, region: str, urls: Mapping[str, str]) -> Use:
    values = {
        "api": api,
        "api_description": _DESCRIPTIONS[api],
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
