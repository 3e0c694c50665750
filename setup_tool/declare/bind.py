"""Inventory and facts become values: which roles, for whom, with what. May refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError, as_one
from setup_tool.core.identity import (
    CatalogueFact,
    FindProject,
    FindRole,
    FindUser,
    IdentityQuery,
    ListCatalogue,
    Login,
    LoginAnswer,
    Presence,
    ReadGrants,
    TryLogin,
)
from setup_tool.core.plan import IDENTITY, Note
from setup_tool.declare import bind_controller, bind_proxy
from setup_tool.declare.instantiate import Use
from setup_tool.declare.questions import is_controller, is_proxy
from setup_tool.declare.urls import INTERFACES, catalogue_urls, host, root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.inventory import Node, Settings
    from setup_tool.resources.resource import Answers

_DESCRIPTIONS = {"s3": "S3 API of Swift", "ec2": "EC2 API of nova"}


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


def login_questions(proxies: Sequence[Proxy]) -> tuple[IdentityQuery, ...]:
    """Return what Keystone is asked about the logins in use; each password is tried once."""
    asked: list[IdentityQuery] = []
    for login in dict.fromkeys(proxy.login for proxy in proxies if proxy.login):
        asked += [
            TryLogin(login),
            FindRole("service"),
            FindUser(login.user),
            FindProject(login.project),
            ReadGrants(login.user, login.project),
        ]
    return tuple(dict.fromkeys(asked))


def bind(
    nodes: Sequence[Node],
    proxies: Sequence[Proxy],
    facts: Mapping[str, Answers],
    identity: Answers,
) -> Bound:
    """Return which roles are used for whom, with which values.

    Raises `DeclarationError` for what cannot be told or contradicts itself, and for a
    login that Keystone refuses.
    """
    _check_logins(proxies, identity)
    catalogue = _catalogue(identity)
    uses: list[Use] = []
    notes: list[Note] = []
    uses += _login_uses(proxies)
    locations: dict[str, str] = {}
    by_region: dict[str, dict[str, str]] = {}
    s3: dict[str, list[Node]] = {}
    ec2: dict[str, list[Node]] = {}
    for node in filter(is_controller, nodes):
        region = _region(node.name, node.settings, catalogue)
        keystone = catalogue_urls(catalogue, "identity", region)
        use, said = bind_controller.use_of(
            node, facts[node.name], keystone.get("internal") or keystone.get("public")
        )
        notes += said
        if use is not None:
            uses.append(use)
            if use.role == "nova-ec2":
                ec2.setdefault(region, []).append(node)
    for proxy in proxies:
        region = _region(proxy.node.name, proxy.node.settings, catalogue)
        location = proxy.node.settings.s3_location or proxy.location or region
        uses.append(bind_proxy.use_of(proxy, location, identity))
        if proxy.login is not None:
            s3.setdefault(region, []).append(proxy.node)
        locations[proxy.node.name] = location
        by_region.setdefault(region, {})[proxy.node.name] = location
    for region, served_at in by_region.items():
        _check_locations(region, served_at)
    uses += [_s3_use(region, served, catalogue) for region, served in s3.items()]
    uses += [_ec2_use(region, served, catalogue) for region, served in ec2.items()]
    return Bound(tuple(uses), tuple(notes), tuple(proxies), locations)


def _catalogue(identity: Answers) -> CatalogueFact:
    fact = identity[ListCatalogue()]
    if not isinstance(fact, CatalogueFact):
        raise TypeError("ListCatalogue is answered by a CatalogueFact")
    return fact


def _login_uses(proxies: Sequence[Proxy]) -> list[Use]:
    logins: dict[tuple[object, object], Login] = {}
    for proxy in proxies:
        if proxy.login is not None:
            logins.setdefault((proxy.login.user, proxy.login.project), proxy.login)
    return [
        Use("identity", "login", IDENTITY, {}, login.user, login.project)
        for login in logins.values()
    ]


def _check_logins(proxies: Sequence[Proxy], identity: Answers) -> None:
    for proxy in proxies:
        if proxy.login is None:
            continue
        answer = identity[TryLogin(proxy.login)]
        who = f"user {proxy.login.user} (domain {proxy.login.user.domain})"
        if (
            answer is LoginAnswer.REFUSED
            and identity[FindUser(proxy.login.user)] is not Presence.DISABLED
        ):
            raise DeclarationError(
                f"{proxy.file.name}: Keystone refuses the login in [{proxy.authtoken}], {who}: "
                "the user does not exist there or has another password. Native Swift "
                "cannot work with it either. Put the right password into the file, or set the "
                "user's password in Keystone to the one in the file, and run again."
            )
        if answer is LoginAnswer.UNKNOWN:
            raise DeclarationError(
                f"{proxy.file.name}: whether Keystone accepts {who} could not be told: it gave no "
                "clear answer. Run again when Keystone is well."
            )


def _region(name: str, settings: Settings, catalogue: CatalogueFact) -> str:
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


def _check_locations(region: str, locations: Mapping[str, str]) -> None:
    """Proxies behind one URL must answer to one location, or signatures fail at random."""
    if len(set(locations.values())) > 1:
        listed = ", ".join(f"{name}: {location}" for name, location in locations.items())
        raise DeclarationError(
            f"The proxies of region {region} name different S3 locations ({listed}). Set "
            "`s3_location` in the inventory to the one that clients are to use."
        )


def _s3_use(region: str, nodes: Sequence[Node], catalogue: CatalogueFact) -> Use:
    said = _agreed(nodes, "s3_url")
    found = catalogue_urls(catalogue, "object-store", region)
    urls = {name: said or root(found[name]) for name in INTERFACES if said or name in found}
    if "public" not in urls:
        raise DeclarationError(
            f"The URL of S3 in region {region} cannot be told: Keystone has no single public "
            "object-store endpoint there. Set `s3_url` in the inventory."
        )
    return _api_use("s3", region, urls)


def _ec2_use(region: str, nodes: Sequence[Node], catalogue: CatalogueFact) -> Use:
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
