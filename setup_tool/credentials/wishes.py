"""Who gets keys: the rows of a file, the members of a project, a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.account import Account, Named, disabled, without_role
from setup_tool.core.errors import SetupToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from setup_tool.core.credential import Owner
    from setup_tool.core.key_record import KeyRecord
    from setup_tool.credentials.rows import Row
    from setup_tool.ports import Accounts


@dataclass(frozen=True, slots=True)
class Wish:
    """A user and a project that a key can be issued for, and what is to be kept with it."""

    owner: Owner
    record: KeyRecord


@dataclass(frozen=True, slots=True)
class Refused:
    """A user and a project, as they were named, and why they cannot have a key."""

    user: str
    project: str
    why: str


Selected = Wish | Refused


def of_rows(accounts: Accounts, rows: Iterable[Row]) -> tuple[Selected, ...]:
    """Return what the rows of a file mean, in their order.

    Raises `SetupToolError` when a listing fails.
    """
    rows = tuple(rows)
    users = accounts.find("users", {row.user for row in rows})
    projects = accounts.find("projects", {row.project for row in rows})
    there = {one.id: one for one in projects.values() if isinstance(one, Account)}
    known = {one.id for one in users.values() if isinstance(one, Account)}
    members = {each: accounts.members(one) & known for each, one in there.items()}
    seen: dict[tuple[str, str], str] = {}

    def meant(row: Row) -> Selected:
        user, project = users[row.user], projects[row.project]
        for found in (user, project):
            if isinstance(found, SetupToolError):
                return Refused(row.user.word, row.project.word, f"{row.place}: {found}")
        assert isinstance(user, Account)  # noqa: S101 -- the loop returned the errors
        assert isinstance(project, Account)  # noqa: S101
        before = seen.setdefault((user.id, project.id), row.place)
        if before != row.place:
            why = f"{row.place}: this is the user and the project of {before} again."
            return Refused(user.name, project.name, why)
        if user.id not in members[project.id]:
            why = f"{row.place}: {without_role(user.name, project.name)}"
            return Refused(user.name, project.name, why)
        return Wish(accounts.owner(user, project), row.record)

    return tuple(map(meant, rows))


def of_members(accounts: Accounts, project: Named, record: KeyRecord) -> tuple[Selected, ...]:
    """Return everybody with a role on a project, by name.

    Raises `DeclarationError` when there is no such project, it is disabled, or nobody has a
    role there, `SetupToolError` when a listing fails.
    """
    where = _project(accounts, project)
    users = accounts.users(accounts.members(where))
    return _wishes(accounts, users, where, record)


def of_group(
    accounts: Accounts, group: Named, project: Named, record: KeyRecord
) -> tuple[Selected, ...]:
    """Return the users of a group, by name, of whom some may have no role on the project.

    Raises `DeclarationError` when there is no such group or project, `SetupToolError` when a
    listing fails.
    """
    where = _project(accounts, project)
    users = accounts.group(group)
    members = accounts.members(where)

    def judged(user: Account) -> Account | SetupToolError:
        return user if user.id in members else without_role(user.name, where.name)

    named = {user.id: user.name for user in users}
    return _wishes(accounts, {one.id: judged(one) for one in users}, where, record, named)


def _project(accounts: Accounts, project: Named) -> Account:
    found = accounts.find("projects", {project})[project]
    if isinstance(found, SetupToolError):
        raise found
    return found


def _wishes(
    accounts: Accounts,
    users: Mapping[str, Account | SetupToolError],
    project: Account,
    record: KeyRecord,
    names: Mapping[str, str] | None = None,
) -> tuple[Selected, ...]:
    found: list[tuple[str, Selected]] = []
    for known_id, user in users.items():
        if isinstance(user, Account) and user.enabled:
            wish = Wish(accounts.owner(user, project), record)
            found.append((user.name, wish))
            continue
        error = disabled("user", user.name) if isinstance(user, Account) else user
        name = user.name if isinstance(user, Account) else (names or {}).get(known_id, known_id)
        found.append((name, Refused(name, project.name, str(error))))
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))
