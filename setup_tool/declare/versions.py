"""Release numbers out of what package managers and services print."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from setup_tool.core.facts import Source

if TYPE_CHECKING:
    from setup_tool.core.facts import HttpFact, InstallationFact, PackageFact

_UPSTREAM = re.compile(r"^(?:\d+:)?v?(\d+(?:\.\d+)*)")

SWIFT_PACKAGES = ("swift-proxy", "openstack-swift-proxy", "python3-swift", "python-swift")
SWIFT3_PACKAGES = ("swift-plugin-s3", "openstack-swift-plugin-swift3", "python-swift3")
"""Of Debian and Ubuntu, of RDO, and of SUSE (Crowbar's barclamp for Swift names the last)."""
NOVA_PACKAGES = ("nova-api", "openstack-nova-api", "nova-common", "openstack-nova-common")


def release_of(text: str) -> str | None:
    """Return the release in a distribution's or a service's version string.

    Epoch and packaging suffix are dropped: ``2:26.2.2-1~deb12u3`` is 26.2.2.
    """
    match = _UPSTREAM.match(text.strip())
    return match.group(1) if match else None


def installed_release(running: InstallationFact, package: PackageFact) -> str | None:
    """Return the release that runs: of its own Python, else of the installed package.

    A package says nothing of a service that is known to have come from elsewhere.
    """
    if running.release:
        return release_of(running.release)
    if running.source in {Source.OTHER, Source.CONTAINER} or package.version is None:
        return None
    return release_of(package.version)


def swift_from_info(answer: HttpFact | None) -> str | None:
    """Return the release that Swift's ``/info`` names, if it answered and tells."""
    return _from_info(answer, "swift")


def swift3_from_info(answer: HttpFact | None) -> str | None:
    """Return the release of swift3 that ``/info`` names, as it does from 1.11 on (CHANGELOG)."""
    return _from_info(answer, "swift3")


def _from_info(answer: HttpFact | None, section: str) -> str | None:
    if answer is None or answer.status != 200:  # noqa: PLR2004 - HTTP OK
        return None
    try:
        found = json.loads(answer.body)[section]["version"]
    except (ValueError, KeyError, TypeError):
        return None
    return release_of(str(found))
