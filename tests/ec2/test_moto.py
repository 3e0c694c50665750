"""The checks against moto's server, which nobody wrote with OpenStack in mind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.ec2 import moto
from tests.ec2.proving import prove_checks, prove_lives, prove_looks
from tests.ec2.table import MOTO, MOTO_WITH_IAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ec2.moto import Server
    from tests.ec2.operator import Operator

PATHS = (
    *("/", "/services/Cloud", "/services/Cloud/", "/services/Eucalyptus"),
    *("/services/compute", "/services/compute/"),
)
UNHEARD = {name for name in MOTO.limits if name != "RunInstances beyond the limit is refused"}
"""moto knows Amazon's addresses alone, and does not ask who asks."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with moto.serving(*PATHS) as running:
        yield running


@pytest.fixture
def operator(server: Server, tmp_path: Path) -> Operator:
    return server.operator(tmp_path)


def test_two_instances_live_and_end_and_nothing_is_left(
    operator: Operator, record_property: pytest.RecordProperty
) -> None:
    before = operator.ask("with_boto3.py", "look")
    checks = operator.checks("--launch", moto.IMAGE, status=5)
    prove_checks(MOTO, checks, record_property)
    assert {check["status"] for check in checks.values()} == {"passed", "failed"}
    assert {check["service"] for check in checks.values()} == {"ec2"}
    assert operator.ask("with_boto3.py", "look") == before
    assert before["instances"] == before["keys"] == []


def test_an_image_is_found_by_its_name_and_progress_is_told(operator: Operator) -> None:
    ran = operator.verify("--launch", moto.IMAGE_NAME, "--instance-type", "t3.micro", status=5)
    assert re.search(r"i-[0-9a-f]+ is running after 0 s", ran.err)
    assert re.search(r"i-[0-9a-f]+ is terminated after 0 s", ran.err)
    assert re.search(r"passed +RunInstances ", ran.out)


def test_an_image_that_is_not_there_starts_nothing(operator: Operator) -> None:
    checks = operator.checks("--launch", "ami-00000000", status=5)
    assert checks["the image is there"]["status"] == "failed"
    assert "InvalidAMIID.NotFound" in checks["the image is there"]["detail"]
    assert checks["RunInstances"]["detail"] == "It needs: the image is there."
    assert checks["DeleteKeyPair"]["status"] == "passed"
    assert operator.ask("with_boto3.py", "look")["keys"] == []


@pytest.mark.parametrize("path", PATHS)
def test_the_path_of_the_url_is_kept(server: Server, tmp_path: Path, path: str) -> None:
    checks = server.operator(tmp_path, path).checks("--ec2", status=5)
    assert {check["target"] for check in checks.values()} == {server.root + path}
    assert {name for name, check in checks.items() if check["status"] == "failed"} == UNHEARD
    assert checks["RunInstances"]["status"] == "skipped"


def test_a_path_without_ec2_is_named(server: Server, tmp_path: Path) -> None:
    checks = server.operator(tmp_path, "/services/Nowhere").checks("--ec2", status=5)
    first = checks["DescribeRegions"]
    assert "HTTP 404" in first["detail"]
    assert "no EC2 service at the path /services/Nowhere" in first["hint"]


def test_a_profile_says_the_same_and_junit_has_it(operator: Operator) -> None:
    words = ("verify", "--profile", "demo", "--ec2", "--format", "junit")
    root = ET.fromstring(operator.run(*words, status=5).out)  # noqa: S314 - our own program's
    cases = root.findall("testsuite/testcase")
    assert {case.get("classname") for case in cases} == {"setup-tool.verify.ec2"}
    assert root.get("failures") == str(len(UNHEARD))


def test_where_signatures_are_looked_at_wrong_ones_are_refused(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    with moto.serving("/", asks_who=True) as server:
        checks = server.operator(tmp_path).checks("--launch", moto.IMAGE, status=5)
    prove_checks(MOTO_WITH_IAM, checks, record_property)


@pytest.mark.parametrize("path", ["/", "/services/Cloud"])
def test_programs_do_the_same_with_the_same_file(
    server: Server, tmp_path: Path, path: str, record_property: pytest.RecordProperty
) -> None:
    operator = server.operator(tmp_path, path)
    if path == "/":  # boto3 has no other
        prove_looks(MOTO, operator, record_property, BOTO_SCOPE=moto.REGION)
        prove_lives(
            *(MOTO, operator, moto.IMAGE, "m1.small", record_property), BOTO_SCOPE=moto.REGION
        )
    else:
        assert operator.ask("with_boto.py", "regions", BOTO_SCOPE=moto.REGION)
