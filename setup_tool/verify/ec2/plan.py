"""What is to be verified of an EC2 service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.core.credential import KeyPair

INSTANCE_TYPE = "m1.small"
"""EC2's default, and that of nova and ec2-api (``default_flavor``)."""


@dataclass(frozen=True, slots=True)
class Launch:
    """Instances to be started, and ended again.

    ``image`` is an id (``ami-...``), a location or a name. ``patience`` is how many seconds
    they may take to run, and to be gone.
    """

    image: str
    instance_type: str = INSTANCE_TYPE
    patience: float = 300.0


@dataclass(frozen=True, slots=True)
class Ec2VerifyPlan:
    """An EC2 service by its URL and the key to try it with.

    The URL's path is kept as it is, with or without a slash at its end: it is signed.
    ``region`` is what requests are signed for; None: EC2's default. ``published_region`` is
    the one that the catalogue has the URL in, where that is known. ``no_compute`` is the
    reason why nothing but regions can be asked for, with none everything is.
    """

    url: str
    pair: KeyPair
    region: str | None = None
    published_region: str | None = None
    no_compute: str = ""
    launch: Launch | None = None
