"""The ec2-apis that are to be, or to be no more, become uses of roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import IDENTITY, Note
from setup_tool.declare.bind_catalogue import (
    ec2_api_use as published_use,
)
from setup_tool.declare.bind_catalogue import (
    published_at_one,
    read_catalogue,
    region_of,
)
from setup_tool.declare.bind_ec2_api import ec2_api_use, ec2_api_user_use
from setup_tool.declare.bind_ec2_api_off import (
    is_left,
    removal_use,
    user_removal_use,
    withdrawal_use,
)
from setup_tool.declare.ec2_api import check_databases
from setup_tool.declare.ec2_api_login import own_login

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    wanted = [each for each in standalones if each.node.settings.ec2 == "standalone"]
    unwanted = [each for each in standalones if each.node.settings.ec2 == "off"]
    gone = _removed(unwanted, wanted, facts, identity, whole=repair.whole)
    if not wanted:
        return gone
    made = _set_up(
        wanted, facts, identity, repair=repair, supplies=supplies, served_by_nova=served_by_nova
    )
    return Made((*made.uses, *gone.uses), (*made.notes, *gone.notes))


def _removed(
    unwanted: Sequence[Standalone],
    wanted: Sequence[Standalone],
    facts: Mapping[str, Answers],
    identity: Answers,
    *,
    whole: bool,
) -> Made:
    """Return what takes away what is left of ec2-api; the catalogue's part goes first.

    With some nodes left out (``whole`` False) others may be served by what Keystone holds.
    """
    catalogue = read_catalogue(identity)
    left = [each for each in unwanted if is_left(each, facts[each.node.name])]
    user = user_removal_use(unwanted, identity)
    uses: list[Use] = []
    notes: list[Note] = []
    if left or user:
        regions: dict[str, list[Standalone]] = {}
        for each in unwanted:
            region = region_of(each.node.name, each.node.settings, catalogue)
            regions.setdefault(region, []).append(each)
        kept = {region_of(e.node.name, e.node.settings, catalogue) for e in wanted}
        for region in set(regions) - kept if whole else ():
            use, said = withdrawal_use(region, regions[region], catalogue)
            uses += [use] if use else []
            notes += said
    for each in left:
        use, said = removal_use(each)
        uses.append(use)
        notes += said
    if user and whole and not wanted:
        uses.append(user)
    if left and not whole:
        text = "With --limit ec2-api's endpoints and its user are left in Keystone."
        notes.append(Note(IDENTITY, text))
    return Made(tuple(uses), tuple(notes))


def _set_up(
    wanted: Sequence[Standalone],
    facts: Mapping[str, Answers],
    identity: Answers,
    *,
    repair: Repair,
    supplies: Supplies,
    served_by_nova: frozenset[str],
) -> Made:
    catalogue = read_catalogue(identity)
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
