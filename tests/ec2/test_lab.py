"""The ec2-api that `apply` sets up in the lab, as the checks and programs see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cloud import Cloud
from tests.ec2.operator import Operator
from tests.ec2.proving import prove_checks, prove_looks
from tests.ec2.table import LAB
from tests.end_to_end.bundles import issue
from tests.lab_fixture import started

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_THERE = "The catalogue has no compute service that answers."


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A lab with S3 and EC2."""
    with started(tmp_path_factory.mktemp("cloud") / "lab", ec2=True) as lab:
        cloud = Cloud(lab)
        cloud.apply()
        yield cloud


@pytest.fixture(scope="module")
def operator(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    bundle = issue(cloud, tmp_path_factory.mktemp("keys") / "demo")
    return Operator(bundle.directory, bundle.secret)


def test_an_eucarc_is_enough_to_see_what_works_and_that_there_is_no_nova(
    operator: Operator, record_property: pytest.RecordProperty
) -> None:
    prove_checks(LAB, operator.checks("--ec2", status=5), record_property)
    prove_looks(LAB, operator, record_property)


def test_with_the_inventory_what_cannot_be_there_is_skipped(cloud: Cloud) -> None:
    ran = cloud.run("verify", "-i", cloud.inventory, "--ec2", "--format", "json")
    skipped = [check for check in ran.document["checks"] if check["status"] == "skipped"]
    assert {check["detail"] for check in skipped} == {NOT_THERE}
    assert "DescribeInstances" in [check["name"] for check in skipped]
    assert {check["service"] for check in ran.document["checks"]} == {"ec2"}
    assert ran.document["counts"] == {
        "passed": 9,
        "failed": 0,
        "not run": 0,
        "skipped": len(skipped),
    }


def test_without_a_word_on_it_both_services_are_verified(cloud: Cloud, operator: Operator) -> None:
    whole = cloud.run("verify", "-i", cloud.inventory, "--format", "json").document
    assert whole["passed"]
    assert {check["service"] for check in whole["checks"]} == {"s3", "ec2"}
    found = operator.verify("--format", "json", status=5).document
    assert {check["service"] for check in found["checks"]} == {"s3", "ec2"}
    alone = operator.verify("--s3", "--format", "json").document
    assert {check["service"] for check in alone["checks"]} == {"s3"}
