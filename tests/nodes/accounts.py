"""Keystone's users, roles and passwords, changed as an administrator does it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.nodes import places
from tests.nodes.api import Api

if TYPE_CHECKING:
    from tests.nodes.hosts import Hosts


@dataclass(frozen=True, slots=True)
class Accounts(Api):
    """Keystone's API with a token of its administrator.

    What gives names to things asks as v3 does.
    """

    @classmethod
    def of(cls, hosts: Hosts) -> Accounts:
        return cls(
            hosts.user("admin", "admin").login, f"{places.KEYSTONE}/v3", hosts.seed.authority
        )

    def id_of(self, kind: str, name: str) -> str:
        """Return the id of the one thing of a kind (``users``, ``projects``, ``roles``)."""
        (found,) = self.ask("GET", f"/{kind}?name={name}")[kind]
        return str(found["id"])

    def delete(self, kind: str, name: str) -> None:
        self.ask("DELETE", f"/{kind}/{self.id_of(kind, name)}")

    def set_password(self, user: str, password: str) -> None:
        self.ask("PATCH", f"/users/{self.id_of('users', user)}", {"user": {"password": password}})

    def grant(self, method: str, user: str, project: str, role: str) -> None:
        """Give a user a role on a project (PUT), or take it away (DELETE)."""
        path = f"/projects/{self.id_of('projects', project)}/users/{self.id_of('users', user)}"
        self.ask(method, f"{path}/roles/{self.id_of('roles', role)}")
