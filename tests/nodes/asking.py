"""Requests to the cloud as its users send them: native ones, and signed ones of S3."""

from __future__ import annotations

import json
import urllib.error
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.core.credential import KeyPair
from setup_tool.core.http import Request
from setup_tool.core.secret import Secret
from tests.lab_fixture import Answer, Login, request

if TYPE_CHECKING:
    from pathlib import Path

REGION = "RegionOne"


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        raise NotImplementedError

    def wait(self, seconds: float) -> None:
        raise NotImplementedError


_SIGNER = BotocoreSigner(_Now())


@dataclass(frozen=True, slots=True, repr=False)
class User:
    """A user of the cloud, with a token and a pair of keys for S3."""

    login: Login
    pair: KeyPair
    authority: Path | None

    def native(self, method: str, path: str = "", body: bytes | None = None, *, at: str) -> Answer:
        """Ask Swift for a path below the user's account, at this scheme, host and port."""
        url = f"{at}/v1/AUTH_{self.login.project_id}{path}"
        return request(method, url, body, self.login.headers, authority=self.authority)

    def s3(self, method: str, path: str = "/", body: bytes | None = None, *, at: str) -> Answer:
        """Ask S3 for a path, signed with SigV4, at this scheme, host and port."""
        headers = self.signed(method, path, body, at=at)
        return request(method, f"{at}{path}", body, headers, authority=self.authority)

    def signed(
        self, method: str, path: str, body: bytes | None = None, *, at: str
    ) -> dict[str, str]:
        """Return the headers of a request that is signed with SigV4."""
        asked = Request(method, f"{at}{path}", body=body or b"")
        signed = _SIGNER.sign(asked, self.pair, region=REGION, version="v4")
        return {name: _plain(value) for name, value in signed.headers}

    def presigned(self, method: str, path: str, *, at: str) -> str:
        """Return a URL that needs no headers to be signed, nor its body to be known."""
        asked = Request(method, f"{at}{path}")
        made = _SIGNER.presign(asked, self.pair, region=REGION, version="v4", expires=3600)
        return _plain(made.url)


def user(keystone: str, name: str, project: str, password: str, authority: Path | None) -> User:
    """Log in to v3, and make a pair of keys."""
    domain = {"id": "default"}
    who = {"name": name, "domain": domain, "password": password}
    asked = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": who}},
            "scope": {"project": {"name": project, "domain": domain}},
        }
    }
    answer = _posted(f"{keystone}/v3/auth/tokens", asked, {}, authority)
    token = json.loads(answer.body)["token"]
    urls = [
        endpoint["url"]
        for service in token["catalog"]
        if service["type"] == "object-store"
        for endpoint in service["endpoints"]
        if endpoint["interface"] == "public"
    ]
    login = Login(
        answer.headers["X-Subject-Token"],
        token["project"]["id"],
        frozenset(role["name"] for role in token["roles"]),
        next(iter(urls), ""),
    )
    place = f"{keystone}/v3/users/{token['user']['id']}/credentials/OS-EC2"
    made = _posted(place, {"tenant_id": login.project_id}, login.headers, authority)
    pair = json.loads(made.body)["credential"]
    return User(login, KeyPair(pair["access"], Secret(pair["secret"])), authority)


def login_v2(keystone: str, name: str, tenant: str, password: str) -> Login:
    """Log in to v2.0."""
    who = {"username": name, "password": password}
    asked = {"auth": {"passwordCredentials": who, "tenantName": tenant}}
    access = json.loads(_posted(f"{keystone}/v2.0/tokens", asked, {}, None, 200).body)["access"]
    urls = [
        endpoint["publicURL"]
        for service in access["serviceCatalog"]
        if service["type"] == "object-store"
        for endpoint in service["endpoints"]
    ]
    return Login(
        access["token"]["id"],
        access["token"]["tenant"]["id"],
        frozenset(role["name"] for role in access["user"]["roles"]),
        urls[0],
    )


def answers(url: str, authority: Path | None = None) -> bool:
    """Tell whether a GET is answered with success."""
    try:
        return request("GET", url, authority=authority, seconds=3).status < 400
    except (OSError, urllib.error.URLError):
        return False


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _posted(
    url: str, body: Any, headers: dict[str, str], authority: Path | None, status: int = 201
) -> Answer:
    headers = {"Content-Type": "application/json", **headers}
    answer = request("POST", url, json.dumps(body).encode(), headers, authority=authority)
    assert answer.status == status, answer
    return answer
