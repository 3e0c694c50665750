"""Starting instances: the image, and the one request."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.verify.answer import shown, value
from setup_tool.verify.check import UnmetError
from setup_tool.verify.ec2.answer import OK, expect, is_refusal
from setup_tool.verify.ec2.states import ids_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from xml.etree.ElementTree import Element

    from setup_tool.core.http import Response
    from setup_tool.verify.ec2.plan import Launch
    from setup_tool.verify.ec2.subject import Subject

_TIMEOUT = 300.0
"""Seconds; ec2-api starts instances one by one before it answers."""


def find_image(subject: Subject, launch: Launch) -> str:
    """Find the image by id, else by location or name; it must be available."""
    by_id = launch.image.startswith("ami-")
    wanted = (("ImageId.1", launch.image),) if by_id else ()
    root = subject.ask("DescribeImages", *wanted)
    found = [item for item in root.iterfind("imagesSet/item") if _is_called(item, launch.image)]
    if len(found) != 1:
        ids = ", ".join(value(item, "imageId") for item in found)
        raise UnmetError(
            f"{len(found)} images are called {launch.image}" + (f": {ids}." if ids else "."),
            hint="Name an image by its id: DescribeImages lists them.",
        )
    image = found[0]
    state = value(image, "imageState")
    if state != "available":
        raise UnmetError(f"{value(image, 'imageId')} is {shown(state) or 'in no state'}.")
    subject.image = value(image, "imageId")
    subject.kernel = tuple(
        (parameter, told_id)
        for parameter, path in (("KernelId", "kernelId"), ("RamdiskId", "ramdiskId"))
        if (told_id := value(image, path))
    )
    with_them = "".join(f", {name} {told_id}" for name, told_id in subject.kernel)
    return f"{subject.image}{with_them}"


def parameters(subject: Subject, launch: Launch, count: int) -> tuple[tuple[str, str], ...]:
    """Return all that is classic in a request for so many instances."""
    return (
        ("ImageId", subject.image),
        ("MinCount", str(count)),
        ("MaxCount", str(count)),
        ("KeyName", subject.name),
        ("SecurityGroup.1", subject.name),
        ("InstanceType", launch.instance_type),
        ("Placement.AvailabilityZone", subject.zone),
        ("UserData", b64encode(user_data_of(subject)).decode()),
    )


def user_data_of(subject: Subject) -> bytes:
    """Return what instances are started with: their run, for whoever finds one."""
    return f"# started by setup-tool verify: {subject.name}\n".encode()


def start(subject: Subject, count: int, parameters: Collection[tuple[str, str]]) -> Response:
    """Ask for instances; what was started is noted before anything is said of it."""
    session = replace(subject.session, timeout=_TIMEOUT)
    subject.leftovers.starting(count)
    answer = session.send("RunInstances", *parameters)
    if answer.status == OK:
        ids = ids_of(expect(answer, "RunInstances"))
        if ids:
            subject.leftovers.started(ids)
    elif is_refusal(answer):
        subject.leftovers.started(())
    return answer


def _is_called(image: Element, name: str) -> bool:
    return name in {value(image, path) for path in ("imageId", "imageLocation", "name")}
