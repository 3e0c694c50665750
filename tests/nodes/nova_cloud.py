"""A cloud with nova on one machine, and setup-tool as its operator runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.nodes import asking, places
from tests.nodes.cloud import Cloud
from tests.nodes.nova import Nova

if TYPE_CHECKING:
    from tests.nodes.asking import User
    from tests.nodes.machine import Machine

_PROJECTS = {"admin": "admin", "demo": "demo", "alice": "demo", "bob": "other"}


@dataclass(frozen=True, slots=True)
class NovaCloud(Cloud):
    """Debian 12's nova, neutron, glance, cinder, placement and Keystone; no Swift."""

    @property
    def machine(self) -> Machine:
        return self.hosts["nova1"]

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        return {"controller": ("nova1",)}

    @property
    def logins(self) -> dict[str, dict[str, Any]]:
        return {
            user: {
                "auth": {
                    "auth_url": f"{places.NOVA_KEYSTONE}/v3",
                    "username": user,
                    "password": self.hosts.seed.passwords[user],
                    "project_name": project,
                    "user_domain_name": "Default",
                    "project_domain_name": "Default",
                },
                "region_name": asking.REGION,
                "identity_api_version": "3",
            }
            for user, project in _PROJECTS.items()
        }

    def user(self, name: str = "demo") -> User:
        """Log a user of Keystone in (admin, demo, alice, or bob)."""
        password = self.hosts.seed.passwords[name]
        return asking.user(places.NOVA_KEYSTONE, name, _PROJECTS[name], password, None)

    def native(self) -> Nova:
        """Return the native APIs as the administrator uses them."""
        return Nova.of(self.hosts.seed.passwords["admin"])
