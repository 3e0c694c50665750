"""The lab's two proxies as S3 gateways: what an operator does by hand, done by the test."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.credential import KeyPair
from setup_tool.core.secret import Secret
from setup_tool.verify.s3.plan import NativeAccess, S3VerifyPlan
from tests.lab_fixture import request, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab_fixture import RunningLab

REGION = "RegionOne"

_FILTERS = """
[filter:s3api]
use = egg:swift#s3api
location = {region}

[filter:s3token]
use = egg:swift#s3token
auth_uri = {keystone}
reseller_prefix = AUTH_
secret_cache_duration = 0
auth_type = password
auth_url = {keystone}
username = swift
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
"""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running S3 gateway of two proxies and a front, and two projects' keys."""

    lab: RunningLab
    demo: KeyPair
    bob: KeyPair

    @property
    def front(self) -> str:
        return self.lab.record.url("front")

    @property
    def proxies(self) -> tuple[str, ...]:
        return tuple(self.lab.record.url(name) for name in ("proxy1", "proxy2"))

    def native(self, user: str = "demo") -> NativeAccess:
        login = self.lab.login(user)
        return NativeAccess(login.object_store, Secret(login.token))

    def plan(self) -> S3VerifyPlan:
        """Return the plan that asks for everything."""
        return S3VerifyPlan(
            self.front, self.demo, REGION, self.proxies, foreign=self.bob, native=self.native()
        )

    def containers(self) -> list[str]:
        """Return every container of the demo project, as Swift itself lists them."""
        login = self.lab.login("demo")
        answer = request("GET", f"{login.object_store}?limit=1000", headers=login.headers)
        assert answer.status in {200, 204}, answer
        return answer.body.decode().split()

    def control(self, proxy: str, *verbs: str) -> None:
        script = self.lab.layout.nodes / proxy / "bin/proxy"
        for verb in verbs:
            done = subprocess.run([script, verb], capture_output=True, check=False, timeout=60)
            assert done.returncode == 0, done.stderr.decode()

    @contextmanager
    def changed(self, proxy: str, change: Callable[[str], str]) -> Iterator[str]:
        """Run a proxy with another configuration for a while; yields its URL."""
        conf = self.lab.layout.proxy_conf(proxy)
        before = conf.read_text()
        after = change(before)
        assert after != before
        try:
            conf.write_text(after)
            self.control(proxy, "restart")
            yield self.lab.record.url(proxy)
        finally:
            conf.write_text(before)
            self.control(proxy, "restart")


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A lab of its own with s3api on both proxies."""
    with started(tmp_path_factory.mktemp("gateway") / "lab") as lab:
        for proxy in ("proxy1", "proxy2"):
            conf = lab.layout.proxy_conf(proxy)
            conf.write_text(_with_s3(conf.read_text(), lab))
        made = Gateway(lab, _key(lab, "demo"), _key(lab, "bob"))
        for proxy in ("proxy1", "proxy2"):
            made.control(proxy, "restart")
        yield made


def _with_s3(text: str, lab: RunningLab) -> str:
    password = json.loads(lab.layout.passwords.read_bytes())["swift"]
    text = text.replace(" authtoken keystoneauth ", " authtoken s3api s3token keystoneauth ")
    text = text.replace("[filter:authtoken]", "[filter:authtoken]\ndelay_auth_decision = true")
    text = re.sub(r"(?m)^# account_autocreate.*", "account_autocreate = true", text)
    return text + _FILTERS.format(region=REGION, keystone=lab.keystone, password=password)


def _key(lab: RunningLab, user: str) -> KeyPair:
    """Make an EC2 credential with the user's own token."""
    login = lab.login(user)
    headers = {**login.headers, "X-Subject-Token": login.token}
    told = json.loads(request("GET", f"{lab.keystone}/auth/tokens", headers=headers).body)
    user_id = told["token"]["user"]["id"]
    answer = request(
        "POST",
        f"{lab.keystone}/users/{user_id}/credentials/OS-EC2",
        json.dumps({"tenant_id": login.project_id}).encode(),
        {**login.headers, "Content-Type": "application/json"},
    )
    assert answer.status == 201, answer
    made = json.loads(answer.body)["credential"]
    return KeyPair(made["access"], Secret(made["secret"]))
