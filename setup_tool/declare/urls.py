"""Where the cloud's services are, from its catalogue and from configuration files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from setup_tool.core.identity import CatalogueFact

INTERFACES = ("public", "internal", "admin")

_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - compared


def root(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def host(url: str) -> str:
    """Return the host of a URL as it stands in URLs (IPv6 in brackets)."""
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def port(url: str) -> int:
    """Return the TCP port of a URL, its scheme's own where it names none."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to whatever machine it is called from."""
    name = urlsplit(url).hostname or ""
    return name in {"localhost", "::1"} or name.startswith("127.")


def bound(address: str | None, number: int, scheme: str = "http") -> str:
    """Return the URL at which a service is asked on its own node."""
    name = (address or "").strip()
    name = _EVERY_ADDRESS.get(name, f"[{name}]" if ":" in name else name)
    return f"{scheme}://{name}:{number}"


def without_version(url: str) -> str:
    """Return a Keystone URL without its trailing ``/v3`` or ``/v2.0``."""
    bare = url.rstrip("/")
    for version in ("/v3", "/v2.0"):
        bare = bare.removesuffix(version)
    return bare.rstrip("/")


def catalogue_urls(catalogue: CatalogueFact, service_type: str, region: str) -> dict[str, str]:
    """Return the URLs of a service type's enabled endpoints in a region, by interface.

    An interface with several different URLs is left out: which one is meant cannot
    be told.
    """
    ids = {s.id for s in catalogue.services if s.type == service_type and s.enabled}
    found: dict[str, set[str]] = {}
    for endpoint in catalogue.endpoints:
        if endpoint.service_id in ids and endpoint.region == region and endpoint.enabled:
            found.setdefault(endpoint.interface, set()).add(endpoint.url)
    return {
        interface: next(iter(urls))
        for interface in INTERFACES
        if len(urls := found.get(interface, set())) == 1
    }
