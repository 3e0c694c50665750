"""The ec2-apis that are to be, or to be no more, become uses of roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.bind_catalogue import (
    ec2_api_use as published_use,
)
from setup_tool.declare.bind_catalogue import (
    published_at_one,
    read_catalogue,
    region_of,
)
from setup_tool.declare.bind_ec2_api import ec2_api_use, ec2_api_user_use
from setup_tool.declare.ec2_api import check_databases
from setup_tool.declare.ec2_api_login import own_login

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.core.plan import Note
    from setup_tool.declare.bind_ec2_api import Supplies
    from setup_tool.declare.bind_logins import Repair
    from setup_tool.declare.ec2_api import Standalone
    from setup_tool.declare.wanted import Use
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Made:
    """What is to be declared, and what to say of it."""

    uses: tuple[Use, ...] = ()
    notes: tuple[Note, ...] = ()


def bind_standalones(
    standalones: Sequence[Standalone],
    facts: Mapping[str, Answers],
    identity: Answers,
    *,
    repair: Repair,
    supplies: Supplies,
    served_by_nova: frozenset[str],
) -> Made:
    """Return what is to be declared of ec2-api.

    ``served_by_nova`` are the regions in which nova serves EC2. Raises `DeclarationError` for what
    cannot be told or contradicts itself.
    """
    catalogue = read_catalogue(identity)
    wanted = [each for each in standalones if each.node.settings.ec2 == "standalone"]
    if not wanted:
        return Made()
    if not catalogue.in_place:
        raise DeclarationError(
            f"{wanted[0].node.name}: ec2-api needs Keystone's v3 API, and the login is for v2.0. "
            "Log in with the v3 URL, or set `ec2: auto`."
        )
    regions: dict[str, list[Standalone]] = {}
    for each in wanted:
        region = region_of(each.node.name, each.node.settings, catalogue)
        regions.setdefault(region, []).append(each)
    own = own_login(wanted, identity, repair, supplies.password)
    uses: list[Use] = [ec2_api_user_use(own)]
    notes: list[Note] = []
    for region, found in regions.items():
        if region in served_by_nova:
            raise DeclarationError(
                f"Region {region} has nova's EC2 on some controllers, and `ec2: standalone` on "
                f"{', '.join(each.node.name for each in found)}. A region has one of them."
            )
        check_databases(region, found)
        nodes = [each.node for each in found]
        published = published_use(region, nodes, catalogue)
        for each in found:
            use, said = ec2_api_use(
                each,
                own,
                facts[each.node.name],
                catalogue,
                published=published.values,
                texts=supplies.texts,
            )
            uses.append(use)
            notes += said
        uses.append(published)
        notes += published_at_one("EC2", published, nodes)
    return Made(tuple(uses), tuple(notes))
