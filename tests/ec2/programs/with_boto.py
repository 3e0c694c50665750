"""boto 2 with EC2 as programs for OpenStack and Eucalyptus have it, told by an eucarc's variables.

usage: with_boto.py regions | look | life IMAGE TYPE; prints as JSON which regions there are, what
is in the project, or what it saw of two instances that it started and ended. boto takes region and
service, which SigV4 signs, out of the host's name, whatever it is; BOTO_SCOPE has another region
for a service that minds.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from urllib.parse import urlsplit

import boto
from boto.ec2.regioninfo import RegionInfo
from boto.exception import EC2ResponseError

_PATIENCE = 240

url = urlsplit(os.environ["EC2_URL"])
ec2 = boto.connect_ec2(
    aws_access_key_id=os.environ["EC2_ACCESS_KEY"],
    aws_secret_access_key=os.environ["EC2_SECRET_KEY"],
    is_secure=url.scheme == "https",
    region=RegionInfo(name="cloud", endpoint=url.hostname),
    port=url.port or (443 if url.scheme == "https" else 80),
    path=url.path or "/",
)
ec2.num_retries = 0
if scope := os.environ.get("BOTO_SCOPE"):
    ec2.auth_region_name, ec2.auth_service_name = scope, "ec2"


def regions() -> list[str]:
    """Return the names of the regions."""
    return [each.name for each in ec2.get_all_regions()]


def look() -> dict[str, object]:
    """Return what is in the project."""
    return {
        "regions": regions(),
        "instances": [each.id for each in ec2.get_only_instances() if each.state != "terminated"],
        "groups": [each.name for each in ec2.get_all_security_groups()],
        "keys": [each.name for each in ec2.get_all_key_pairs()],
    }


def life(image: str, kind: str) -> dict[str, object]:
    """Start two instances with a key pair and a group of their own, reboot and terminate them."""
    name = f"boto-{uuid.uuid4().hex[:12]}"
    zone = next(each.name for each in ec2.get_all_zones() if each.state == "available")
    material = ec2.create_key_pair(name).material
    ec2.create_security_group(name, "boto")
    try:
        started = ec2.run_instances(
            image,
            min_count=2,
            max_count=2,
            key_name=name,
            security_groups=[name],
            instance_type=kind,
            placement=zone,
            user_data=name,
        )
        ids = [each.id for each in started.instances]
        try:
            _wait_for(ids, {"running"})
            ec2.reboot_instances(ids)
            _wait_for(ids, {"running"})
            (found,) = ec2.get_all_instances(instance_ids=ids)
        finally:
            ec2.terminate_instances(ids)
            _wait_for(ids, {"terminated", "gone"})
    finally:
        ec2.delete_security_group(name)
        ec2.delete_key_pair(name)
    return {
        "private key": "PRIVATE KEY" in material,
        "reservation": found.id == started.id,
        "indices": sorted(int(each.ami_launch_index) for each in found.instances),
        "states": sorted({each.state for each in found.instances}),
        "kinds": sorted({each.instance_type for each in found.instances}),
        "left": [each for each in ids if _state(each) not in {"terminated", "gone"}],
    }


def _state(instance: str) -> str:
    try:
        (found,) = ec2.get_only_instances(instance_ids=[instance])
    except EC2ResponseError as error:
        if error.error_code != "InvalidInstanceID.NotFound":
            raise
        return "gone"
    return str(found.state)


def _wait_for(ids: list[str], wanted: set[str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not {_state(each) for each in ids} <= wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f"not {wanted} in {_PATIENCE} s: {[_state(each) for each in ids]}")
        time.sleep(1)


if __name__ == "__main__":
    done = {"regions": regions, "look": look, "life": life}[sys.argv[1]](*sys.argv[2:])
    json.dump(done, sys.stdout)
