"""Instances through their whole life: started, described, rebooted, terminated."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from setup_tool.verify.answer import shown, texts, value
from setup_tool.verify.check import UnmetError
from setup_tool.verify.ec2.answer import expect, read_error
from setup_tool.verify.ec2.session import numbered
from setup_tool.verify.ec2.starting import parameters, start, user_data_of
from setup_tool.verify.ec2.states import ENDED, ENDING, GONE, RUNNING, ids_of, told

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from setup_tool.verify.ec2.plan import Launch
    from setup_tool.verify.ec2.subject import Subject

COUNT = 2
"""Instances of the one reservation."""

_FAILED = ENDING - {GONE} | {"error"}
"""States that none gets out of; what the service does not know yet may still come."""

_REFUSED_PARAMETERS = ("InvalidParameter", "InvalidAttribute", "UnknownParameter")


def run(subject: Subject, launch: Launch) -> str:
    """Start two instances with one request that says all that is classic."""
    base = parameters(subject, launch, COUNT)
    said = ""
    answer = start(subject, COUNT, (*base, *subject.kernel))
    if subject.kernel and read_error(answer).code.startswith(_REFUSED_PARAMETERS):
        names = " and ".join(name for name, _ in subject.kernel)
        said = f", without {names}, which the service does not take"
        answer = start(subject, COUNT, base)
    root = expect(answer, "RunInstances")
    ids = ids_of(root)
    subject.progress(f"started {', '.join(ids)}")
    if len(set(ids)) != COUNT:
        raise UnmetError(f"{COUNT} instances were asked for and {len(set(ids))} started.")
    indices = sorted(texts(root, "instancesSet/item/amiLaunchIndex"))
    if indices != ["0", "1"]:
        raise UnmetError(f"The launch indices are {', '.join(indices) or 'missing'}, not 0, 1.")
    subject.reservation = value(root, "reservationId")
    if not subject.reservation:
        raise UnmetError("The answer names no reservation.")
    return f"{subject.reservation}: {', '.join(ids)}{said}"


def get_running(subject: Subject, launch: Launch) -> str:
    """Wait until all run."""
    waited = subject.watcher.until(
        lambda found: set(found) == {RUNNING} or bool(_FAILED & set(found)),
        subject.leftovers.instances,
        launch.patience,
    )
    if set(waited.states.values()) != {RUNNING}:
        raise UnmetError(
            f"After {waited.seconds:.0f} s {told(waited.states)}.",
            hint="See the log of nova-scheduler and nova-compute: no host has room, the image or "
            "its kernel does not fit, or the network gives no address.",
        )
    return f"after {waited.seconds:.0f} s"


def by_id(subject: Subject, launch: Launch) -> str:
    """Describe the instances by id: these, in one reservation, as they were asked for."""
    ids = subject.leftovers.instances
    root = subject.ask("DescribeInstances", *numbered("InstanceId", ids))
    reservations = set(texts(root, "reservationSet/item/reservationId"))
    if reservations != {subject.reservation}:
        raise UnmetError(
            f"They are in {shown(', '.join(sorted(reservations))) or 'no reservation'}, not in "
            f"{subject.reservation}."
        )
    items = {
        value(item, "instanceId"): (reservation, item)
        for reservation in root.iterfind("reservationSet/item")
        for item in reservation.iterfind("instancesSet/item")
    }
    if set(items) != set(ids):
        raise UnmetError(f"{len(ids)} were asked for and {len(items)} described.")
    wanted = {
        "imageId": subject.image,
        "keyName": subject.name,
        "instanceType": launch.instance_type,
        "placement/availabilityZone": subject.zone,
    }
    for each, (reservation, item) in items.items():
        for path, meant in wanted.items():
            if value(item, path) != meant:
                raise UnmetError(f"{each} has {path} {shown(value(item, path))!r}, not {meant!r}.")
        if subject.name not in _groups(reservation, item):
            raise UnmetError(f"{each} is not in the security group {subject.name}.")
    return f"{launch.instance_type} in {subject.zone}"


def user_data(subject: Subject) -> str:
    """Have an instance's user data shown: what it was started with."""
    first = subject.leftovers.instances[0]
    root = subject.ask(
        "DescribeInstanceAttribute", ("InstanceId", first), ("Attribute", "userData")
    )
    told_data = value(root, "userData/value")
    try:
        same = b64decode(told_data) == user_data_of(subject)
    except ValueError:
        same = False
    if not same:
        raise UnmetError(
            f"{len(told_data)} characters of user data came back, which say something else."
        )
    return ""


def reboot(subject: Subject, launch: Launch) -> str:
    """Reboot all, and see them run."""
    root = subject.ask("RebootInstances", *numbered("InstanceId", subject.leftovers.instances))
    if value(root, "return") == "false":
        raise UnmetError("The answer says false.")
    return f"running {get_running(subject, launch)}"


def terminate(subject: Subject, launch: Launch) -> str:
    """Terminate all, and see them terminated or gone."""
    ids = subject.leftovers.instances
    root = subject.ask("TerminateInstances", *numbered("InstanceId", ids))
    ending = set(texts(root, "instancesSet/item/instanceId"))
    if ending != set(ids):
        raise UnmetError(f"{len(ids)} were to be terminated and the answer names {len(ending)}.")
    waited = subject.watcher.until(ENDED.issuperset, ids, launch.patience)
    gone = [each for each, state in waited.states.items() if state in ENDED]
    subject.leftovers.ended(gone)
    if len(gone) < len(ids):
        raise UnmetError(f"After {waited.seconds:.0f} s {told(waited.states)}.")
    return f"{' and '.join(sorted(set(waited.states.values())))} after {waited.seconds:.0f} s"


def _groups(reservation: Element, instance: Element) -> tuple[str, ...]:
    path = "groupSet/item/groupName"
    old = "groupSet/item/groupId"  # a group's name, before groups had ids (up to 2011-11-01)
    return tuple(
        name for place in (reservation, instance) for at in (path, old) for name in texts(place, at)
    )
