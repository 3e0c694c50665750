"""What is really in an account, by Swift's own API: neither S3 nor the client is believed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.lab.waiting import wait_until
from tests.lab_fixture import request

if TYPE_CHECKING:
    from tests.lab_fixture import Answer, Login


@dataclass(frozen=True, slots=True)
class Store:
    """The account of a user's project."""

    login: Login

    def make(self, bucket: str) -> None:
        assert self._send("PUT", quote(bucket)).status == 201

    def is_there(self, bucket: str) -> bool:
        return self._send("HEAD", quote(bucket)).status == 204

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Store an object, and return when the list of its bucket has it."""
        assert self._send("PUT", _path(bucket, key), content).status == 201
        wait_until(lambda: key in self.keys(bucket), seconds=30)

    def get(self, bucket: str, key: str) -> bytes | None:
        """Return the bytes of an object, None where there is none."""
        answer = self._send("GET", _path(bucket, key))
        assert answer.status in {200, 404}, answer
        return answer.body if answer.status == 200 else None

    def is_in_parts(self, bucket: str, key: str) -> bool:
        answer = self._send("HEAD", _path(bucket, key))
        return answer.headers.get("X-Static-Large-Object") == "True"

    def keys(self, bucket: str) -> list[str]:
        answer = self._send("GET", f"{quote(bucket)}?format=json")
        assert answer.status == 200, answer
        return [each["name"] for each in json.loads(answer.body)]

    def _send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {**self.login.headers, "Content-Type": "application/octet-stream"}
        return request(method, f"{self.login.object_store}/{path}", body, headers)


def _path(bucket: str, key: str) -> str:
    return f"{quote(bucket)}/{quote(key)}"
