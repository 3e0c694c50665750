"""A service that fails, hangs, loses answers or keeps instances: what can be ended is ended."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from keystoneclient.contrib.ec2 import utils as keystones

from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.credential import KeyPair
from setup_tool.core.errors import DeclarationError, UnreachableError
from setup_tool.core.secret import Secret
from setup_tool.verify.report import as_document, as_junit, table_rows
from setup_tool.verify.result import CheckResult, Status, all_well
from setup_tool.verify.run import FELL_SILENT, REMOVAL
from tests.adapters.wire import Sent, wire_server
from tests.verify.ec2.running import LAUNCH, Hasty, action_of, plan, verify
from tests.verify.ec2.small_ec2 import SECRET, SmallEc2, document, error, http, serving
from tests.verify.running import by_status, failed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.core.http import Request, Response

NOTHING = ([], set(), set())
HTML = "text/html; charset=utf-8"
PAGE = "<html><title>503 busy</title></html>"

ANSWERS: dict[str, tuple[bytes, str, str]] = {
    "a balancer without a service": (
        http(503, PAGE, HTML),
        "HTTP 503 with 36 bytes of text/html, not EC2's XML, titled '503 busy'",
        "load balancer",
    ),
    "a redirect": (http(301, "", HTML, "Location: https://ec2.example.org/"), "HTTP 301", "moved"),
    "another path": (
        http(404, "nope", HTML),
        "HTTP 404 with 4 bytes",
        "no EC2 service at the path",
    ),
    "a web page": (http(200, PAGE, HTML), "HTTP 200 with <html>", "not an EC2 service"),
    "an ec2-api that fails at everything": (
        http(400, "400 Bad Request", "text/plain"),
        "HTTP 400 with 15 bytes of text/plain",
        "its libraries are newer than it can take",
    ),
    "S3": (http(200, "<ListAllMyBucketsResult/>"), "HTTP 200 with <ListAllMyBucketsResult>", ""),
    "a key that Keystone does not confirm": (
        error("AuthFailure", "Unauthorized", 401),
        "HTTP 401 AuthFailure: Unauthorized",
        "OSSA-2025-002",
    ),
    "a Keystone that is away": (
        error("ServiceUnavailable", "Keystone does not answer.", 503),
        "HTTP 503 ServiceUnavailable: Keystone does not answer.",
        "cannot ask Keystone",
    ),
    "a clock that is off": (
        http(403, "Timestamp failed", "text/plain", "Date: Sat, 21 Nov 2026 01:02:03 GMT"),
        "HTTP 403",
        "the service's Date is 01:02:03 UTC",
    ),
    "no network": (error("Unsupported", "no available networks"), "HTTP 400 Uns", "subnet"),
    "half of an XML": (http(200, "<DescribeReg"), "HTTP 200", "not an EC2 service"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_answers_instead_is_described(case: str) -> None:
    answer, detail, hint = ANSWERS[case]
    with wire_server(lambda _: answer) as server:
        results = verify(plan(server.url))
    first = failed(results)["DescribeRegions"]
    assert first.detail.startswith(detail)
    assert hint in first.hint
    assert {result.status for result in results} == {Status.FAILED, Status.NOT_RUN}
    assert len(server.seen) == 3, "and SigV2 by GET and POST"


def test_a_service_that_is_not_there_is_given_up() -> None:
    with wire_server() as server:
        url = server.url
    results = verify(plan(url))
    assert len(failed(results)) == 2
    assert "(connect: Connection refused)" in failed(results)["DescribeRegions"].detail
    assert "does not answer any more" in results[-1].detail


def test_a_url_that_is_none_is_an_error_of_usage() -> None:
    with pytest.raises(DeclarationError, match="cannot be asked"):
        verify(plan("ec2.example.org:8788"))


@pytest.mark.parametrize("wrong", ["access", "secret"])
def test_a_wrong_key_fails_the_first_checks_and_the_rest_is_not_run(wrong: str) -> None:
    pair = KeyPair("AKOTHER" if wrong == "access" else "AKSMALL", Secret("another"))
    with serving(SmallEc2()) as url:
        results = verify(replace(plan(url), pair=pair))
    assert {name.partition(" with")[0] for name in failed(results)} == {"DescribeRegions"}
    assert "the key or secret is wrong" in failed(results)["DescribeRegions"].hint
    assert by_status(results, Status.PASSED) == {}


def test_a_service_that_takes_no_sigv2_is_told_from_a_wrong_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keystones.Ec2Signer, "_calc_signature_2", lambda *_: "no")
    with serving(SmallEc2()) as url:
        results = verify(plan(url))
    assert [name for name in failed(results) if "SigV2" in name] == list(failed(results))
    assert "works here with SigV4" in failed(results)["DescribeRegions with SigV2 by GET"].hint


@dataclass(slots=True)
class Losing:
    """A `Web` that loses the answer to an action, whose request was carried out or not."""

    action: str
    carried_out: bool = True
    instead: type[BaseException] = UnreachableError
    times: int = 1
    seen: int = field(default=0)

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        if action_of(request) != self.action or self.seen >= self.times:
            return UrllibWeb().send(request, timeout=timeout)
        self.seen += 1
        if self.carried_out:
            UrllibWeb().send(request, timeout=timeout)
        raise self.instead("No answer from 127.0.0.1 (read: timed out).")


@pytest.mark.parametrize("action", ["CreateKeyPair", "CreateSecurityGroup", "RunInstances"])
def test_what_was_made_although_no_answer_came_is_removed(action: str) -> None:
    ec2 = SmallEc2()
    with serving(ec2) as url:
        results = verify(plan(url), Losing(action))
    assert failed(results)[action].hint == FELL_SILENT
    last = results[-1]
    assert (last.name, last.status) == (REMOVAL, Status.PASSED)
    assert ec2.left == NOTHING


def test_instances_that_appear_late_are_found_by_their_key() -> None:
    ec2, clock = SmallEc2(), Hasty()

    class Late(Losing):
        """The request is carried out three seconds after its answer was given up."""

        def send(self, request: Request, *, timeout: float = 60.0) -> Response:
            if self.seen and clock.waited - waited > 3 and not ec2.instances:
                UrllibWeb().send(kept[0])
            if action_of(request) == "RunInstances":
                kept.append(request)
            return Losing.send(self, request, timeout=timeout)

    kept: list[Request] = []
    waited = clock.waited
    with serving(ec2) as url:
        results = verify(plan(url), Late("RunInstances", carried_out=False), clock=clock)
    assert len(ec2.instances) == 2
    assert ec2.left == NOTHING
    assert "those with key pair setup-tool-verify-" in results[-1].detail


ACTIONS = (
    *("CreateKeyPair", "DescribeKeyPairs", "CreateSecurityGroup", "RunInstances"),
    *("DescribeInstances", "RebootInstances", "TerminateInstances", "DeleteSecurityGroup"),
    *("DescribeAccountAttributes", "DeleteKeyPair"),
)


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_interrupt_leaves_nothing_behind(action: str, *, carried_out: bool) -> None:
    ec2 = SmallEc2()
    told: list[CheckResult] = []
    losing = Losing(action, carried_out, KeyboardInterrupt)
    with serving(ec2) as url, pytest.raises(KeyboardInterrupt):
        verify(plan(url), losing, told.append)
    assert losing.seen == 1
    assert ec2.left == NOTHING
    assert not [result for result in told if result.status is Status.FAILED]


def test_impatience_names_what_is_left() -> None:
    ec2 = SmallEc2()
    told: list[CheckResult] = []
    web = Losing("TerminateInstances", carried_out=False, instead=KeyboardInterrupt, times=3)
    with serving(ec2) as url, pytest.raises(KeyboardInterrupt):
        verify(plan(url), web, told.append)
    last = told[-1]
    assert (last.name, last.status) == (REMOVAL, Status.FAILED)
    assert len(ec2.running) == 2
    assert f"instances {', '.join(ec2.running)} (interrupted)" in last.detail
    (key,) = ec2.keys
    assert f"key pair {key} (interrupted)" in last.detail


def test_an_instance_that_cannot_be_ended_is_named_and_the_other_is_ended() -> None:
    ec2 = SmallEc2()

    def terminate(params: Mapping[str, str]) -> bytes:
        ids = {value for name, value in params.items() if name.startswith("InstanceId.")}
        if min(ec2.instances) in ids:
            return error("OperationNotPermitted", "disableApiTermination")
        return ec2.answer_to("TerminateInstances", params)

    ec2.broken["TerminateInstances"] = terminate
    with serving(ec2) as url:
        results = verify(plan(url))
    kept = min(ec2.instances)
    assert ec2.running == [kept]
    last = results[-1]
    assert last.status is Status.FAILED
    assert f"{kept} is running, HTTP 400 OperationNotPermitted: disableApi" in last.detail
    assert "InvalidGroup.InUse" in last.detail
    assert "by hand" in last.hint
    assert not all_well(results)
    assert ec2.keys == set()


def test_instances_that_do_not_end_are_named_after_a_while() -> None:
    ec2 = SmallEc2()
    ec2.broken["TerminateInstances"] = _saying_so
    with serving(ec2) as url:
        results = verify(plan(url))
    ids = ec2.running
    assert len(ids) == 2
    found = failed(results)["TerminateInstances"]
    assert found.detail == f"After 60 s {ids[0]} is running, {ids[1]} is running."
    assert f"{ids[1]} is still running after 120 s" in results[-1].detail


def _saying_so(params: Mapping[str, str]) -> bytes:
    ids = [value for name, value in params.items() if name.startswith("InstanceId.")]
    return document("TerminateInstances", {"instancesSet": [{"instanceId": each} for each in ids]})


@pytest.mark.parametrize(
    ("states", "waits"),
    [(["pending"], 60), (["pending", "pending", "error"], 0), (["terminated"], 0)],
)
def test_instances_that_do_not_get_running_are_ended(states: list[str], waits: int) -> None:
    ec2 = SmallEc2(started_as=states, forgets=False)
    with serving(ec2) as url:
        results = verify(plan(url))
    found = failed(results)["instances get running"]
    assert found.detail.startswith(f"After {waits} s i-00000002 is {states[-1]}, ")
    assert "nova-scheduler" in found.hint
    assert by_status(results, Status.NOT_RUN)["RebootInstances"]
    assert ec2.left == NOTHING


def test_instances_that_the_service_does_not_know_yet_are_waited_for() -> None:
    ec2 = SmallEc2()
    seen: list[str] = []

    def describe(params: Mapping[str, str]) -> bytes:
        seen.append(params["Action"])
        if len(seen) < 6 and "InstanceId.1" in params:
            return error("InvalidInstanceID.NotFound")
        return ec2.answer_to("DescribeInstances", params)

    ec2.broken["DescribeInstances"] = describe
    with serving(ec2) as url:
        results = verify(plan(url))
    assert all_well(results)


@pytest.mark.parametrize("action", ["DescribeInstances", "TerminateInstances", "RunInstances"])
def test_an_action_that_always_fails_is_told_and_what_is_left_is_named(action: str) -> None:
    ec2 = SmallEc2()
    ec2.broken[action] = lambda _: error("InternalError", "Unknown error occurred.", 500)
    with serving(ec2) as url:
        results = verify(plan(url))
    assert not all_well(results)
    last = results[-1]
    if ec2.running:
        assert last.status is Status.FAILED
        assert all(each in last.detail for each in ec2.running)
    assert "volumev3" in "".join(result.hint for result in failed(results).values())


@pytest.mark.parametrize(
    ("status", "code", "left"),
    [(400, "InvalidKeyPair.Duplicate", False), (500, "EndpointNotFound", True)],
)
def test_what_was_refused_is_not_removed_and_what_failed_may_be_there(
    status: int, code: str, *, left: bool
) -> None:
    ec2 = SmallEc2()
    for action in ("CreateKeyPair", "DeleteKeyPair"):
        ec2.broken[action] = lambda _: error(code, "no", status)
    with serving(ec2) as url:
        results = verify(plan(url, None))
    assert ("DeleteKeyPair" in ec2.asked) is left
    found = failed(results)
    assert set(found) == ({"CreateKeyPair", REMOVAL} if left else {"CreateKeyPair"})


def _echo(sent: Sent) -> bytes:
    """Answer as a debugging page does: with all that was sent."""
    shown = " ".join(
        [sent.line.decode(), *(v.decode() for v in sent.headers.values()), sent.body.decode()]
    )
    return http(500, f"<html><title>{shown}</title>{shown}</html>", HTML)


@pytest.mark.parametrize("case", ["echo", "good", "no key"])
def test_no_report_shows_a_secret_a_signature_or_a_private_key(case: str) -> None:
    ec2 = SmallEc2()
    if case == "no key":
        ec2.broken["DescribeKeyPairs"] = lambda _: error(
            "X", "-----BEGIN RSA PRIVATE KEY-----", 500
        )
    answer: Callable[[Sent], bytes | None] = _echo if case == "echo" else ec2.answer
    with wire_server(answer) as server:
        ec2.endpoint = f"{server.url}/"
        results = verify(plan(f"{server.url}/", LAUNCH))
    signatures = [
        found[1].decode()
        for sent in server.seen
        for found in [re.search(rb"Signature=([\w%]{20,})", sent.line + _said(sent) + sent.body)]
        if found
    ]
    assert signatures
    reports = (json.dumps(as_document(results)), as_junit(results), str(table_rows(results)))
    for report in reports:
        assert not [secret for secret in (SECRET, "c4n4ry", *signatures) if secret in report]


def _said(sent: Sent) -> bytes:
    return b" ".join(sent.headers.values())
