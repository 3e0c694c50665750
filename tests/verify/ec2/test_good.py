"""A service as it should be, at every path, with what services differ in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from setup_tool.verify.ec2.checks import NO_LAUNCH
from setup_tool.verify.ec2.plan import Launch
from setup_tool.verify.result import Status, all_well
from tests.verify.ec2.running import LAUNCH, Told, plan, verify
from tests.verify.ec2.small_ec2 import KERNEL, NAME, RAMDISK, SmallEc2, serving
from tests.verify.running import by_status, failed

NOTHING = ([], set(), set())


@pytest.mark.parametrize("forgets", [True, False])
@pytest.mark.parametrize(
    "path", ["/", "/services/Cloud", "/services/Cloud/", "/services/Eucalyptus"]
)
def test_every_check_passes_and_nothing_is_left(path: str, *, forgets: bool) -> None:
    ec2, told = SmallEc2(path, forgets=forgets), Told()
    with serving(ec2) as url:
        results = verify(plan(url), listener=told)
    assert failed(results) == {}
    assert {result.status for result in results} == {Status.PASSED}
    assert {(result.target, result.service) for result in results} == {(url, "ec2")}
    assert ec2.left == NOTHING
    first = next(iter(ec2.instances))
    end = "gone" if forgets else "terminated"
    mine = [text.partition(" after ")[0] for text in told.events if text.startswith(first)]
    wanted = [f"{first} is {state}" for state in ("pending", "running", "shutting-down", end)]
    assert list(dict.fromkeys(mine)) == wanted


def test_a_url_without_a_path_is_the_root() -> None:
    ec2 = SmallEc2()
    with serving(ec2) as url:
        results = verify(plan(url.removesuffix("/"), launch=None))
    assert all_well(results)


def test_instances_are_started_with_all_that_is_classic() -> None:
    ec2 = SmallEc2()
    with serving(ec2) as url:
        verify(plan(url, replace(LAUNCH, instance_type="m1.tiny")))
    (asked,) = {tuple(each.asked.items()) for each in ec2.instances.values()}
    said = dict(asked)
    assert said["SecurityGroup.1"] == said["KeyName"]
    assert said["KeyName"].startswith("setup-tool-verify-")
    assert said["UserData"]
    kept = ("MinCount", "MaxCount", "InstanceType", "Placement.AvailabilityZone")
    assert [said[name] for name in kept] == ["2", "2", "m1.tiny", "nova"]
    assert [said[name] for name in ("KernelId", "RamdiskId")] == [KERNEL, RAMDISK]


def test_a_service_that_takes_no_kernel_is_asked_without_and_that_is_told() -> None:
    ec2 = SmallEc2(takes_kernels=False)
    with serving(ec2) as url:
        results = verify(plan(url))
    assert all_well(results)
    found = by_status(results, Status.PASSED)["RunInstances"]
    assert "without KernelId and RamdiskId, which the service does not take" in found.detail


@pytest.mark.parametrize("name", [NAME, f"None ({NAME})"])
def test_an_image_is_found_by_its_name_or_location(name: str) -> None:
    with serving(SmallEc2()) as url:
        assert all_well(verify(plan(url, Launch(name))))


def test_a_name_that_no_image_has_starts_nothing() -> None:
    ec2 = SmallEc2()
    with serving(ec2) as url:
        results = verify(plan(url, Launch("windows")))
    assert failed(results)["the image is there"].detail == "0 images are called windows."
    assert "RunInstances" not in ec2.asked
    assert ec2.left == NOTHING


def test_without_an_image_no_instance_is_started() -> None:
    ec2 = SmallEc2()
    with serving(ec2) as url:
        results = verify(plan(url, None))
    skipped = by_status(results, Status.SKIPPED)
    assert {name: result.detail for name, result in skipped.items()} == {"RunInstances": NO_LAUNCH}
    assert all_well(results)
    assert ec2.left == NOTHING


def test_without_a_compute_service_only_regions_and_refusals_are_tried() -> None:
    ec2, reason = SmallEc2(), "The catalogue has no compute service that answers."
    with serving(ec2) as url:
        results = verify(replace(plan(url, None), no_compute=reason))
        asked_for = verify(replace(plan(url), no_compute=reason))
    assert all_well(results)
    assert not all_well(asked_for)
    assert by_status(asked_for, Status.NOT_RUN)["RunInstances"].detail == reason
    skipped = by_status(results, Status.SKIPPED)
    assert {result.detail for result in skipped.values()} == {reason}
    assert {"DescribeInstances", "CreateKeyPair", "RunInstances", "DeleteKeyPair"} <= set(skipped)
    assert set(ec2.asked) == {"DescribeRegions"}


def test_a_group_that_is_in_use_for_a_while_is_deleted_after_it() -> None:
    ec2 = SmallEc2(in_use=3)
    with serving(ec2) as url:
        results = verify(plan(url))
    found = by_status(results, Status.PASSED)["DeleteSecurityGroup"]
    assert found.detail == "in use until 7 s later"
    assert ec2.left == NOTHING


@pytest.mark.parametrize(
    ("maximum", "reason"),
    [
        (None, "The service does not say how many the project may run."),
        ("-1", "The project may run any number."),
        ("20000", "more than 100 are not started to be refused."),
    ],
)
def test_a_limit_that_is_none_or_far_away_is_not_tried(maximum: str | None, reason: str) -> None:
    ec2 = SmallEc2(maximum=maximum)
    with serving(ec2) as url:
        results = verify(plan(url))
    skipped = by_status(results, Status.SKIPPED)
    assert list(skipped) == ["RunInstances beyond the limit is refused"]
    assert skipped.popitem()[1].detail.endswith(reason)
    assert ec2.asked.count("RunInstances") == 1


def test_others_instances_keys_and_groups_stay_as_they_are() -> None:
    ec2 = SmallEc2()
    ec2.keys.add("mine")
    ec2.groups["mine"] = ["10.0.0.0/8"]
    with serving(ec2) as url:
        verify(plan(url))
        assert all_well(verify(plan(url)))
    assert ec2.left == ([], {"mine"}, {"mine"})
    assert ec2.groups["mine"] == ["10.0.0.0/8"]
