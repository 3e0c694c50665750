"""From keys - a file's, a profile's, or our own for the moment - to a gateway's checks."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from setup_tool import wiring
from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.verify.s3.plan import NativeAccess, S3VerifyPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from setup_tool.core.credential import KeyPair
    from setup_tool.core.identity import Whereabouts
    from setup_tool.declare.access import AccessOptions
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.editors.client.settings import ClientSettings
    from setup_tool.ports import Listener
    from setup_tool.verify.result import CheckResult

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def from_eucarc(path: str, foreign: KeyPair | None) -> tuple[S3VerifyPlan, str | None]:
    """Return what an eucarc lets us verify, and the CA bundle it names."""
    from setup_tool.editors.client.eucarc import read_eucarc

    return _from_settings(read_eucarc(_content(path), name=path), path, foreign)


def from_profile(profile: str, foreign: KeyPair | None) -> tuple[S3VerifyPlan, str | None]:
    """Return what an AWS profile lets us verify, and the CA bundle it names."""
    from setup_tool.editors.client.aws import read_aws_profile

    home = Path.home() / ".aws"
    names = (
        os.environ.get("AWS_CONFIG_FILE") or str(home / "config"),
        os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or str(home / "credentials"),
    )
    config, credentials = (_optional(name) for name in names)
    settings = read_aws_profile(config, credentials, profile, names=names)
    return _from_settings(settings, f"profile {profile}", foreign)


def foreign_pair(path: str | None) -> KeyPair | None:
    """Return the keys of an eucarc of another project."""
    from setup_tool.editors.client.eucarc import read_eucarc

    return read_eucarc(_content(path), name=path).pair if path else None


@contextmanager
def from_inventory(
    path: str, listener: Listener, foreign: KeyPair | None, options: AccessOptions
) -> Iterator[tuple[S3VerifyPlan, str | None]]:
    """Make a key of our own for the moment and yield what the whole cloud lets us verify."""
    from setup_tool.engine.canary import passing_key
    from setup_tool.engine.survey import survey
    from setup_tool.engine.world import Selection

    inventory = wiring.load_inventory(path)
    with wiring.open_world(inventory, inventory.nodes, listener, options=options) as world:
        found = survey(world, Selection())
        ourselves = world.identity.whereabouts()
        urls = ourselves.urls("s3", "public")
        if not urls:
            raise DeclarationError(
                "The catalogue has no public s3 endpoint to verify. Run `setup-tool apply` first."
            )
        with passing_key(world.keys, world.entropy, world.clock) as pair:
            yield (
                S3VerifyPlan(
                    url=urls[0],
                    pair=pair,
                    proxies=proxy_urls(found.bound.proxies),
                    foreign=foreign,
                    native=native_access(ourselves),
                ),
                ourselves.ca_bundle,
            )


def native_access(ourselves: Whereabouts) -> NativeAccess | None:
    """Return the way to our own Swift account, None where the catalogue has none."""
    urls = ourselves.urls("object-store", "public")
    return NativeAccess(urls[0], ourselves.token) if urls else None


def proxy_urls(proxies: Sequence[Proxy]) -> tuple[str, ...]:
    """Return each proxy's own URL as this machine reaches it."""
    return tuple(_reached(proxy) for proxy in proxies if proxy.keystone is not None)


def run_checks(
    plan: S3VerifyPlan, ca_bundle: str | None, on_result: Callable[[CheckResult], None]
) -> tuple[CheckResult, ...]:
    """Run the S3 checks of a plan."""
    from setup_tool.verify.s3.run import run_s3_checks

    return run_s3_checks(
        plan,
        web=wiring.open_web(ca_bundle),
        signer=wiring.open_signer(),
        clock=wiring.open_clock(),
        entropy=wiring.open_entropy(),
        on_result=on_result,
    )


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


def _from_settings(
    settings: ClientSettings, place: str, foreign: KeyPair | None
) -> tuple[S3VerifyPlan, str | None]:
    if settings.s3 is None:
        raise DeclarationError(f"{place} names no S3 URL, so there is nothing to verify.")
    plan = S3VerifyPlan(settings.s3, settings.pair, region=settings.region, foreign=foreign)
    return plan, settings.ca_bundle


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
