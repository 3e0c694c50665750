"""What is left of ec2-api where it is not wanted any more becomes the values that remove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.accounts import ReadAccount
from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import StampFact
from setup_tool.core.folders import ReadFolder
from setup_tool.core.identity import IsOurUser, Login
from setup_tool.core.plan import IDENTITY, Note
from setup_tool.core.queries import ReadFile, ReadStamp
from setup_tool.core.secret import Secret
from setup_tool.declare.bind_catalogue import ec2_api_use as published_use
from setup_tool.declare.ec2_api_login import MARK
from setup_tool.declare.ec2_api_places import (
    ACCOUNT_MARK,
    SERVICE,
    environments_query,
    units_of,
)
from setup_tool.declare.wanted import Use
from setup_tool.resources.own_file import is_ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.environments import EnvironmentsFact
    from setup_tool.core.identity import CatalogueFact
    from setup_tool.declare.ec2_api import Standalone
    from setup_tool.declare.roles import Value
    from setup_tool.resources.resource import Answers

_UNWANTED = "The inventory says `ec2: off`."


def is_left(each: Standalone, facts: Answers) -> bool:
    """Tell whether anything that we made for ec2-api is still on a node."""
    places = each.places
    folders = (places.modules, places.environments, places.state)
    environments: EnvironmentsFact = facts[environments_query(each.node)]
    stamp = facts[ReadStamp(SERVICE, each.node.settings.state_dir)]
    account = None if places.homely else facts[ReadAccount(each.node.settings.ec2_api_user)]
    return bool(
        any((found := facts[ReadFile(path)].content) and is_ours(found) for path in places.files)
        or any(facts[ReadFolder(path)].ours for path in folders)
        or environments.complete
        or environments.unfinished
        or stamp != StampFact()
        or (account and account.comment == ACCOUNT_MARK)
    )


def removal_use(each: Standalone) -> tuple[Use, tuple[Note, ...]]:
    """Return the role that takes ec2-api off a node, and what to say of what stays."""
    node, places = each.node, each.places
    number = each.option("ec2api_listen_port") or ""
    port = int(number) if number.isdigit() else node.settings.ec2_api_port
    stays = (
        f"Port {port}/tcp stays as it is in the node's firewall: close it there if nothing else is "
        "to use it."
    )
    values: dict[str, Value] = {
        "units": units_of(node),
        "own_unit": places.unit_file is not None,
        "port": port,
        "stop": node.settings.ec2_api_stop,
        "restart": node.settings.ec2_api_restart,
        "state_dir": node.settings.state_dir,
        "paste": places.paste,
        "conf": places.conf,
        "unit_file": places.unit_file,
        "auth_filter": places.auth_filter,
        "corrections": places.corrections,
        "environments": places.environments,
        "modules_folder": places.modules,
        "state": places.state,
        "folder": places.folder,
        "has_account": not places.homely,
        "account": node.settings.ec2_api_user,
        "account_mark": ACCOUNT_MARK,
        "because": (_UNWANTED, stays),
    }
    notes = []
    if each.database and not each.database.is_file:
        text = (
            "ec2-api's database is not setup-tool's and stays. Remove it and its user where "
            "nothing else is to use it."
        )
        notes.append(Note(node.name, text))
    return Use("ec2-api-off", "node", node.name, values), tuple(notes)


def withdrawal_use(
    region: str, found: Sequence[Standalone], catalogue: CatalogueFact
) -> tuple[Use | None, tuple[Note, ...]]:
    """Return what takes ec2-api's endpoints out of the catalogue of a region.

    Which they are follows from the inventory as when they were made; where that does not tell it,
    they stay, and that is said.
    """
    try:
        published = published_use(region, [each.node for each in found], catalogue)
    except DeclarationError as problem:
        text = f"No endpoint of EC2 is removed in region {region}: {problem}"
        return None, (Note(IDENTITY, text),)
    urls = {str(published.values[f"url_{name}"]) for name in ("public", "internal", "admin")}
    values: dict[str, Value] = {
        "region": region,
        "urls": tuple(sorted(urls)),
        "because": _UNWANTED,
    }
    return Use("ec2-api-withdrawn", "api", IDENTITY, values), ()


def user_removal_use(found: Sequence[Standalone], identity: Answers) -> Use | None:
    """Return what removes the user that we made; None where there is none of ours."""
    for each in found:
        if identity[IsOurUser(each.user, MARK)]:
            values: dict[str, Value] = {
                "description": MARK,
                "because": "No ec2-api is left that logs in as this user.",
            }
            login = Login(each.user, Secret(""), each.project, "")
            return Use("ec2-api-user-off", "login", IDENTITY, values, login)
    return None
