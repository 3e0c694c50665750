"""The login of ec2-api: one for all controllers, held by their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import (
    FindProject,
    FindRole,
    FindUser,
    IdentityQuery,
    IsOurUser,
    Login,
    LoginAnswer,
    Presence,
    ReadGrants,
    TryLogin,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.secret import Secret
    from setup_tool.declare.bind_logins import Repair
    from setup_tool.declare.ec2_api import Standalone
    from setup_tool.resources.resource import Answers

ROLES = ("admin", "service")
"""ec2-api reads what belongs to others (admin), and Keystone validates for it (service)."""

MARK = "EC2 API (made by setup-tool)"
"""The description of the user in Keystone by which it is known that we made it."""


@dataclass(frozen=True, slots=True)
class OwnLogin:
    """The login that every ec2-api is to have.

    ``fresh``: its password stands in no file yet, nor in the inventory. ``refused``: Keystone has
    the user with another password, and is to be given this one.
    """

    login: Login
    fresh: bool
    refused: bool


def login_of(each: Standalone, password: Secret) -> Login:
    """Return the login of a node's ec2-api with a password; its URL is the file's own matter."""
    return Login(each.user, password, each.project, "")


def ec2_login_questions(found: Sequence[Standalone]) -> tuple[IdentityQuery, ...]:
    """Return what Keystone is asked about ec2-api's login; each password is tried once."""
    asked: list[IdentityQuery] = []
    for each in found:
        if each.node.settings.ec2 == "off":
            asked.append(IsOurUser(each.user, MARK))
            continue
        asked += [
            *(TryLogin(login_of(each, password)) for password in _candidates([each])),
            *map(FindRole, ROLES),
            FindUser(each.user),
            FindProject(each.project),
            ReadGrants(each.user, each.project),
        ]
    return tuple(dict.fromkeys(asked))


def own_login(
    found: Sequence[Standalone], identity: Answers, repair: Repair, fresh: Secret
) -> OwnLogin:
    """Return the login of those on which ec2-api is to be; ``fresh`` is a password for a new one.

    Raises `DeclarationError` where they disagree on the user, and where Keystone has that user
    with a password that nobody told.
    """
    first = found[0]
    other = next((e for e in found if (e.user, e.project) != (first.user, first.project)), None)
    if other is not None:
        raise DeclarationError(
            f"ec2-api logs in as user {first.user} for project {first.project} on "
            f"{first.node.name}, and as user {other.user} for project {other.project} on "
            f"{other.node.name}. Name one for all of them as ec2_login in the inventory."
        )
    candidates = _candidates(found)
    answers = {one: identity[TryLogin(login_of(first, one))] for one in candidates}
    if LoginAnswer.UNKNOWN in answers.values():
        raise DeclarationError(
            f"Whether Keystone accepts user {first.user} with the password of ec2-api could not be "
            "told: it gave no clear answer. Run again when Keystone is well."
        )
    works = next((one for one in candidates if answers[one] is LoginAnswer.WORKS), None)
    if works is not None:
        return OwnLogin(login_of(first, works), fresh=False, refused=False)
    if len(candidates) > 1:
        files = ", ".join(e.places.conf for e in found if e.password)
        raise DeclarationError(
            f"Keystone accepts none of the different passwords that the files of ec2-api hold for "
            f"user {first.user} ({files}). Put the same one into all of them, or give one as "
            "ec2_login in the inventory."
        )
    password = candidates[0] if candidates else fresh
    enabled = identity[FindUser(first.user)] is Presence.ENABLED
    if enabled:
        _check_repair(first, repair, held=bool(candidates))
    return OwnLogin(login_of(first, password), fresh=not candidates, refused=enabled)


def _candidates(found: Sequence[Standalone]) -> list[Secret]:
    """Return the passwords that the inventory, or else the files, have for the user."""
    said = [e.node.settings.ec2_login for e in found if e.node.settings.ec2_login]
    given = [one.password for one in said if one.password]
    held = [e.password for e in found if e.password]
    return list(dict.fromkeys(given or held))


def _check_repair(each: Standalone, repair: Repair, *, held: bool) -> None:
    """Refuse to give an existing user another password without an operator's word."""
    known = "has another password there than in ec2-api's file" if held else "is there already"
    if not repair.reset_passwords:
        raise DeclarationError(
            f"{each.node.name}: ec2-api is to log in as user {each.user}, who {known} in "
            "Keystone, and whose password is not known. Give it in the inventory as "
            "ec2_login.password, name another user there, or run again with "
            "--reset-service-password to give that user the password of ec2-api's file."
        )
    if not repair.whole:
        raise DeclarationError(
            f"{each.node.name}: the password of user {each.user} is reset only when all nodes were "
            "asked. Run without --limit."
        )
