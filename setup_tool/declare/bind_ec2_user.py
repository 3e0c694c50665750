"""The account for nova's EC2 that an inventory asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.identity import DomainRef, Login, ProjectRef, UserRef
from setup_tool.core.plan import IDENTITY
from setup_tool.declare.wanted import Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.declare.inventory import Node

_USER, _PROJECT, _ROLE = "ec2", "service", "admin"
"""As the guides and ``tools/sample_data.sh`` of Keystone (Essex to Kilo) made it."""


def ec2_user_use(nodes: Sequence[Node]) -> Use | None:
    """Return the account that the inventory's ``ec2_login`` asks for, None where it asks for none.

    ``nodes`` are those that serve EC2. nova itself logs in as nobody for it. Raises
    `DeclarationError` where nodes disagree, or where a password is missing: one that is made
    up here would be known to nobody.
    """
    said = {node.settings.ec2_login for node in nodes} - {None}
    if not said:
        return None
    origin = next(node.settings.origins["ec2_login"] for node in nodes if node.settings.ec2_login)
    if len(said) > 1:
        raise origin.error(
            "the inventory says different things for ec2_login. Nodes that serve EC2 must agree "
            "on it: say it once, in the variables of `all` or of the controllers' group."
        )
    override = said.pop()
    if override is None or override.password is None:
        raise origin.error(
            "ec2_login has no password. nova's EC2 needs no user of its own, and no file would "
            "hold a password that is made up: give one, or leave ec2_login out."
        )
    name = override.user or _USER
    login = Login(
        user=UserRef(name, _domain(override.user_domain)),
        password=override.password,
        project=ProjectRef(override.project or _PROJECT, _domain(override.project_domain)),
        auth_url="",
    )
    values = {"because": f"The inventory's ec2_login names {name}", "role": _ROLE}
    return Use("nova-ec2-user", "login", IDENTITY, values, login)


def _domain(name: str | None) -> DomainRef:
    return DomainRef(name=name) if name else DomainRef(id="default")
