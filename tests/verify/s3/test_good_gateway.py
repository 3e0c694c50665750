"""A gateway as it should be: Swift with s3api behind two proxies, Keystone beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.adapters.machine import SystemClock
from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.gateway import GatewayLimits
from setup_tool.core.http import Request
from setup_tool.verify.result import Status, all_well
from setup_tool.verify.run import REMOVAL
from setup_tool.verify.s3.gateway import limits, probe_region
from setup_tool.verify.s3.run import REGION as FIND_REGION
from tests.verify.running import Meddling, by_status, failed, verify
from tests.verify.s3.gateway_fixture import REGION

if TYPE_CHECKING:
    from setup_tool.verify.result import CheckResult
    from tests.verify.s3.gateway_fixture import Gateway


def test_every_check_passes_and_nothing_is_left(gateway: Gateway) -> None:
    web = Meddling()
    told: list[CheckResult] = []
    results = verify(gateway.plan(), web, told.append)
    assert failed(results) == {}
    assert all(result.status is Status.PASSED for result in results)
    assert all_well(results)
    assert tuple(told) == results
    assert {result.target for result in results} == {gateway.front, *gateway.proxies}
    assert results[-1].name == REMOVAL
    assert gateway.containers() == []
    assert web.count < 90
    assert sum(result.seconds for result in results) < 20


def test_what_needs_more_than_a_key_is_skipped_with_a_reason(gateway: Gateway) -> None:
    plan = replace(gateway.plan(), proxies=(), foreign=None, native=None, region=None)
    results = verify(plan)
    skipped = by_status(results, Status.SKIPPED)
    assert sorted(skipped) == [
        "another project's key is refused",
        "seen through Swift's native API",
    ]
    assert all(result.detail for result in skipped.values())
    assert all_well(results)
    assert results[0].name == FIND_REGION
    assert results[0].detail == REGION


def test_objects_and_buckets_of_others_stay_as_they_are(gateway: Gateway) -> None:
    web, plan, owner = UrllibWeb(), replace(gateway.plan(), proxies=()), gateway.native()
    mine = f"{owner.storage_url}/kept"
    headers = (("X-Auth-Token", owner.token),)
    assert web.send(Request("PUT", mine, headers)).status == 201
    assert web.send(Request("PUT", f"{mine}/file", headers, b"mine")).status == 201
    try:
        assert all_well(verify(plan))
        assert web.send(Request("GET", f"{mine}/file", headers)).body == b"mine"
        assert gateway.containers() == ["kept"]
    finally:
        web.send(Request("DELETE", f"{mine}/file", headers))
        web.send(Request("DELETE", mine, headers))


def test_the_region_is_what_the_gateway_signs_for(gateway: Gateway) -> None:
    signer = BotocoreSigner(SystemClock())
    for url in (gateway.front, *gateway.proxies):
        assert probe_region(UrllibWeb(), signer, url, gateway.demo) == REGION


def test_the_limits_are_those_of_info(gateway: Gateway) -> None:
    assert limits(UrllibWeb(), gateway.front) == GatewayLimits(
        max_upload_part_num=1000, min_segment_size=5 * 1024 * 1024, allow_multipart_uploads=True
    )
