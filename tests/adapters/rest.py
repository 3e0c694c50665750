"""The lab's Keystone by plain requests: what a test prepares and looks at, past our adapters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.lab_fixture import request

if TYPE_CHECKING:
    from tests.lab_fixture import RunningLab


class Rest:
    """The lab's Keystone as its admin, by plain requests; what it makes it removes."""

    def __init__(self, lab: RunningLab) -> None:
        self._lab = lab
        self._headers = {**lab.login().headers, "Content-Type": "application/json"}
        self._made: list[str] = []

    def send(self, method: str, path: str, body: object = None) -> Any:
        answer = request(
            method,
            f"{self._lab.keystone}{path}",
            None if body is None else json.dumps(body).encode(),
            self._headers,
        )
        assert answer.status < 400, answer
        return json.loads(answer.body or b"null")

    def make(self, kind: str, **fields: object) -> str:
        made = self.send("POST", f"/{kind}s", {kind: fields})[kind]
        self._made.append(f"/{kind}s/{made['id']}")
        return str(made["id"])

    def change(self, kind: str, known_id: str, **fields: object) -> None:
        self.send("PATCH", f"/{kind}s/{known_id}", {kind: fields})

    def find(self, kind: str, **filters: str) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        found: list[dict[str, Any]] = self.send("GET", f"/{kind}s?{query}")[f"{kind}s"]
        return found

    def grant(self, user: str, project: str, role: str) -> None:
        (found,) = self.find("role", name=role)
        self.send("PUT", f"/projects/{project}/users/{user}/roles/{found['id']}")

    def clean(self, kind: str, **filters: str) -> None:
        for found in self.find(kind, **filters):
            self.send("DELETE", f"/{kind}s/{found['id']}")

    def clean_up(self) -> None:
        for path in reversed(self._made):
            request("DELETE", f"{self._lab.keystone}{path}", None, self._headers)
