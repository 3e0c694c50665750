"""Inventory and facts become values: which roles, for whom, with what. May refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError, as_one
from setup_tool.core.plan import Note
from setup_tool.declare import bind_controller, bind_proxy, swift3
from setup_tool.declare.bind_catalogue import (
    check_locations,
    ec2_use,
    left_over,
    published_at_one,
    read_catalogue,
    region_of,
    s3_use,
)
from setup_tool.declare.bind_ec2_user import ec2_user_use
from setup_tool.declare.bind_logins import check_logins, is_renewed, login_uses
from setup_tool.declare.bind_standalones import bind_standalones
from setup_tool.declare.mixed_auth import check_auth
from setup_tool.declare.questions import is_controller, is_proxy
from setup_tool.declare.single_points import single_points
from setup_tool.declare.urls import catalogue_urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.core.identity import CatalogueFact
    from setup_tool.declare.bind_controller import Controller
    from setup_tool.declare.bind_ec2_api import Supplies
    from setup_tool.declare.bind_logins import Repair
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.ec2_api import Standalone
    from setup_tool.declare.inventory import Node
    from setup_tool.declare.wanted import Use
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Bound:
    """What is to be declared, and the proxies that will serve S3.

    ``locations`` is the region each proxy's gateway will sign for, by node.
    """

    uses: tuple[Use, ...]
    notes: tuple[Note, ...]
    proxies: tuple[Proxy, ...]
    locations: Mapping[str, str]


def read_proxies(nodes: Sequence[Node], facts: Mapping[str, Answers]) -> tuple[Proxy, ...]:
    """Return the proxies that are to serve S3; raises `DeclarationError` naming all that cannot."""
    found: list[Proxy] = []
    errors: list[DeclarationError] = []
    for node in filter(is_proxy, nodes):
        try:
            proxy = bind_proxy.read_proxy(node, facts[node.name])
        except DeclarationError as error:
            errors.append(error)
        else:
            found += [proxy] if proxy is not None else []
    if errors:
        raise as_one(errors)
    return tuple(found)


def bind(
    nodes: Sequence[Node],
    proxies: Sequence[Proxy],
    standalones: Sequence[Standalone],
    facts: Mapping[str, Answers],
    identity: Answers,
    *,
    repair: Repair,
    supplies: Supplies,
) -> Bound:
    """Return which roles are used for whom, with which values.

    Raises `DeclarationError` for what cannot be told or contradicts itself, and for a
    login that Keystone refuses.
    """
    catalogue = read_catalogue(identity)
    regions = {
        proxy.node.name: region_of(proxy.node.name, proxy.node.settings, catalogue)
        for proxy in proxies
    }
    check_auth(proxies, regions)
    check_logins(proxies, identity, repair)
    uses: list[Use] = []
    notes: list[Note] = []
    uses += login_uses(proxies, identity)
    locations: dict[str, str] = {}
    by_region: dict[str, dict[str, str]] = {}
    s3: dict[str, list[Node]] = {}
    controllers = [node for node in nodes if is_controller(node)]
    served_by_nova = _bind_controllers(controllers, facts, catalogue, uses, notes)
    made = bind_standalones(
        standalones,
        facts,
        identity,
        repair=repair,
        supplies=supplies,
        served_by_nova=served_by_nova,
    )
    uses += made.uses
    notes += made.notes
    for proxy in proxies:
        region = regions[proxy.node.name]
        location = proxy.node.settings.s3_location or proxy.location or region
        renewed = proxy.login is not None and is_renewed(proxy.login, identity)
        uses.append(bind_proxy.use_of(proxy, location, identity, login_renewed=renewed))
        if proxy.keystone is not None:
            s3.setdefault(region, []).append(proxy.node)
        locations[proxy.node.name] = location
        by_region.setdefault(region, {})[proxy.node.name] = location
    for region, served_at in by_region.items():
        check_locations(region, served_at)
    for region, served in s3.items():
        uses.append(s3_use(region, served, catalogue))
        notes += published_at_one("S3", uses[-1], served)
    notes += _keystone_at_one(proxies, controllers)
    notes += [
        Note(proxy.node.name, text)
        for proxy in proxies
        if proxy.swift3 and proxy.keystone
        if (text := swift3.unread_answer(proxy.release, proxy.swift3))
    ]
    return Bound(tuple(uses), tuple(notes), tuple(proxies), locations)


def _bind_controllers(
    controllers: Sequence[Node],
    facts: Mapping[str, Answers],
    catalogue: CatalogueFact,
    uses: list[Use],
    notes: list[Note],
) -> frozenset[str]:
    """Add what is to be declared and said of controllers, and published of nova's EC2.

    Returns the regions in which nova serves it.
    """
    serving: dict[str, list[Controller]] = {}
    without: set[str] = set()
    for node in controllers:
        region = region_of(node.name, node.settings, catalogue)
        controller, said = bind_controller.read_controller(node, facts[node.name])
        notes += said
        if controller is None:
            continue
        if controller.serves_ec2:
            serving.setdefault(region, []).append(controller)
            continue
        use, said = bind_controller.other_use(controller)
        notes += said
        uses += [] if use is None else [use]
        if not controller.has_ec2 and node.settings.ec2 != "standalone":
            without.add(region)
    for region, served in serving.items():
        nodes = [controller.node for controller in served]
        published = ec2_use(region, nodes, catalogue)
        keystone = catalogue_urls(catalogue, "identity", region)
        found = keystone.get("internal") or keystone.get("public")
        for controller in served:
            answers = facts[controller.node.name]
            use, said = bind_controller.ec2_use(controller, answers, found, published.values)
            uses.append(use)
            notes += said
        uses.append(published)
        notes += published_at_one("EC2", published, nodes)
    everywhere = [controller.node for served in serving.values() for controller in served]
    user = ec2_user_use(everywhere)
    uses += [] if user is None else [user]
    notes += [note for r in sorted(without - set(serving)) for note in left_over(r, catalogue)]
    return frozenset(serving)


def _keystone_at_one(proxies: Sequence[Proxy], controllers: Sequence[Node]) -> list[Note]:
    return [
        Note(proxy.node.name, text)
        for proxy in proxies
        if proxy.keystone is not None
        for text in single_points(
            f"where {proxy.file.name} finds Keystone", [proxy.keystone], controllers
        )
    ]
