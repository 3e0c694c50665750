"""A service whose answers are tampered with: every check must notice its own lie."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.web import UrllibWeb
from setup_tool.verify.run import REMOVAL
from tests.verify.ec2.running import action_of, plan, verify
from tests.verify.ec2.small_ec2 import SmallEc2, serving
from tests.verify.running import failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.core.http import Request, Response

NOTHING = ([], set(), set())


@dataclass(slots=True)
class Lying:
    """A `Web` that changes the answers to one action, from one of its requests on."""

    action: str
    lie: Callable[[Response], Response]
    first: int = 1
    last: int = 99
    seen: int = field(default=0)

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        answer = UrllibWeb().send(request, timeout=timeout)
        if action_of(request) == self.action:
            self.seen += 1
            if self.first <= self.seen <= self.last:
                return self.lie(answer)
        return answer


def _body(pattern: bytes, instead: bytes) -> Callable[[Response], Response]:
    def lie(answer: Response) -> Response:
        changed = re.sub(pattern, instead, answer.body, flags=re.DOTALL)
        assert changed != answer.body, answer.body
        return replace(answer, body=changed)

    return lie


def _another(answer: Response) -> Response:
    return replace(answer, body=b"<DescribeTagsResponse/>")


def _let_in(answer: Response) -> Response:
    return replace(answer, status=200)


def _failed(answer: Response) -> Response:
    return replace(answer, status=500)


def _still_there(answer: Response) -> Response:
    body = b"<DescribeSecurityGroupsResponse><securityGroupInfo><item/></securityGroupInfo>"
    return replace(answer, status=200, body=body + b"</DescribeSecurityGroupsResponse>")


LIES: dict[str, tuple[str, Lying]] = {
    "DescribeRegions": (
        "The list of regions is empty.",
        Lying("DescribeRegions", _body(rb"<item>.*</item>", b""), last=1),
    ),
    "DescribeRegions with SigV2 by GET": (
        "HTTP 200 with <DescribeTagsResponse>, no answer to DescribeRegions.",
        Lying("DescribeRegions", _another, first=2, last=2),
    ),
    "an unsigned request is refused": (
        "It was let in: HTTP 200.",
        Lying("DescribeRegions", _let_in, first=5, last=5),
    ),
    "an unknown key is refused": (
        "It was refused, but not for who asked: HTTP 500 AuthFailure",
        Lying("DescribeRegions", _failed, first=6, last=6),
    ),
    "a wrong secret is refused": (
        "It was let in: HTTP 200.",
        Lying("DescribeRegions", _let_in, first=7, last=7),
    ),
    "a timestamp of an hour ago is refused with SigV4": (
        "It was let in: HTTP 200.",
        Lying("DescribeRegions", _let_in, first=8, last=8),
    ),
    "a timestamp of an hour ago is refused with SigV2": (
        "It was let in: HTTP 200.",
        Lying("DescribeRegions", _let_in, first=9, last=9),
    ),
    "DescribeAvailabilityZones": (
        "None of 2 availability zones is available.",
        Lying("DescribeAvailabilityZones", _body(b">available<", b">impaired<")),
    ),
    "DescribeImages": (
        "no answer to DescribeImages",
        Lying("DescribeImages", _another, last=1),
    ),
    "CreateKeyPair": (
        "The answer holds no private key.",
        Lying("CreateKeyPair", _body(b"PRIVATE", b"PUBLIC")),
    ),
    "DescribeKeyPairs": (
        "lists 2 key pairs.",
        Lying("DescribeKeyPairs", _body(rb"(<item>.*</item>)", rb"\1\1"), last=1),
    ),
    "DeleteKeyPair": (
        "HTTP 400 InternalError: no",
        Lying("DescribeKeyPairs", _body(b"InvalidKeyPair.NotFound", b"InternalError"), first=2),
    ),
    "DeleteSecurityGroup": (
        "It is still there.",
        Lying("DescribeSecurityGroups", _still_there, first=3),
    ),
    "DescribeSecurityGroups": (
        "without the rule that was added",
        Lying("DescribeSecurityGroups", _body(b"192.0.2.0/24", b"0.0.0.0/0"), last=1),
    ),
    "RevokeSecurityGroupIngress": (
        "The rule is still there.",
        Lying(
            "DescribeSecurityGroups",
            _body(
                rb"<ipPermissions></ipPermissions>",
                rb"<ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort>"
                rb"<toPort>22</toPort><ipRanges><item><cidrIp>192.0.2.0/24</cidrIp></item>"
                rb"</ipRanges></item></ipPermissions>",
            ),
            first=2,
            last=2,
        ),
    ),
    "the image is there": (
        "ami-00000001 is pending.",
        Lying("DescribeImages", _body(b">available<", b">pending<"), first=2),
    ),
    "DescribeInstances by id": (
        "They are in r-00000009, not in r-00000001.",
        Lying("DescribeInstances", _body(b"r-00000001", b"r-00000009"), first=5, last=6),
    ),
    "DescribeInstanceAttribute": (
        "12 characters of user data came back, which say something else.",
        Lying("DescribeInstanceAttribute", _body(rb"(<value>).*(</value>)", rb"\1Zm9yZ290dGVu\2")),
    ),
    "RebootInstances": (
        "The answer says false.",
        Lying("RebootInstances", _body(b"true", b"false")),
    ),
    "TerminateInstances": (
        "2 were to be terminated and the answer names 0.",
        Lying("TerminateInstances", _body(rb"<item>.*?</item>", b"")),
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_each_check_notices_what_is_not_true(name: str) -> None:
    detail, lying = LIES[name]
    lying.seen = 0
    ec2 = SmallEc2()
    with serving(ec2) as url:
        results = verify(plan(url), lying)
    found = failed(results)
    assert name in found, found
    assert detail in found[name].detail
    assert set(found) <= {name, REMOVAL}, found
    assert ec2.left == NOTHING


STARTED = {
    "one too few": (
        rb"(<instancesSet>).*(<item><instanceId>)",
        rb"\1\2",
        "2 instances were asked for and 1 started.",
    ),
    "the same index twice": (
        rb"<amiLaunchIndex>1<",
        b"<amiLaunchIndex>0<",
        "The launch indices are 0, 0, not 0, 1.",
    ),
    "no reservation": (rb"r-00000001", b"", "The answer names no reservation."),
    "something else": (rb"RunInstancesResponse", b"Tags", "no answer to RunInstances"),
}


@pytest.mark.parametrize("case", STARTED)
def test_a_start_that_is_not_as_asked_is_noticed_and_all_are_ended(case: str) -> None:
    pattern, instead, detail = STARTED[case]
    ec2 = SmallEc2()
    with serving(ec2) as url:
        results = verify(plan(url), Lying("RunInstances", _body(pattern, instead), last=1))
    assert detail in failed(results)["RunInstances"].detail
    assert len(ec2.instances) == 2
    assert ec2.left == NOTHING


DESCRIBED = {
    "imageId": (b"ami-00000001", b"ami-00000009"),
    "keyName": (rb"<keyName>[^<]*<", b"<keyName>mine<"),
    "instanceType": (b"m1.small", b"m1.huge"),
    "placement/availabilityZone": (b">nova<", b">dusty<"),
    "security group": (rb"<groupName>[^<]*<", b"<groupName>default<"),
}


@pytest.mark.parametrize("what", DESCRIBED)
def test_an_instance_that_is_described_as_another_is_noticed(what: str) -> None:
    ec2 = SmallEc2()
    with serving(ec2) as url:
        web = Lying("DescribeInstances", _body(*DESCRIBED[what]), first=5, last=6)
        results = verify(plan(url), web)
    assert list(failed(results)) == ["DescribeInstances by id"]
    assert what in failed(results)["DescribeInstances by id"].detail
    assert ec2.left == NOTHING


def test_a_service_that_calls_itself_by_another_url_is_named() -> None:
    for endpoint in ("http://127.0.0.1:8773/services/Cloud", "ec2.us-east-1.amazonaws.com", ""):
        ec2 = SmallEc2(endpoint=endpoint or " ")
        with serving(ec2) as url:
            results = verify(plan(url, None))
        found = failed(results)["the region's endpoint is the URL"]
        assert f"RegionOne is at {endpoint or 'no URL'}." in found.detail
        assert "ec2_host" in found.hint
        assert list(failed(results)) == [found.name]


@pytest.mark.parametrize(
    ("said", "path"), [("HTTP://127.0.0.1:{port}/x", "/x/"), ("127.0.0.1:{port}", "/")]
)
def test_an_endpoint_is_the_same_however_it_is_written(said: str, path: str) -> None:
    ec2 = SmallEc2(path)
    with serving(ec2) as url:
        ec2.endpoint = said.format(port=url.split(":")[2].partition("/")[0])
        assert failed(verify(plan(url, None))) == {}


def test_the_region_of_the_catalogue_must_be_one_of_the_services() -> None:
    with serving(SmallEc2()) as url:
        right, wrong = (
            verify(replace(plan(url, None), published_region=region))
            for region in ("RegionOne", "north")
        )
    assert failed(right) == {}
    found = failed(wrong)["the region's endpoint is the URL"]
    assert "in region north; the service knows 1 region: RegionOne." in found.detail


def test_a_limit_that_is_not_kept_is_noticed_and_what_was_started_is_ended() -> None:
    ec2 = SmallEc2(room=50)
    with serving(ec2) as url:
        results = verify(plan(url))
    found = failed(results)["RunInstances beyond the limit is refused"]
    assert found.detail == "11 were started although the service says that 10 are the most."
    assert len(ec2.instances) == 13
    assert ec2.left == NOTHING


def test_a_refusal_that_leaves_instances_is_noticed_and_they_are_ended() -> None:
    ec2 = SmallEc2(room=50)

    def refused(answer: Response) -> Response:
        error = b"<Response><Errors><Error><Code>Forbidden</Code><Message>Quota</Message></Error>"
        return replace(answer, status=403, body=error + b"</Errors></Response>")

    with serving(ec2) as url:
        results = verify(plan(url), Lying("RunInstances", refused, first=2))
    found = failed(results)["RunInstances beyond the limit is refused"]
    assert found.detail.startswith("It was refused (HTTP 403 Forbidden: Quota), and yet i-")
    assert ec2.left == NOTHING


def test_a_refusal_for_another_reason_is_none() -> None:
    ec2 = SmallEc2()
    with serving(ec2) as url:
        web = Lying(
            "RunInstances",
            lambda a: replace(a, status=400, body=a.body.replace(b"Forbidden", b"InvalidX")),
            first=2,
        )
        results = verify(plan(url), web)
    found = failed(results)["RunInstances beyond the limit is refused"]
    assert found.detail.startswith("It was refused, but not for the number: HTTP 400 InvalidX")
