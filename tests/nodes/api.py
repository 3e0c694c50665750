"""One of OpenStack's APIs as its administrator uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab_fixture import request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab_fixture import Login


@dataclass(frozen=True, slots=True)
class Api:
    """An API with a token."""

    login: Login
    url: str
    """Of the API, with its version."""
    authority: Path | None = None

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request, which must be answered with success; return what it is answered.

        Raises:
            LookupError: it is answered that something is not found.
        """
        sent = None if body is None else json.dumps(body).encode()
        answered = self.send(method, path, sent, "application/json")
        return json.loads(answered) if answered else None

    def send(self, method: str, path: str, body: bytes | None, kind: str) -> bytes:
        """Send what is not JSON; otherwise as `ask`."""
        answer = request(
            method,
            f"{self.url}{path}",
            body,
            {"Content-Type": kind, **self.login.headers},
            authority=self.authority,
        )
        if answer.status == 404:
            raise LookupError(path, answer.body)
        assert 200 <= answer.status < 300, (method, path, answer)
        return answer.body
