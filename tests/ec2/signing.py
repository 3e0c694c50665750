"""Requests to EC2, signed in every way that clients sign them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.lab_fixture import request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab_fixture import Answer

VERSION = "2016-11-15"
REGIONS = {"Action": "DescribeRegions", "Version": VERSION}
WAYS = ("v4 POST", "v4 GET", "v4 query", "v2 POST", "v2 GET")


@dataclass(frozen=True, slots=True)
class Said:
    """What EC2 answered: status, and the code and message of an error."""

    status: int
    code: str
    message: str
    body: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, signed."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None

    @property
    def signature(self) -> str:
        text = " ".join((self.url, *self.headers.values(), (self.body or b"").decode()))
        found = re.search(r"Signature=([^&, ]+)", text)
        assert found
        return found[1]

    def send(self) -> Said:
        """Send it as it is."""
        return said(request(self.method, self.url, self.body, self.headers))


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody with keys who asks an EC2 at a URL."""

    url: str
    access: str
    secret: str

    def ask(self, way: str = "v4 POST", params: Mapping[str, str] = REGIONS) -> Said:
        """Sign a request in one of `WAYS` and send it."""
        return self.sign(way, params).send()

    def sign(
        self, way: str, params: Mapping[str, str] = REGIONS, *, at: datetime | None = None
    ) -> Asked:
        """Sign a request in one of `WAYS`, now or at another time."""
        when = at or datetime.now(UTC)
        version, place = way.split()
        if version == "v2":
            stamp = {"Timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "SignatureVersion": "2"}
            return self.sign_v2(place, {**params, **stamp})
        return self._sign_v4(place, params, when)

    def sign_v2(self, method: str, params: Mapping[str, str]) -> Asked:
        """Sign with version 2 exactly these parameters and those that say who signs how."""
        signed = {**params, "AWSAccessKeyId": self.access, "SignatureMethod": "HmacSHA256"}
        pairs = "&".join(
            f"{quote(name, safe='-_~')}={quote(signed[name], safe='-_~')}"
            for name in sorted(signed)
        )
        text = f"{method}\n{urlsplit(self.url).netloc}\n{urlsplit(self.url).path}\n{pairs}"
        digest = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).digest()
        sent = urlencode({**signed, "Signature": base64.b64encode(digest).decode()})
        if method == "GET":
            return Asked(method, f"{self.url}?{sent}", {})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return Asked(method, self.url, form, sent.encode())

    def _sign_v4(self, place: str, params: Mapping[str, str], when: datetime) -> Asked:
        sent = urlencode(params)
        made = (
            AWSRequest("POST", self.url, data=sent)
            if place == "POST"
            else AWSRequest("GET", self.url, params=dict(params))
        )
        if place == "POST":
            made.headers["Content-Type"] = "application/x-www-form-urlencoded"
        kind = SigV4QueryAuth if place == "query" else SigV4Auth
        with mock.patch("botocore.auth.get_current_datetime", return_value=when):
            kind(Credentials(self.access, self.secret), "ec2", "RegionOne").add_auth(made)
        ready = made.prepare()
        body = sent.encode() if place == "POST" else None
        return Asked(ready.method, ready.url, dict(ready.headers), body)


def said(answer: Answer) -> Said:
    """Read EC2's XML."""
    body = answer.body.decode()

    def element(name: str) -> str:
        found = re.search(f"<{name}>(.*?)</{name}>", body, re.DOTALL)
        return found[1] if found else ""

    return Said(answer.status, element("Code"), element("Message"), body)
