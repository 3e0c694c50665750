"""Which requests the filter lets in, and what it answers the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.ec2.signing import REGIONS, VERSION, WAYS, Asked, said
from tests.lab_fixture import request

if TYPE_CHECKING:
    from tests.ec2.keystones import Keystone
    from tests.ec2.signing import Signer
    from tests.ec2.standalone import Ec2Api

TAGS = {"Action": "DescribeTags", "Version": VERSION}
AGES = {"an hour ago": -3600, "ten minutes ago": -600, "in ten minutes": 600}


def stamp(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", ["", "services/Cloud"])
def test_every_way_of_signing_is_let_in(demo: Signer, way: str, path: str) -> None:
    answer = replace(demo, url=demo.url + path).ask(way)
    assert answer.status == 200, answer
    assert "<regionName>RegionOne</regionName>" in answer.body


@pytest.mark.parametrize("way", WAYS)
def test_the_request_goes_on_as_its_user_without_the_signature(demo: Signer, way: str) -> None:
    filtered = {**TAGS, "Filter.1.Name": "key", "Filter.1.Value.1": "a b+ü/~*"}
    answer = demo.ask(way, filtered)
    assert answer.status == 200, answer
    assert "<tagSet" in answer.body


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", ["access", "secret"])
def test_an_unknown_key_and_a_wrong_secret_are_refused_alike(
    demo: Signer, way: str, wrong: str
) -> None:
    answer = replace(demo, **{wrong: "0" * 32}).ask(way)
    assert (answer.status, answer.code) == (401, "AuthFailure")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("age", AGES)
def test_a_signature_of_another_time_is_refused(demo: Signer, way: str, age: str) -> None:
    asked = demo.sign(way, at=datetime.now(UTC) + timedelta(seconds=AGES[age]))
    if way == "v4 query" and AGES[age] > -3600:
        asked = replace(asked, url=asked.url.replace("Expires=3600", "Expires=60"))
    answer = asked.send()
    assert (answer.status, answer.code) == (400, "RequestExpired")


def test_four_minutes_are_no_other_time(demo: Signer) -> None:
    for way in WAYS:
        assert demo.sign(way, at=datetime.now(UTC) - timedelta(minutes=4)).send().status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_says_when_it_ends_is_let_in_until_then(demo: Signer, method: str) -> None:
    params = {**REGIONS, "SignatureVersion": "2"}
    assert demo.sign_v2(method, {**params, "Expires": stamp(30)}).send().status == 200
    ended = demo.sign_v2(method, {**params, "Expires": stamp(-30)}).send()
    assert (ended.status, ended.code) == (400, "RequestExpired")


def test_without_a_signature_the_answer_is_the_one_that_health_checks_know(ec2: Ec2Api) -> None:
    for method in ("GET", "POST"):
        answer = said(request(method, ec2.url))
        assert (answer.status, answer.code) == (400, "AuthFailure")
        assert answer.message == "Signature not provided"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "MissingParameter"),
        ({"Timestamp": stamp(0), "Expires": stamp(60)}, "InvalidParameterCombination"),
        ({"Timestamp": "today"}, "InvalidParameterValue"),
        ({"Timestamp": stamp(0), "SignatureVersion": "3"}, "InvalidParameterValue"),
    ],
)
def test_parameters_that_make_no_sense_are_named(
    demo: Signer, params: dict[str, str], code: str
) -> None:
    answer = demo.sign_v2("POST", {**REGIONS, "SignatureVersion": "2", **params}).send()
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    ("cut", "code"),
    [
        ("/aws4_request", "IncompleteSignature"),
        ("SignedHeaders=", "IncompleteSignature"),
        ("Credential=", "AuthFailure"),
        ("Signature=", "AuthFailure"),
    ],
)
def test_half_an_authorization_is_refused_without_asking_keystone(
    demo: Signer, keystone: Keystone, cut: str, code: str
) -> None:
    asked = demo.sign("v4 POST")
    headers = {**asked.headers, "Authorization": asked.headers["Authorization"].replace(cut, "")}
    before = keystone.asked()
    answer = replace(asked, headers=headers).send()
    assert (answer.status, answer.code) == (400, code)
    assert keystone.asked() == before


def test_nobody_can_add_to_a_signed_request(demo: Signer) -> None:
    posted = demo.sign("v4 POST")
    added = replace(posted, url=f"{posted.url}?Action=DescribeTags").send()
    assert (added.status, added.code) == (400, "IncompleteSignature")
    for way in ("v4 GET", "v4 query", "v2 GET"):
        got = demo.sign(way)
        assert replace(got, url=f"{got.url}&MaxResults=5").send().status == 401
    form = demo.sign("v2 POST")
    assert replace(form, body=(form.body or b"") + b"&MaxResults=5").send().status == 401


def test_a_user_who_may_not_log_in_any_more_is_refused(
    demo: Signer, ec2: Ec2Api, keystone: Keystone
) -> None:
    keys = keystone.keys("bob", "other")
    bob = replace(demo, access=keys[0], secret=keys[1])
    assert bob.ask().status == 200
    user = keystone.user("bob")
    keystone.admin("PATCH", f"/users/{user}", {"user": {"enabled": False}})
    answer = bob.ask()
    keystone.admin("PATCH", f"/users/{user}", {"user": {"enabled": True}})
    assert (answer.status, answer.code) == (401, "AuthFailure")
    assert "ERROR" not in ec2.log()


def test_other_schemes_of_authorization_are_no_signature(ec2: Ec2Api) -> None:
    answer = Asked("GET", ec2.url, {"Authorization": "Basic ZGVtbzpkZW1v"}).send()
    assert (answer.status, answer.message) == (400, "Signature not provided")
