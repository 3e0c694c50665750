"""One running lab for all tests of a session, and the least a test needs to talk to it."""

from __future__ import annotations

import contextlib
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.lab import lab, layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; errors are answers too."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Login:
    """A token of a user on their project."""

    token: str
    project_id: str
    roles: frozenset[str]
    object_store: str
    """The public URL of the project's account, as the catalogue says; empty where it has none."""

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Auth-Token": self.token}


@dataclass(frozen=True, slots=True)
class RunningLab:
    """A lab that is up."""

    layout: layout.Layout
    record: layout.Record

    @property
    def folder(self) -> Path:
        return self.layout.folder

    @property
    def keystone(self) -> str:
        return f"{self.record.url('keystone')}/v3"

    def cloud(self, user: str = "admin") -> dict[str, Any]:
        """Return the user's entry in clouds.yaml (admin, demo, alice, bob)."""
        clouds = json.loads(self.layout.clouds.read_bytes())["clouds"]
        entry: dict[str, Any] = clouds["lab" if user == "admin" else f"lab-{user}"]
        return entry

    def login(self, user: str = "admin") -> Login:
        """Log the user in to their project with a fresh token."""
        auth = self.cloud(user)["auth"]
        domain = {"id": "default"}
        who = {"name": user, "domain": domain, "password": auth["password"]}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": who}},
                "scope": {"project": {"name": auth["project_name"], "domain": domain}},
            }
        }
        answer = request(
            "POST",
            f"{self.keystone}/auth/tokens",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 201, answer
        token = json.loads(answer.body)["token"]
        urls = [
            endpoint["url"]
            for service in token["catalog"]
            if service["type"] == "object-store"
            for endpoint in service["endpoints"]
            if endpoint["interface"] == "public"
        ]
        return Login(
            answer.headers["X-Subject-Token"],
            token["project"]["id"],
            frozenset(role["name"] for role in token["roles"]),
            urls[0],
        )

    def access_lines(self) -> list[str]:
        """Return Keystone's access log: TIME METHOD URI STATUS "USER-AGENT"."""
        return self.layout.access_log.read_text().splitlines()

    def session_events(self) -> list[dict[str, Any]]:
        """Return what happened on the nodes' SSH ports so far: node, event, connection."""
        return [json.loads(line) for line in self.layout.session_log.read_text().splitlines()]


def request(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    authority: Path | None = None,
    seconds: float = 60,
) -> Answer:
    """Send one request, past any proxy settings of the environment.

    ``authority`` is the certificate to trust, for servers with TLS; ``seconds`` how long to
    wait for whatever comes next.
    """
    trust = ssl.create_default_context(cafile=str(authority)) if authority else None
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
    )
    sent = urllib.request.Request(  # noqa: S310  -- always http or https, to servers of the tests
        url, data=body, headers=dict(headers or {}), method=method
    )
    try:
        with opener.open(sent, timeout=seconds) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as problem:
        with problem:
            return Answer(problem.code, problem.headers, problem.read())


@contextlib.contextmanager
def started(folder: Path, *, ec2: bool = False) -> Iterator[RunningLab]:
    """Start a lab in the folder and stop it again, whatever the test does to it.

    ``ec2``: one whose controller is ready for an ec2-api.
    """
    try:
        lab.up(folder, ec2=ec2)
        where = layout.Layout(folder)
        record = layout.load(where)
        assert record is not None
        yield RunningLab(where, record)
    finally:
        lab.down(folder)


@pytest.fixture(scope="session")
def running_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab for all tests of the session; what a test makes in it, it removes or does not mind."""
    with started(tmp_path_factory.mktemp("cloud") / "lab") as running:
        yield running
