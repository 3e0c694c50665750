"""A cloud of Pike's releases on one machine, and setup-tool as its operator runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.nodes import asking, places
from tests.nodes.accounts import Accounts
from tests.nodes.cloud import Cloud

if TYPE_CHECKING:
    from tests.lab_fixture import Login
    from tests.nodes.asking import User
    from tests.nodes.machine import Machine

_PROJECTS = {"admin": "admin", "swift": "service", "demo": "demo", "alice": "demo", "bob": "other"}


@dataclass(frozen=True, slots=True)
class LegacyCloud(Cloud):
    """Keystone 12.0.3, which serves v2.0 and v3, and Swift 2.15.2."""

    @property
    def machine(self) -> Machine:
        return self.hosts["old"]

    @property
    def proxies(self) -> tuple[str, ...]:
        return tuple(name for name in self.hosts.running if name == "old")

    @property
    def logins(self) -> dict[str, dict[str, Any]]:
        """For each user of `admin` and `demo` one login of v3, and one of v2.0 named so."""
        made: dict[str, dict[str, Any]] = {}
        for user in ("admin", "demo"):
            who = {"username": user, "password": self.hosts.seed.passwords[user]}
            project = _PROJECTS[user]
            domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
            v3 = {"auth_url": f"{places.LEGACY_KEYSTONE}/v3", "project_name": project, **domains}
            v2 = {"auth_url": f"{places.LEGACY_KEYSTONE}/v2.0", "tenant_name": project}
            for name, auth, version in ((user, v3, "3"), (f"{user}-v2.0", v2, "2.0")):
                made[name] = {
                    "auth": {**who, **auth},
                    "region_name": asking.REGION,
                    "identity_api_version": version,
                }
        return made

    def user(self, name: str = "demo") -> User:
        """Log a user of Keystone in to v3 (admin, swift, demo, alice, or bob)."""
        password = self.hosts.seed.passwords[name]
        return asking.user(places.LEGACY_KEYSTONE, name, _PROJECTS[name], password, None)

    def v3(self) -> Accounts:
        """Return Keystone's v3 API as its administrator uses it."""
        return Accounts(self.user("admin").login, f"{places.LEGACY_KEYSTONE}/v3")

    def v2(self) -> Accounts:
        """Return Keystone's v2.0 API as its administrator uses it."""
        return Accounts(self.login_v2("admin"), f"{places.LEGACY_KEYSTONE_ADMIN}/v2.0")

    def login_v2(self, name: str = "demo") -> Login:
        """Log a user of Keystone in to v2.0."""
        password = self.hosts.seed.passwords[name]
        return asking.login_v2(places.LEGACY_KEYSTONE, name, _PROJECTS[name], password)
