"""Which checks there are, in which order, and what each one needs.

Most are called what EC2 calls the action that they try.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from setup_tool.verify.check import Check
from setup_tool.verify.ec2 import beyond, describing, groups, keys, launch, refusals, starting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from setup_tool.ports import Clock, Signer
    from setup_tool.verify.ec2.plan import Ec2VerifyPlan, Launch
    from setup_tool.verify.ec2.subject import Subject

FIRST = "DescribeRegions"
_ZONES = "DescribeAvailabilityZones"
_KEY = "CreateKeyPair"
_GROUP = "CreateSecurityGroup"
_RULE = "AuthorizeSecurityGroupIngress"
_IMAGE = "the image is there"
_RUN = "RunInstances"
_RUNNING = "instances get running"
_END = "TerminateInstances"

NO_LAUNCH = "No instance was asked for: say --launch IMAGE."


def all_checks(plan: Ec2VerifyPlan, signer: Callable[[Clock], Signer]) -> Iterator[Check[Subject]]:
    """Yield the checks of a plan; ``signer`` makes one that reads a given clock."""
    yield from _of_regions(plan)
    yield from _refused(signer)
    for check in (*_listing(), *_made(), *_life(plan.launch), *_removed()):
        if not plan.no_compute:
            yield check
        elif plan.launch is None:
            yield Check(check.name, None, skip=plan.no_compute)
        else:  # who asks for instances is not content without them
            yield replace(check, blocked=plan.no_compute)


def _of_regions(plan: Ec2VerifyPlan) -> Iterator[Check[Subject]]:
    yield Check(FIRST, describing.regions)
    for method in ("GET", "POST"):
        run = partial(describing.regions, version="v2", method=method)
        yield Check(f"{FIRST} with SigV2 by {method}", run)
    agree = partial(describing.endpoints_agree, published_region=plan.published_region)
    yield Check("the region's endpoint is the URL", agree, (FIRST,))


def _refused(signer: Callable[[Clock], Signer]) -> Iterator[Check[Subject]]:
    yield Check("an unsigned request is refused", refusals.unsigned, (FIRST,))
    yield Check("an unknown key is refused", refusals.unknown_key, (FIRST,))
    yield Check("a wrong secret is refused", refusals.wrong_secret, (FIRST,))
    for version, name in (("v4", "SigV4"), ("v2", "SigV2")):
        run = partial(refusals.stale, signer=signer, version=version)
        yield Check(f"a timestamp of an hour ago is refused with {name}", run, (FIRST,))


def _listing() -> Iterator[Check[Subject]]:
    yield Check(_ZONES, describing.zones, (FIRST,))
    for action, what, path in (
        ("DescribeImages", "image", "imagesSet/item/imageId"),
        ("DescribeInstances", "instance", "reservationSet/item/instancesSet/item/instanceId"),
        ("DescribeAddresses", "address", "addressesSet/item/publicIp"),
        ("DescribeVolumes", "volume", "volumeSet/item/volumeId"),
    ):
        run = partial(describing.described, action=action, what=what, path=path)
        yield Check(action, run, (FIRST,))
        if action == "DescribeInstances":
            again = partial(run, version="v2")
            yield Check(f"{action} with SigV2", again, (f"{FIRST} with SigV2 by POST",))


def _made() -> Iterator[Check[Subject]]:
    yield Check(_KEY, keys.make, (FIRST,))
    yield Check("DescribeKeyPairs", keys.listed, (_KEY,))
    yield Check(_GROUP, groups.make, (FIRST,))
    yield Check(_RULE, groups.authorize, (_GROUP,))
    yield Check("DescribeSecurityGroups", groups.has_rule, (_RULE,))
    yield Check("RevokeSecurityGroupIngress", groups.revoke, (_RULE,))


def _life(asked: Launch | None) -> Iterator[Check[Subject]]:
    if asked is None:
        yield Check(_RUN, None, skip=NO_LAUNCH)
        return
    yield Check(_IMAGE, partial(starting.find_image, launch=asked), (FIRST,))
    yield Check(_RUN, partial(launch.run, launch=asked), (_IMAGE, _ZONES, _KEY, _GROUP))
    yield Check(_RUNNING, partial(launch.get_running, launch=asked), (_RUN,))
    yield Check("DescribeInstances by id", partial(launch.by_id, launch=asked), (_RUNNING,))
    yield Check("DescribeInstanceAttribute", launch.user_data, (_RUN,))
    yield Check("RebootInstances", partial(launch.reboot, launch=asked), (_RUNNING,))
    yield Check(_END, partial(launch.terminate, launch=asked), (_RUN,))
    refused = partial(beyond.refused, launch=asked)
    yield Check("RunInstances beyond the limit is refused", refused, (_END,))


def _removed() -> Iterator[Check[Subject]]:
    """Yield the last checks; what they cannot remove is tried again at the end of the run."""
    yield Check("DeleteSecurityGroup", groups.delete, (_GROUP,))
    yield Check("DeleteKeyPair", keys.delete, (_KEY,))
