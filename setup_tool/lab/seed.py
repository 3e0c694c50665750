"""What the cloud holds before setup-tool has touched it: users, projects, catalogue."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import SetupToolError
from setup_tool.lab.layout import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.secret import Secret

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Account:
    """A user with a role on one project, all in the default domain."""

    user: str
    project: str
    role: str


ADMIN = Account("admin", "admin", "admin")
"""Made by Keystone's own bootstrap."""

SWIFT = Account("swift", "service", "admin")
"""The login of Swift's authtoken. To validate tokens it needs `admin` or `service`;
most deployments gave it `admin`, long before Keystone made a role `service`."""

DEMO = Account("demo", "demo", "member")
ACCOUNTS = (SWIFT, DEMO, Account("alice", "demo", "member"), Account("bob", "other", "member"))


class Keystone:
    """As much of the identity API as seeding needs, as the admin."""

    def __init__(self, url: str, password: Secret) -> None:
        self._url = url
        self._token = ""
        _, headers = self._request("POST", "/auth/tokens", _login(ADMIN, password))
        self._token = headers["X-Subject-Token"]

    def find_or_create(self, kind: str, name: str, **fields: object) -> str:
        """Return the id of the thing with this name; ``fields`` are for a new one."""
        listed, _ = self._request("GET", f"/{kind}s?name={name}")
        found: list[dict[str, str]] = listed[f"{kind}s"]
        if found:
            return found[0]["id"]
        made, _ = self._request("POST", f"/{kind}s", {kind: {"name": name, **fields}})
        return str(made[kind]["id"])

    def grant(self, user: str, project: str, role: str) -> None:
        """Give a user a role on a project (all by id); giving it again changes nothing."""
        self._request("PUT", f"/projects/{project}/users/{user}/roles/{role}")

    def publish(self, service: str, url: str) -> None:
        """Make the service's three endpoints unless they are there."""
        listed, _ = self._request("GET", f"/endpoints?service_id={service}")
        present = {endpoint["interface"] for endpoint in listed["endpoints"]}
        for interface in ("public", "internal", "admin"):
            if interface not in present:
                endpoint = {
                    "service_id": service,
                    "interface": interface,
                    "url": url,
                    "region_id": REGION,
                }
                self._request("POST", "/endpoints", {"endpoint": endpoint})

    def _request(
        self, method: str, path: str, body: object = None
    ) -> tuple[Any, Mapping[str, str]]:
        request = urllib.request.Request(  # noqa: S310  -- always http on loopback
            f"{self._url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-Auth-Token": self._token},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                return json.loads(response.read() or b"null"), response.headers
        except urllib.error.HTTPError as problem:
            what = f"{method} {path} with {problem.code}"
        except OSError as problem:
            what = f"{method} {path} with nothing ({problem})"
        raise SetupToolError(f"The lab's Keystone answered {what} while the cloud was filled.")


def fill(keystone_url: str, passwords: Mapping[str, Secret], object_store_url: str) -> None:
    """Make the accounts and Swift's catalogue entries; what is there already stays.

    Raises:
        SetupToolError: Keystone refused a request or did not answer.
    """
    keystone = Keystone(keystone_url, passwords["admin"])
    roles = {
        name: keystone.find_or_create("role", name)
        for name in sorted({account.role for account in ACCOUNTS})
    }
    projects = {
        name: keystone.find_or_create("project", name, domain_id="default")
        for name in sorted({account.project for account in ACCOUNTS})
    }
    for account in ACCOUNTS:
        user = keystone.find_or_create(
            "user", account.user, domain_id="default", password=passwords[account.user].reveal()
        )
        keystone.grant(user, projects[account.project], roles[account.role])
    swift = keystone.find_or_create("service", "swift", type="object-store")
    keystone.publish(swift, object_store_url)


def _login(account: Account, password: Secret) -> dict[str, object]:
    domain = {"id": "default"}
    user = {"name": account.user, "domain": domain, "password": password.reveal()}
    return {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": account.project, "domain": domain}},
        }
    }
