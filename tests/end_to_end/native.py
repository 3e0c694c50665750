"""Swift's own API as a user of the lab: what is really there, past S3."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.lab_fixture import Login, request

if TYPE_CHECKING:
    from tests.lab_fixture import RunningLab


@dataclass(frozen=True, slots=True)
class Account:
    """A user's account in Swift."""

    login: Login

    @classmethod
    def of(cls, lab: RunningLab, user: str) -> Account:
        return cls(lab.login(user))

    def status(self) -> int:
        """Return the HTTP status with which the account answers."""
        return self._send("HEAD", "")[0]

    def containers(self, prefix: str) -> list[str]:
        """Return the names of the containers that begin so."""
        listed = self._listed(f"?format=json&prefix={quote(prefix)}")
        return [container["name"] for container in listed]

    def remove(self, prefix: str) -> None:
        """Remove the containers that begin so, with all that is in them."""
        for container in self.containers(prefix):
            path = f"/{quote(container)}"
            for found in self._listed(f"{path}?format=json"):
                self._send("DELETE", f"{path}/{quote(found['name'])}")
            assert self._send("DELETE", path)[0] == 204

    def _listed(self, path: str) -> Any:
        status, body = self._send("GET", path)
        if status == 404:  # nothing has made the account yet
            return []
        assert status == 200, body
        return json.loads(body)

    def _send(self, method: str, path: str) -> tuple[int, bytes]:
        answer = request(method, f"{self.login.object_store}{path}", headers=self.login.headers)
        return answer.status, answer.body
