"""boto3 with EC2 as people use it today, told by the environment that an eucarc sets.

usage: with_boto3.py regions | look | life IMAGE TYPE; prints as JSON which regions there are, what
is in the project, or what it saw of two instances that it started and ended.
"""

from __future__ import annotations

import json
import sys
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

_ENDED = {"shutting-down", "terminated"}
_OFTEN = {"Delay": 1, "MaxAttempts": 240}

ec2 = boto3.client("ec2", config=Config(retries={"max_attempts": 0}))


def regions() -> list[str]:
    """Return the names of the regions."""
    return [each["RegionName"] for each in ec2.describe_regions()["Regions"]]


def look() -> dict[str, object]:
    """Return what is in the project."""
    return {
        "regions": regions(),
        "images": {each.get("Name"): each["ImageId"] for each in ec2.describe_images()["Images"]},
        "instances": [each["InstanceId"] for each in _instances() if not _has_ended(each)],
        "groups": [each["GroupName"] for each in ec2.describe_security_groups()["SecurityGroups"]],
        "keys": [each["KeyName"] for each in ec2.describe_key_pairs()["KeyPairs"]],
    }


def life(image: str, kind: str) -> dict[str, object]:
    """Start two instances with a key pair and a group of their own, reboot and terminate them."""
    name = f"boto3-{uuid.uuid4().hex[:12]}"
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    zone = next(each["ZoneName"] for each in zones if each["State"] == "available")
    material = ec2.create_key_pair(KeyName=name)["KeyMaterial"]
    ec2.create_security_group(GroupName=name, Description="boto3")
    try:
        started = ec2.run_instances(
            ImageId=image,
            MinCount=2,
            MaxCount=2,
            InstanceType=kind,
            KeyName=name,
            SecurityGroups=[name],
            Placement={"AvailabilityZone": zone},
            UserData=name,
        )
        ids = [each["InstanceId"] for each in started["Instances"]]
        try:
            ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig=_OFTEN)
            ec2.reboot_instances(InstanceIds=ids)
            ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig=_OFTEN)
            (found,) = ec2.describe_instances(InstanceIds=ids)["Reservations"]
        finally:
            ec2.terminate_instances(InstanceIds=ids)
            _wait_for_the_end(ids)
    finally:
        ec2.delete_security_group(GroupName=name)
        ec2.delete_key_pair(KeyName=name)
    return {
        "private key": "PRIVATE KEY" in material,
        "reservation": found["ReservationId"] == started["ReservationId"],
        "indices": sorted(each["AmiLaunchIndex"] for each in found["Instances"]),
        "states": sorted({each["State"]["Name"] for each in found["Instances"]}),
        "kinds": sorted({each["InstanceType"] for each in found["Instances"]}),
        "left": [each["InstanceId"] for each in _instances() if each["InstanceId"] in ids],
    }


def _instances() -> list[dict]:
    pages = ec2.get_paginator("describe_instances").paginate()
    found = [each for page in pages for one in page["Reservations"] for each in one["Instances"]]
    return [each for each in found if not _has_ended(each)]


def _has_ended(instance: dict) -> bool:
    return instance["State"]["Name"] in _ENDED


def _wait_for_the_end(ids: list[str]) -> None:
    """Wait until all are terminated; ec2-api does not know them any more by then."""
    for each in ids:
        try:
            ec2.get_waiter("instance_terminated").wait(InstanceIds=[each], WaiterConfig=_OFTEN)
        except (WaiterError, ClientError) as error:
            if "InvalidInstanceID.NotFound" not in str(error):
                raise


if __name__ == "__main__":
    done = {"regions": regions, "look": look, "life": life}[sys.argv[1]](*sys.argv[2:])
    json.dump(done, sys.stdout)
