"""setup-tool as an operator runs it, against the machines that are on."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from tests.cloud import Commands, assert_none_of, place
from tests.nodes import places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cloud import Ran
    from tests.nodes.hosts import Hosts


@dataclass(frozen=True, slots=True)
class Cloud(Commands):
    """A cloud's machines, and its operator."""

    patience: ClassVar = 600
    hosts: Hosts

    @property
    def folder(self) -> Path:
        """The operator's home and working directory."""
        folder = self.hosts.folder / "operator"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def environment(self) -> dict[str, str]:
        """What the operator's programs find in their environment."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        for name in ("SSH_AUTH_SOCK", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            outside.pop(name, None)
        return outside | {
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "OS_CLOUD": "admin",
            "OS_CLIENT_CONFIG_FILE": str(self._clouds()),
            "NO_COLOR": "1",
        }

    @property
    def proxies(self) -> tuple[str, ...]:
        """The names of the machines that run Swift's proxy and are on."""
        return self.hosts.proxies

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The names of the machines in each of the inventory's groups."""
        return {"proxy": self.proxies}

    @property
    def logins(self) -> dict[str, dict[str, Any]]:
        """The entries of the operator's clouds.yaml."""
        return {
            user: {
                "auth": {
                    "auth_url": f"{places.KEYSTONE}/v3",
                    "username": user,
                    "password": self.hosts.seed.passwords[user],
                    "project_name": project,
                    "user_domain_name": "Default",
                    "project_domain_name": "Default",
                },
                "region_name": "RegionOne",
                "identity_api_version": "3",
                "cacert": str(self.hosts.seed.authority),
            }
            for user, project in (("admin", "admin"), ("demo", "demo"))
        }

    def apply(self, *words: str, status: int | None = 0, **variables: Any) -> Ran:
        """Apply the inventory with some variables of it changed."""
        return self.run("apply", "-i", self.inventory(**variables), "--yes", *words, status=status)

    def plan(self, *words: str, **variables: Any) -> Any:
        """Return the plan's document, for the inventory with some variables changed."""
        inventory = self.inventory(**variables)
        return self.run("plan", "-i", inventory, "--format", "json", *words).document

    def inventory(
        self, hosts: Mapping[str, Mapping[str, Any]] | None = None, **variables: Any
    ) -> str:
        """Return the path of an inventory of the machines that are on.

        ``hosts`` are variables of single ones, ``variables`` are of all; None takes one away.
        """
        every = {
            "ansible_user": "ops",
            "ansible_become": True,
            "ansible_ssh_private_key_file": str(self.hosts.key),
            "known_hosts": str(self.hosts.known_hosts),
            # its balancer asks twice a second, then again soon, and believes the second answer
            "proxy_drain_wait": 1,
            # and keeps connections on which nothing goes on
            "proxy_drain_timeout": 1,
            **variables,
        }
        groups = {
            group: {
                "hosts": {
                    name: {"ansible_host": self.hosts[name].address, **(hosts or {}).get(name, {})}
                    for name in names
                }
            }
            for group, names in self.groups.items()
        }
        written = json.dumps(
            {
                "all": {
                    "vars": {name: value for name, value in every.items() if value is not None},
                    "children": groups,
                }
            },
            indent=1,
        )
        digest = hashlib.sha256(written.encode()).hexdigest()[:8]
        return str(place(self.folder / f"inventory-{digest}.yaml", written))

    def assert_no_secret(self, *texts: str) -> None:
        """Fail when a password of the cloud, or a line that gives a secret away, is in a text."""
        assert_none_of(self.hosts.secrets(), *texts)

    def _clouds(self) -> Path:
        return place(self.folder / "clouds.yaml", json.dumps({"clouds": self.logins}))
