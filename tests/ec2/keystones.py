"""Real Keystones, after and before OSSA-2025-002, that tests may stop, hold and break."""

from __future__ import annotations

import contextlib
import json
import secrets
import signal
import string
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setup_tool.core.secret import Secret
from setup_tool.lab import loopback, packages, seed
from setup_tool.lab.services import SERVERS
from tests.lab.waiting import wait_until
from tests.lab_fixture import request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab_fixture import Answer

ROOT = Path(__file__).parents[2]
BEFORE = packages.Packages("keystone-before", ROOT / "requirements/keystone-before.txt")
"""Keystone 22.0.1, which validates signatures for anybody."""
USERS = ("admin", *(account.user for account in seed.ACCOUNTS), "ec2-api")
_CONF = ROOT / "setup_tool/lab/files/keystone.conf"


@dataclass
class Keystone:
    """One process in a folder of its own, filled as the lab's is, with a login for ec2-api."""

    python: Path
    folder: Path
    port: int = field(default_factory=lambda: loopback.free_block(1))
    passwords: dict[str, str] = field(
        default_factory=lambda: {user: secrets.token_hex(18) for user in USERS}
    )
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def conf(self) -> Path:
        return self.folder / "keystone.conf"

    def build(self, role: str) -> None:
        """Start it for the first time; ec2-api's login gets the role on project service."""
        self.folder.mkdir()
        conf = string.Template(_CONF.read_text()).substitute(folder=str(self.folder))
        # Keystone 22 changes what it gets from its cache, so that had better be a copy
        self.conf.write_text(conf.replace("dogpile.cache.memory", "dogpile.cache.memory_pickle"))
        (self.folder / "passwords.json").write_text(json.dumps(self.passwords))
        self.start()
        known = {user: Secret(password) for user, password in self.passwords.items()}
        seed.fill(f"{self.url}/v3", known, "http://127.0.0.1:9/v1/AUTH_%(tenant_id)s")
        keystone = seed.Keystone(f"{self.url}/v3", known["admin"])
        user = keystone.find_or_create(
            "user", "ec2-api", domain_id="default", password=self.passwords["ec2-api"]
        )
        self.grant(user, role)

    def start(self) -> None:
        """Start it and wait until it answers."""
        names = ("access.log", "passwords.json")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self.python), "-E", "-s", str(SERVERS / "serve_identity.py")),
                    *(str(self.folder), str(self.port)),
                    *(str(self.folder / name) for name in names),
                ],
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: loopback.answered(self.port, "/v3", 2) == 200, seconds=90)

    def stop(self) -> None:
        """End it, so that connections are refused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let it take connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def asked(self) -> list[str]:
        """Return the requests so far: METHOD URI STATUS."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [" ".join(line.split(" ", 4)[1:4]) for line in lines]

    def token(self, user: str, project: str) -> tuple[str, dict[str, Any]]:
        """Log in; return the token's id and what it says."""
        domain = {"id": "default"}
        who = {"name": user, "domain": domain, "password": self.passwords[user]}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": who}},
                "scope": {"project": {"name": project, "domain": domain}},
            }
        }
        answer = self._send("POST", "/auth/tokens", body, {})
        return answer.headers["X-Subject-Token"], json.loads(answer.body)["token"]

    def admin(self, method: str, path: str, body: object = None) -> Any:
        """Ask as the admin, below /v3."""
        token, _ = self.token("admin", "admin")
        return json.loads(self._send(method, path, body, {"X-Auth-Token": token}).body or b"null")

    def keys(self, user: str, project: str) -> tuple[str, str]:
        """Make a pair of keys; return access and secret."""
        token, said = self.token(user, project)
        place = f"/users/{said['user']['id']}/credentials/OS-EC2"
        body = {"tenant_id": said["project"]["id"]}
        made = json.loads(self._send("POST", place, body, {"X-Auth-Token": token}).body)
        return made["credential"]["access"], made["credential"]["secret"]

    def user(self, name: str) -> str:
        """Return a user's id."""
        return str(self.admin("GET", f"/users?name={name}")["users"][0]["id"])

    def grant(self, user: str, role: str) -> None:
        """Give a user (by id) a role on project service."""
        self.admin("PUT", self._assignment(user, role))

    def revoke(self, user: str, role: str) -> None:
        """Take a role on project service from a user (by id), and so their tokens."""
        self.admin("DELETE", self._assignment(user, role))
        self._await_next_second()

    def void_tokens(self, name: str) -> None:
        """Make all tokens of a user void; they can log in again."""
        user = self.user(name)
        for enabled in (False, True):
            self.admin("PATCH", f"/users/{user}", {"user": {"enabled": enabled}})
        self._await_next_second()

    @staticmethod
    def _await_next_second() -> None:
        """Return when a new token is no more of the second in which Keystone voided the others.

        Those are void as well: Keystone counts in whole seconds.
        """
        voided = int(time.time())
        wait_until(lambda: int(time.time()) > voided)

    def _assignment(self, user: str, role: str) -> str:
        project = self.admin("GET", "/projects?name=service")["projects"][0]["id"]
        known = self.admin("GET", f"/roles?name={role}")["roles"][0]["id"]
        return f"/projects/{project}/users/{user}/roles/{known}"

    def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        answer = request(
            method,
            f"{self.url}/v3{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", **headers},
        )
        assert answer.status < 400, answer
        return answer
