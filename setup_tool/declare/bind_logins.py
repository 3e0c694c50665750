"""The logins in use become questions to Keystone, and what it must hold for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError, as_one
from setup_tool.core.identity import (
    FindProject,
    FindRole,
    FindUser,
    IdentityQuery,
    Login,
    LoginAnswer,
    Presence,
    ReadGrants,
    TryLogin,
    UserRef,
)
from setup_tool.core.plan import IDENTITY
from setup_tool.declare.wanted import Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Repair:
    """How far a login that does not work may be mended in Keystone.

    ``whole``: every node of the inventory was observed, so that nobody else's password for
    a user is overlooked. ``reset_passwords``: an operator wants the user made with, or
    given, the password that stands in the files.
    """

    whole: bool = True
    reset_passwords: bool = False


def login_questions(proxies: Sequence[Proxy]) -> tuple[IdentityQuery, ...]:
    """Return what Keystone is asked about the logins in use; each password is tried once."""
    asked: list[IdentityQuery] = []
    for login in dict.fromkeys(proxy.login for proxy in proxies if proxy.login):
        asked += [
            TryLogin(login),
            FindRole("service"),
            FindUser(login.user),
            FindProject(login.project),
            ReadGrants(login.user, login.project),
        ]
    return tuple(dict.fromkeys(asked))


def login_uses(proxies: Sequence[Proxy], identity: Answers) -> list[Use]:
    """Return what Keystone must hold for each login in use.

    A password is to be set where Keystone refuses it for a user that is enabled: that
    is so only after `check_logins` let it pass.
    """
    logins: dict[tuple[object, object], Login] = {}
    for proxy in proxies:
        if proxy.login is not None:
            logins.setdefault((proxy.login.user, proxy.login.project), proxy.login)
    return [
        Use("identity", "login", IDENTITY, {"set_password": _refused(login, identity)}, login)
        for login in logins.values()
    ]


def check_logins(proxies: Sequence[Proxy], identity: Answers, repair: Repair) -> None:
    """Raise `DeclarationError` naming every file whose login cannot be used or mended."""
    holders: dict[UserRef, list[tuple[Proxy, Login]]] = {}
    for proxy in proxies:
        if proxy.login is not None:
            holders.setdefault(proxy.login.user, []).append((proxy, proxy.login))
    errors = [
        error for user, held in holders.items() for error in _problems(user, held, identity, repair)
    ]
    if errors:
        raise as_one(errors)


def _problems(
    user: UserRef, held: Sequence[tuple[Proxy, Login]], identity: Answers, repair: Repair
) -> list[DeclarationError]:
    who = f"user {user} (domain {user.domain})"
    unknown = [p for p, login in held if identity[TryLogin(login)] is LoginAnswer.UNKNOWN]
    if unknown:
        return [
            DeclarationError(
                f"{_places(unknown)}: whether Keystone accepts {who} could not be told: it gave no "
                "clear answer. Run again when Keystone is well."
            )
        ]
    refused = [p for p, login in held if identity[TryLogin(login)] is LoginAnswer.REFUSED]
    presence = identity[FindUser(user)]
    if not refused or presence is Presence.DISABLED:
        return []
    working = [p for p, login in held if identity[TryLogin(login)] is LoginAnswer.WORKS]
    if working:
        why: str | None = (
            f"it is not the password of {working[0].file.name}, which works. Put that one there"
        )
    elif len({login.password for _, login in held}) > 1:
        why = "these files hold different passwords. Put the same one into all of them"
    else:
        why = _why_not_mended(presence, repair)
    if not why:
        return []
    return [
        DeclarationError(
            f"{_places(refused)}: Keystone refuses the login in [{refused[0].authtoken}], {who}, "
            f"so that native Swift cannot work there either: {why}."
        )
    ]


def _why_not_mended(presence: Presence, repair: Repair) -> str | None:
    """Return why the user is not made with, or given, the password that stands in the files."""
    absent = presence is Presence.ABSENT
    state = "Keystone has no such user" if absent else "the user has another password in Keystone"
    if not repair.reset_passwords:
        remedy = "makes the user with" if absent else "gives the user"
        return (
            f"{state}. Put the right login into the file, or run again with "
            f"--reset-service-password, which {remedy} the password in the file"
        )
    if not repair.whole:
        return (
            f"{state}, and with --limit it is not known what other nodes log in with. Run without "
            "--limit to have it mended"
        )
    return None


def is_renewed(login: Login, identity: Answers) -> bool:
    """Tell whether Keystone is to let a login in again, so that its tokens from before are void.

    That is so only after `check_logins` let it pass.
    """
    presences = {identity[FindUser(login.user)], identity[FindProject(login.project)]}
    return presences != {Presence.ENABLED} or _refused(login, identity)


def _refused(login: Login, identity: Answers) -> bool:
    enabled = identity[FindUser(login.user)] is Presence.ENABLED
    return enabled and identity[TryLogin(login)] is LoginAnswer.REFUSED


def _places(proxies: Sequence[Proxy]) -> str:
    return ", ".join(proxy.file.name for proxy in proxies)
