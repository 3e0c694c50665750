"""From keys - a file's, a profile's, or our own for the moment - to the checks."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from setup_tool import wiring
from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError, UnreachableError
from setup_tool.core.http import Request
from setup_tool.verify.ec2.plan import Ec2VerifyPlan
from setup_tool.verify.s3.plan import NativeAccess, S3VerifyPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from setup_tool.core.credential import KeyPair
    from setup_tool.core.identity import Whereabouts
    from setup_tool.declare.access import AccessOptions
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.editors.client.settings import ClientSettings
    from setup_tool.ports import Listener, Web
    from setup_tool.verify.ec2.plan import Launch
    from setup_tool.verify.result import CheckResult, Service

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked to be verified; no services: whatever there is.

    ``foreign`` is a key of another project, which S3 must refuse.
    """

    services: frozenset[Service] = frozenset()
    launch: Launch | None = None
    foreign: KeyPair | None = None

    def takes(self, service: Service) -> bool:
        """Tell whether a service is to be verified where there is one."""
        return not self.services or service in self.services


@dataclass(frozen=True, slots=True)
class Verification:
    """What is there to be verified; ``ca_bundle`` is the path of a file of authorities."""

    s3: S3VerifyPlan | None = None
    ec2: Ec2VerifyPlan | None = None
    ca_bundle: str | None = None


def from_eucarc(path: str, wanted: Wanted) -> Verification:
    """Return what an eucarc lets us verify."""
    from setup_tool.editors.client.eucarc import read_eucarc

    return _from_settings(read_eucarc(_content(path), name=path), path, wanted)


def from_profile(profile: str, wanted: Wanted) -> Verification:
    """Return what an AWS profile lets us verify."""
    from setup_tool.editors.client.aws import read_aws_profile

    home = Path.home() / ".aws"
    names = (
        os.environ.get("AWS_CONFIG_FILE") or str(home / "config"),
        os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or str(home / "credentials"),
    )
    config, credentials = (_optional(name) for name in names)
    settings = read_aws_profile(config, credentials, profile, names=names)
    return _from_settings(settings, f"profile {profile}", wanted)


def foreign_pair(path: str | None) -> KeyPair | None:
    """Return the keys of an eucarc of another project."""
    from setup_tool.editors.client.eucarc import read_eucarc

    return read_eucarc(_content(path), name=path).pair if path else None


@contextmanager
def from_inventory(
    path: str, listener: Listener, wanted: Wanted, options: AccessOptions
) -> Iterator[Verification]:
    """Make a key of our own for the moment and yield what the whole cloud lets us verify."""
    from setup_tool.engine.canary import passing_key
    from setup_tool.engine.survey import survey
    from setup_tool.engine.world import Selection

    inventory = wiring.load_inventory(path)
    with wiring.open_world(inventory, inventory.nodes, listener, options=options) as world:
        proxies: tuple[str, ...] = ()
        if wanted.takes("s3"):
            proxies = proxy_urls(survey(world, Selection()).bound.proxies)
        ourselves = world.identity.whereabouts()
        urls: dict[Service, tuple[str, ...]] = {
            "s3": ourselves.urls("s3", "public"),
            "ec2": ourselves.urls("ec2", "public"),
        }
        if place := _missing(wanted, urls):
            raise DeclarationError(
                f"The catalogue has no public {place} endpoint to verify. Run `setup-tool apply` "
                "first."
            )
        with passing_key(world.keys, world.entropy, world.clock) as pair:
            yield Verification(
                _s3_of_cloud(ourselves, pair, proxies, wanted),
                _ec2_of_cloud(ourselves, pair, wanted, world.web),
                ourselves.ca_bundle,
            )


def _missing(wanted: Wanted, urls: Mapping[Service, object]) -> str:
    """Return which service has to be there and is not, an empty string where none."""
    everything: frozenset[Service] = frozenset(("s3", "ec2"))
    needed = wanted.services or everything
    there = {service for service in needed if urls[service]}
    if wanted.services:
        return " and no ".join(sorted(needed - there))
    return "" if there else "s3 or ec2"


def _s3_of_cloud(
    ourselves: Whereabouts, pair: KeyPair, proxies: tuple[str, ...], wanted: Wanted
) -> S3VerifyPlan | None:
    urls = ourselves.urls("s3", "public")
    if not urls or not wanted.takes("s3"):
        return None
    return S3VerifyPlan(
        url=urls[0],
        pair=pair,
        proxies=proxies,
        foreign=wanted.foreign,
        native=native_access(ourselves),
    )


def _ec2_of_cloud(
    ourselves: Whereabouts, pair: KeyPair, wanted: Wanted, web: Web
) -> Ec2VerifyPlan | None:
    places = [
        (region, url)
        for kind, interface, region, url in ourselves.endpoints
        if (kind, interface) == ("ec2", "public")
    ]
    if not places or not wanted.takes("ec2"):
        return None
    region, url = places[0]
    return Ec2VerifyPlan(
        url,
        pair,
        region=region,
        published_region=region,
        no_compute=no_compute(web, ourselves),
        launch=wanted.launch,
    )


def no_compute(web: Web, ourselves: Whereabouts) -> str:
    """Return why a cloud's EC2 can show nothing but regions, an empty string where it can."""
    for url in ourselves.urls("compute", "public"):
        try:
            if web.send(Request("GET", url)).status < 500:  # noqa: PLR2004
                return ""
        except UnreachableError:
            continue
    return "The catalogue has no compute service that answers."


def native_access(ourselves: Whereabouts) -> NativeAccess | None:
    """Return the way to our own Swift account, None where the catalogue has none."""
    urls = ourselves.urls("object-store", "public")
    return NativeAccess(urls[0], ourselves.token) if urls else None


def proxy_urls(proxies: Sequence[Proxy]) -> tuple[str, ...]:
    """Return each proxy's own URL as this machine reaches it."""
    return tuple(_reached(proxy) for proxy in proxies if proxy.keystone is not None)


def run_checks(
    found: Verification, listener: Listener, on_result: Callable[[CheckResult], None]
) -> tuple[CheckResult, ...]:
    """Run the checks of what was found, S3 first."""
    from setup_tool.verify.ec2.run import run_ec2_checks
    from setup_tool.verify.s3.run import run_s3_checks

    web, clock, entropy = (
        wiring.open_web(found.ca_bundle),
        wiring.open_clock(),
        wiring.open_entropy(),
    )
    results: tuple[CheckResult, ...] = ()
    if found.s3 is not None:
        results += run_s3_checks(
            found.s3,
            web=web,
            signer=wiring.open_signer(clock),
            clock=clock,
            entropy=entropy,
            on_result=on_result,
        )
    if found.ec2 is not None:
        results += run_ec2_checks(
            found.ec2,
            web=web,
            signer=wiring.open_signer,
            clock=clock,
            entropy=entropy,
            listener=listener,
            on_result=on_result,
        )
    return results


def _reached(proxy: Proxy) -> str:
    parts = urlsplit(proxy.health_url)
    access = proxy.node.access
    host = parts.hostname or ""
    if host in _LOOPBACK and access.connection == "ssh":
        host = access.host
    netloc = f"[{host}]" if ":" in host else host
    if parts.port:
        netloc = f"{netloc}:{parts.port}"
    return urlunsplit((parts.scheme, netloc, "", "", ""))


def _from_settings(settings: ClientSettings, place: str, wanted: Wanted) -> Verification:
    ec2_url = settings.ec2
    if ec2_url == settings.s3 and "ec2" not in wanted.services:
        ec2_url = None  # a profile's one endpoint_url for everything: an S3 gateway's, mostly
    if missing := _missing(wanted, {"s3": settings.s3, "ec2": ec2_url}):
        names = missing.replace("s3", "S3").replace("ec2", "EC2")
        raise DeclarationError(f"{place} names no {names} URL, so there is nothing to verify.")
    s3 = ec2 = None
    if settings.s3 is not None and wanted.takes("s3"):
        s3 = S3VerifyPlan(
            settings.s3, settings.pair, region=settings.region, foreign=wanted.foreign
        )
    if ec2_url is not None and wanted.takes("ec2"):
        ec2 = Ec2VerifyPlan(ec2_url, settings.pair, region=settings.region, launch=wanted.launch)
    return Verification(s3, ec2, settings.ca_bundle)


def _content(path: str) -> Content:
    if Path(path).is_dir():
        raise DeclarationError(f"{path} is a folder. Name the eucarc in it.")
    found = _optional(path)
    if found is None:
        raise DeclarationError(
            f"There is no file {path}. `setup-tool credentials issue` writes one called eucarc."
        )
    return found


def _optional(path: str) -> Content | None:
    data = wiring.open_files().read(path)
    return None if data is None else Content(data)
