"""The filter's own login: its token, and what becomes of requests while it does not work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.ec2.signing import Signer
from tests.ec2.standalone import serving
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ec2.keystones import Keystone
    from tests.ec2.standalone import Ec2Api

LOGIN = "POST /v3/auth/tokens"
VALIDATION = "POST /v3/ec2tokens"
OWN_TOKEN = "GET /v3/auth/tokens 200"


class Since:
    """What Keystone was asked, and what ec2-api logged as an error, since now."""

    def __init__(self, keystone: Keystone, ec2: Ec2Api) -> None:
        self._keystone, self._ec2 = keystone, ec2
        self._asked, self._logged = len(keystone.asked()), len(ec2.log())

    def asked(self, beginning: str) -> int:
        lines = self._keystone.asked()[self._asked :]
        return sum(line.startswith(beginning) for line in lines)

    @property
    def errors(self) -> list[str]:
        lines = self._ec2.log()[self._logged :].splitlines()
        return [line for line in lines if " ERROR " in line]


def wrong(somebody: Signer) -> Signer:
    return replace(somebody, secret="0" * 32)


def test_one_token_serves_all_requests_also_those_at_once(
    keystone: Keystone, tmp_path: Path
) -> None:
    keys = keystone.keys("demo", "demo")
    with serving(tmp_path, keystone) as ec2:
        demo = Signer(ec2.url, *keys)
        since = Since(keystone, ec2)
        with ThreadPoolExecutor(8) as clients:
            answers = list(clients.map(lambda _: demo.ask().status, range(24)))
        assert answers == [200] * 24
        assert (since.asked(LOGIN), since.asked(VALIDATION)) == (1, 24)


def test_a_token_that_keystone_takes_no_more_is_renewed_once(
    ec2: Ec2Api, demo: Signer, keystone: Keystone
) -> None:
    assert demo.ask().status == 200
    keystone.void_tokens("ec2-api")
    since = Since(keystone, ec2)
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: demo.ask().status, range(16)))
    assert answers == [200] * 16
    assert since.asked(LOGIN) == 1
    assert since.errors == []


def test_a_wrong_signature_renews_nothing(ec2: Ec2Api, demo: Signer, keystone: Keystone) -> None:
    assert demo.ask().status == 200
    since = Since(keystone, ec2)
    assert [wrong(demo).ask().status for _ in range(5)] == [401] * 5
    assert since.asked(LOGIN) == 0
    assert since.asked(OWN_TOKEN) == 5


def test_a_token_that_nears_its_end_is_renewed_before(keystone: Keystone, tmp_path: Path) -> None:
    conf = keystone.conf.read_text()
    keys = keystone.keys("demo", "demo")
    keystone.stop()
    keystone.conf.write_text(conf.replace("[token]\n", "[token]\nexpiration = 100\n"))
    keystone.start()
    with serving(tmp_path, keystone) as ec2:
        demo = Signer(ec2.url, *keys)
        since = Since(keystone, ec2)
        assert [demo.ask().status for _ in range(3)] == [200] * 3
        assert since.asked(LOGIN) == 3, "100 s are less than what a request should have before it"
    keystone.stop()
    keystone.conf.write_text(conf)
    keystone.start()


def test_a_login_without_the_role_is_the_servers_fault_and_said_once(
    ec2: Ec2Api, demo: Signer, keystone: Keystone
) -> None:
    user = keystone.user("ec2-api")
    keystone.grant(user, "member")
    keystone.revoke(user, "service")
    since = Since(keystone, ec2)
    answers = [demo.ask() for _ in range(3)] + [wrong(demo).ask()]
    assert {(answer.status, answer.code) for answer in answers} == {(500, "InternalError")}
    (line,) = since.errors
    assert "needs role service or admin" in line
    keystone.grant(user, "service")
    wait_until(lambda: demo.ask().status == 200)
    assert "validates signatures for ec2-api again" in ec2.log()


@pytest.mark.parametrize("user", ["", "ec2-api", "nobody"])
def test_without_a_login_that_works_nobody_is_let_in_and_it_is_said_once(
    keystone: Keystone, tmp_path: Path, user: str
) -> None:
    keys = keystone.keys("demo", "demo")
    with serving(tmp_path, keystone, user=user, password="not it") as ec2:
        demo = Signer(ec2.url, *keys)
        since = Since(keystone, ec2)
        answers = [demo.ask(), wrong(demo).ask(), demo.ask("v2 GET")]
        assert {(answer.status, answer.code) for answer in answers} == {(503, "ServiceUnavailable")}
        (line,) = since.errors
        assert "cannot log in to Keystone with the login in [keystone_authtoken]" in line
        assert since.asked(LOGIN) == (1 if user else 0), "or the account is locked"


def test_a_login_that_is_put_right_in_keystone_works_without_a_restart(
    keystone: Keystone, tmp_path: Path
) -> None:
    keys = keystone.keys("demo", "demo")
    user = keystone.user("ec2-api")
    keystone.admin("PATCH", f"/users/{user}", {"user": {"enabled": False}})
    with serving(tmp_path, keystone, login_retry=0) as ec2:
        demo = Signer(ec2.url, *keys)
        assert demo.ask().status == 503
        keystone.admin("PATCH", f"/users/{user}", {"user": {"enabled": True}})
        assert demo.ask().status == 200
        assert "can log in to Keystone again" in ec2.log()


@pytest.mark.parametrize("user", ["", "ec2-api", "nobody"])
def test_a_keystone_before_the_fix_is_asked_with_the_login_or_without(
    keystone_before: Keystone, tmp_path: Path, user: str
) -> None:
    keys = keystone_before.keys("demo", "demo")
    with serving(tmp_path, keystone_before, user=user) as ec2:
        demo = Signer(ec2.url, *keys)
        since = Since(keystone_before, ec2)
        assert [demo.ask(way).status for way in ("v4 POST", "v2 GET")] == [200, 200]
        unknown = replace(demo, access="0" * 32)
        answers = [wrong(demo).ask(), wrong(demo).ask("v2 POST"), unknown.ask()]
        assert {(each.status, each.code) for each in answers} == {(401, "AuthFailure")}
        assert len(since.errors) == (0 if user == "ec2-api" else 1)
