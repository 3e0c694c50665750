"""The requests that issuing keys takes, one after another over one connection, and no more.

usage: python -m bench.bare_issuing FIRST LAST PROJECT PROJECT

The login is that of clouds.yaml in OS_CLIENT_CONFIG_FILE. It makes a key for each of the
users from number FIRST to before LAST, who are called user00000 and so on, for each project.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Keystone:
    """One connection, and the token of the login."""

    def __init__(self) -> None:
        clouds = json.loads(Path(os.environ["OS_CLIENT_CONFIG_FILE"]).read_text())["clouds"]
        auth = clouds[os.environ["OS_CLOUD"]]["auth"]
        url = urlsplit(auth["auth_url"])
        self._link = http.client.HTTPConnection(url.netloc)
        self._headers = {"Content-Type": "application/json"}
        domain = {"id": "default"}
        user = {"name": auth["username"], "domain": domain, "password": auth["password"]}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": auth["project_name"], "domain": domain}}
        self.send("POST", "/auth/tokens", {"auth": {"identity": identity, "scope": scope}})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the document it is answered with."""
        data = None if body is None else json.dumps(body)
        self._link.request(method, f"/v3{path}", data, self._headers)
        answer = self._link.getresponse()
        document = json.loads(answer.read())
        assert answer.status in {200, 201}, document
        if token := answer.getheader("X-Subject-Token"):
            self._headers["X-Auth-Token"] = token
        return document


def main(numbers: range, projects: list[str]) -> None:
    keystone = Keystone()
    names = {f"user{number:05}" for number in numbers}
    found, page = [], "/users?limit=1000"
    while page:
        users = keystone.send("GET", page)
        found += [user for user in users["users"] if user["name"] in names]
        following = users["links"]["next"]
        page = f"/users?{following.partition('?')[2]}" if following else ""
    assert len(found) == len(numbers)
    ids = [keystone.send("GET", f"/projects?name={name}")["projects"][0]["id"] for name in projects]
    for project in ids:
        keystone.send("GET", f"/role_assignments?scope.project.id={project}&effective")
    keystone.send("GET", "/credentials?type=ec2")
    for user in found:
        for project in ids:
            blob = {"access": secrets.token_hex(16), "secret": secrets.token_hex(16)}
            credential = {
                "type": "ec2",
                "user_id": user["id"],
                "project_id": project,
                "blob": json.dumps(blob),
            }
            keystone.send("POST", "/credentials", {"credential": credential})


if __name__ == "__main__":
    main(range(int(sys.argv[1]), int(sys.argv[2])), sys.argv[3:])
