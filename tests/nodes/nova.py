"""The native APIs of the cloud with nova, as its administrator uses them."""

from __future__ import annotations

import contextlib
import urllib.error
from dataclasses import dataclass

from tests.nodes import asking, places
from tests.nodes.accounts import Accounts
from tests.nodes.api import Api

_WORKERS = ("nova-compute", "nova-conductor", "nova-scheduler")


@dataclass(frozen=True, slots=True)
class Nova:
    """Each with a token."""

    accounts: Accounts
    compute: Api
    image: Api
    network: Api
    volume: Api

    @classmethod
    def of(cls, password: str) -> Nova:
        """Log in as Keystone's administrator."""
        login = asking.user(places.NOVA_KEYSTONE, "admin", "admin", password, None).login
        urls = places.NOVA_APIS
        volume = f"{urls['volume']}/{login.project_id}"
        return cls(
            Accounts(login, f"{places.NOVA_KEYSTONE}/v3"),
            Api(login, urls["compute"]),
            Api(login, urls["image"]),
            Api(login, urls["network"]),
            Api(login, volume),
        )

    def is_up(self) -> bool:
        """Tell whether instances can be started: every API answers, and nova's workers run."""
        with contextlib.suppress(OSError, urllib.error.URLError, AssertionError):
            self.image.ask("GET", "/v2/images")
            self.network.ask("GET", "/v2.0/networks")
            self.volume.ask("GET", "/volumes")
            found = self.compute.ask("GET", "/os-services")["services"]
            up = {each["binary"] for each in found if each["state"] == "up"}
            return up >= set(_WORKERS)
        return False

    def servers(self) -> list[str]:
        """Return the ids of the instances of all projects."""
        found = self.compute.ask("GET", "/servers?all_tenants=1")["servers"]
        return [each["id"] for each in found]

    def network_of(self, project: str) -> str:
        """Return the id of a project's network."""
        found = self.network.ask("GET", f"/v2.0/networks?name={project}")["networks"]
        return str(found[0]["id"])
