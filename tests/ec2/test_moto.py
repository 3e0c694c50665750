"""The checks against moto's server, which nobody wrote with OpenStack in mind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.ec2 import moto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ec2.moto import Server
    from tests.ec2.operator import Operator

PATHS = (
    *("/", "/services/Cloud", "/services/Cloud/", "/services/Eucalyptus"),
    *("/services/compute", "/services/compute/"),
)
UNHEARD = {
    "the region's endpoint is the URL",
    "an unsigned request is refused",
    "an unknown key is refused",
    "a wrong secret is refused",
    "a timestamp of an hour ago is refused with SigV4",
    "a timestamp of an hour ago is refused with SigV2",
}
"""moto knows Amazon's addresses alone, and does not ask who asks."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with moto.serving(*PATHS) as running:
        yield running


@pytest.fixture
def operator(server: Server, tmp_path: Path) -> Operator:
    return server.operator(tmp_path)


def test_two_instances_live_and_end_and_nothing_is_left(operator: Operator) -> None:
    before = operator.ask("with_boto3.py", "look")
    checks = operator.checks("--launch", moto.IMAGE, status=5)
    failed = {name for name, check in checks.items() if check["status"] == "failed"}
    beyond = "RunInstances beyond the limit is refused"
    assert failed == {*UNHEARD, beyond}
    assert checks[beyond]["detail"].startswith("21 were started although"), "it has no limit"
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


def test_where_signatures_are_looked_at_wrong_ones_are_refused(tmp_path: Path) -> None:
    with moto.serving("/", asks_who=True) as server:
        checks = server.operator(tmp_path).checks("--launch", moto.IMAGE, status=5)
    for name in ("an unknown key is refused", "a wrong secret is refused"):
        assert (checks[name]["status"], checks[name]["detail"]) == (
            "passed",
            "HTTP 401 AuthFailure",
        )
    for name in ("DescribeRegions", "RunInstances", "RebootInstances", "TerminateInstances"):
        assert checks[name]["status"] == "passed"


@pytest.mark.parametrize("program", ["with_boto3.py", "with_boto.py"])
def test_programs_do_the_same_with_the_same_file(
    server: Server, tmp_path: Path, program: str
) -> None:
    operator = server.operator(tmp_path, "/services/Cloud" if program == "with_boto.py" else "/")
    assert operator.ask(program, "life", moto.IMAGE, "m1.small", BOTO_SCOPE=moto.REGION) == {
        "private key": True,
        "reservation": True,
        "indices": [0, 1],
        "states": ["running"],
        "kinds": ["m1.small"],
        "left": [],
    }
