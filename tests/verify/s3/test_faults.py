"""One fault at a time in a real gateway: failing checks that say so, never an exception."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.machine import SystemClock
from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.credential import KeyPair
from setup_tool.core.secret import Secret
from setup_tool.verify.result import Status, all_well
from setup_tool.verify.run import REMOVAL
from setup_tool.verify.s3.leftovers import Leftovers
from setup_tool.verify.s3.run import REGION as FIND_REGION
from setup_tool.verify.s3.session import S3Session
from tests.verify.running import Meddling, by_status, failed, verify
from tests.verify.s3.gateway_fixture import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.core.http import Request
    from setup_tool.verify.result import CheckResult
    from setup_tool.verify.s3.plan import S3VerifyPlan
    from tests.verify.s3.gateway_fixture import Gateway


def _alone(gateway: Gateway, url: str) -> S3VerifyPlan:
    return replace(gateway.plan(), url=url, proxies=())


def test_a_wrong_region_is_named_with_the_right_one(gateway: Gateway) -> None:
    results = verify(replace(gateway.plan(), region="elsewhere"))
    first = failed(results)["list buckets"]
    assert "HTTP 400 AuthorizationHeaderMalformed" in first.detail
    assert f"signs for region {REGION}" in first.hint
    assert {result.name for result in results if result.status is Status.FAILED} == {first.name}
    assert not by_status(results, Status.PASSED)
    assert gateway.containers() == []


def test_a_wrong_secret_fails_the_first_check_and_the_rest_is_not_run(gateway: Gateway) -> None:
    pair = KeyPair(gateway.demo.access, Secret("no such secret"))
    results = verify(replace(_alone(gateway, gateway.front), pair=pair))
    first = failed(results)["list buckets"]
    assert first.detail.startswith("HTTP 403 SignatureDoesNotMatch: ")
    assert "the key or secret is wrong" in first.hint
    assert not by_status(results, Status.PASSED)
    not_run = by_status(results, Status.NOT_RUN)
    assert not_run["make a bucket"].detail == "It needs: list buckets."
    assert len(not_run) == len(results) - 1
    assert not all_well(results)


def test_an_unknown_key_fails_like_a_wrong_secret(gateway: Gateway) -> None:
    pair = KeyPair("0123456789abcdef", Secret("no such secret"))
    results = verify(replace(_alone(gateway, gateway.front), pair=pair))
    assert list(failed(results)) == ["list buckets"]


def _edited(*changes: tuple[str, str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return text

    return change


def test_without_slo_only_multipart_fails(gateway: Gateway) -> None:
    with gateway.changed("proxy2", _edited((" slo dlo ", " dlo "))) as url:
        results = verify(_alone(gateway, url))
    assert list(failed(results)) == ["multipart upload"]
    found = failed(results)["multipart upload"]
    assert "HTTP 501 NotImplemented" in found.detail
    assert "slo is not in the pipeline" in found.hint
    assert not by_status(results, Status.NOT_RUN)
    assert gateway.containers() == []


def test_multipart_turned_off_by_the_operator_is_skipped(gateway: Gateway) -> None:
    off = _edited(("#s3api\n", "#s3api\nallow_multipart_uploads = no\n"))
    with gateway.changed("proxy2", off) as url:
        results = verify(_alone(gateway, url))
    assert by_status(results, Status.SKIPPED)["multipart upload"].detail
    assert all_well(results)


def test_a_proxy_with_a_broken_login_is_told_from_the_good_one(gateway: Gateway) -> None:
    good, bad = gateway.proxies
    broken = _edited(("secret_cache_duration = 0\nauth_type", "auth_type = none\nold_auth_type"))
    with gateway.changed("proxy2", broken):
        results = verify(replace(gateway.plan(), url=good))
    assert [(result.target, result.name) for result in results if result.status is Status.FAILED]
    first = failed(results)["list buckets"]
    assert first.target == bad
    assert f"The same key works at {good}, so the key is good" in first.hint
    assert {result.target for result in failed(results).values()} == {bad}


def test_without_s3api_what_answers_is_no_gateway(gateway: Gateway) -> None:
    with gateway.changed("proxy2", _edited((" s3api s3token ", " "))) as url:
        results = verify(replace(_alone(gateway, url), region=None))
    assert list(failed(results)) == [FIND_REGION]
    found = failed(results)[FIND_REGION]
    assert "HTTP 404" in found.detail
    assert "s3api is not in the proxy's pipeline" in found.hint
    assert len(by_status(results, Status.NOT_RUN)) == len(results) - 1


def test_authtoken_that_decides_at_once_is_named(gateway: Gateway) -> None:
    early = _edited(("delay_auth_decision = true\n", ""))
    with gateway.changed("proxy2", early) as url:
        results = verify(_alone(gateway, url))
    assert "delay_auth_decision" in failed(results)["list buckets"].hint


def test_a_role_that_is_not_an_operators_is_named(gateway: Gateway) -> None:
    strict = _edited(("operator_roles = admin, member", "operator_roles = admin"))
    with gateway.changed("proxy2", strict) as url:
        results = verify(_alone(gateway, url))
    assert "HTTP 403 AccessDenied" in failed(results)["list buckets"].detail
    assert "operator_roles" in failed(results)["list buckets"].hint


def test_keystone_out_of_the_proxys_reach_is_named(gateway: Gateway) -> None:
    away = _edited((f"auth_uri = {gateway.lab.keystone}", "auth_uri = http://127.0.0.1:1/v3"))
    with gateway.changed("proxy2", away) as url:
        results = verify(_alone(gateway, url))
    assert "HTTP 400 InvalidURI" in failed(results)["list buckets"].detail
    assert "cannot reach Keystone" in failed(results)["list buckets"].hint


def test_the_second_key_must_be_of_another_project(gateway: Gateway) -> None:
    results = verify(replace(_alone(gateway, gateway.front), foreign=gateway.demo))
    assert list(failed(results)) == ["another project's key is refused"]
    assert "same project" in failed(results)["another project's key is refused"].hint


def test_a_second_key_that_does_not_work_proves_nothing(gateway: Gateway) -> None:
    revoked = KeyPair(gateway.bob.access, Secret("no such secret"))
    results = verify(replace(_alone(gateway, gateway.front), foreign=revoked))
    found = failed(results)["another project's key is refused"]
    assert "nothing is proven" in found.detail


def test_a_token_of_another_project_does_not_see_the_object(gateway: Gateway) -> None:
    plan = replace(_alone(gateway, gateway.front), native=gateway.native("bob"))
    assert list(failed(verify(plan))) == ["seen through Swift's native API"]


def test_a_gateway_that_goes_down_is_given_up_and_what_is_left_is_named(gateway: Gateway) -> None:
    url = gateway.proxies[1]

    def stop(number: int, _: Request) -> None:
        if number == 20:
            gateway.control("proxy2", "stop")

    try:
        results = verify(_alone(gateway, url), Meddling(before=stop))
    finally:
        gateway.control("proxy2", "start")
    silent = [result for result in failed(results).values() if "No answer from" in result.detail]
    assert len(silent) == 3, "two checks, and the removal"
    assert "It answered a moment ago" in silent[0].hint
    assert by_status(results, Status.NOT_RUN)
    last = results[-1]
    assert (last.name, last.status) == (REMOVAL, Status.FAILED)
    left = [name for name in gateway.containers() if not name.endswith("+segments")]
    assert len(left) == 1
    assert left[0] in last.detail
    _remove(gateway, left[0])
    assert gateway.containers() == []


def test_what_was_made_through_a_proxy_that_went_down_is_removed_through_another(
    gateway: Gateway,
) -> None:
    def stop(number: int, _: Request) -> None:
        if number == 20:
            gateway.control("proxy2", "stop")

    plan = replace(gateway.plan(), url=gateway.proxies[1], proxies=(gateway.proxies[0],))
    try:
        results = verify(plan, Meddling(before=stop))
    finally:
        gateway.control("proxy2", "start")
    assert failed(results)
    assert (results[-1].name, results[-1].status) == (REMOVAL, Status.PASSED)
    assert gateway.containers() == []


def _remove(gateway: Gateway, bucket: str) -> None:
    leftovers, clock = Leftovers(), SystemClock()
    leftovers.note(bucket)
    session = S3Session(
        UrllibWeb(), BotocoreSigner(clock), gateway.front, gateway.demo, gateway.plan().region or ""
    )
    assert leftovers.remove(bucket, [session], clock) == ""


MOMENTS = {
    "the first request": r"GET .*",
    "making the bucket": r"PUT /[^/]+",
    "writing 5 MiB": r"PUT /[^/]+/size/5242881",
    "starting an upload": r"POST .*\?uploads",
    "its second part": r"PUT .*\?partNumber=2&.*",
    "completing it": r"POST .*\?uploadId=.*",
    "deleting several objects": r"POST .*\?delete",
    "removing the bucket": r"DELETE /[^/]+",
}


class Interrupting:
    """Raises KeyboardInterrupt at the first requests of the given forms, one after another."""

    def __init__(self, *moments: str) -> None:
        self._moments = [re.compile(MOMENTS[moment]) for moment in moments]

    def __call__(self, number: int, request: Request) -> None:
        assert number
        url = request.url.reveal() if isinstance(request.url, Secret) else request.url
        line = f"{request.method} /{url.split('/', 3)[3]}"
        if self._moments and self._moments[0].fullmatch(line):
            self._moments.pop(0)
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("moment", "carried_out"),
    [
        ("the first request", False),
        ("making the bucket", False),
        ("making the bucket", True),
        ("writing 5 MiB", False),
        ("starting an upload", True),
        ("its second part", True),
        ("completing it", True),
        ("deleting several objects", False),
        ("removing the bucket", True),
    ],
)
def test_an_interrupt_leaves_nothing_behind(
    gateway: Gateway, moment: str, *, carried_out: bool
) -> None:
    interrupting = Interrupting(moment)
    web = Meddling(after=interrupting) if carried_out else Meddling(before=interrupting)
    told: list[CheckResult] = []
    with pytest.raises(KeyboardInterrupt):
        verify(_alone(gateway, gateway.front), web, told.append)
    assert gateway.containers() == []
    made = any(result.name == "make a bucket" for result in told)
    assert not made or (told[-1].name, told[-1].status) == (REMOVAL, Status.PASSED)


def test_impatience_at_the_removal_names_what_is_left(gateway: Gateway) -> None:
    web = Meddling(
        before=Interrupting("writing 5 MiB", "removing the bucket", "removing the bucket")
    )
    told: list[CheckResult] = []
    with pytest.raises(KeyboardInterrupt):
        verify(_alone(gateway, gateway.front), web, told.append)
    assert (told[-1].name, told[-1].status) == (REMOVAL, Status.FAILED)
    (left,) = gateway.containers()
    assert f"{left} (interrupted)" in told[-1].detail
    _remove(gateway, left)
    assert gateway.containers() == []
