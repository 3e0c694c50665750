"""Many users and projects in Keystone at a time: fulfils `setup_tool.ports.Accounts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from setup_tool.adapters.keystone import MissingError
from setup_tool.adapters.keystone_finding import Finder, owner_of
from setup_tool.adapters.keystone_listing import CutShortError, listed
from setup_tool.adapters.keystone_version import Version
from setup_tool.core.account import Account, Named
from setup_tool.core.errors import DeclarationError, SetupToolError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from setup_tool.adapters.keystone_access import Found
    from setup_tool.adapters.patient_keystone import PatientKeystone
    from setup_tool.core.credential import Owner

Kind = Literal["users", "projects"]

FEW = 50
"""So many are asked for one by one; for more there is a listing of all."""


class KeystoneAccounts:
    """Users, projects, groups and their roles by listings, as an administrator, in v3.

    What a listing does not have, or cannot tell, is asked for by itself before anything is
    said of it: on a Keystone with a back end for each domain a listing has one domain's.
    """

    def __init__(self, keystone: PatientKeystone) -> None:
        self._keystone = keystone
        self._finder = Finder(keystone)

    def check_version(self) -> None:
        """Raise `DeclarationError` for a login through Identity v2.0."""
        if self._keystone.access().version is Version.V2:
            raise DeclarationError(
                "Keys for many users at a time need Keystone's v3 API, and the login is for v2.0. "
                "Log in with the v3 URL where Keystone serves v3, as it does since Grizzly; else "
                "issue them one by one with --user and --project."
            )

    def find(
        self, kind: Kind, wanted: Collection[Named]
    ) -> Mapping[Named, Account | SetupToolError]:
        """Find users or projects; see `setup_tool.ports.Accounts`."""
        known = self._in_a_listing(kind, wanted) if len(wanted) > FEW else {}
        return {named: known.get(named) or self._alone(kind, named) for named in wanted}

    def users(self, ids: Collection[str]) -> Mapping[str, Account | SetupToolError]:
        """Return users by their ids; see `setup_tool.ports.Accounts`."""
        known: dict[str, Account] = {}
        if len(ids) > FEW:
            try:
                known = {one.id: one for one in self._every("users", lambda _, id_: id_ in ids)}
            except CutShortError:
                known = {}
        return {one: known.get(one) or self._user(one) for one in ids}

    def group(self, group: Named) -> tuple[Account, ...]:
        """Return the users of a group; see `setup_tool.ports.Accounts`."""
        found = self._finder.one("groups", group.word, group.domain)
        return tuple(
            listed(
                self._keystone,
                f"list the users of group '{found.name}'",
                f"groups/{found.id}/users",
                {},
                _account,
            )
        )

    def members(self, project: Account) -> frozenset[str]:
        """Return who has a role on a project; see `setup_tool.ports.Accounts`."""
        found = listed(
            self._keystone,
            f"list role assignments on project '{project.name}'",
            "role_assignments",
            {"scope.project.id": project.id, "effective": ""},
            lambda record: record.get("user", {}).get("id"),
        )
        return frozenset(found)

    def owner(self, user: Account, project: Account) -> Owner:
        """Return a user and a project as an owner of keys."""
        return owner_of(self._keystone.access(), user, project)

    def _in_a_listing(self, kind: Kind, wanted: Collection[Named]) -> Mapping[Named, Account]:
        """Return those that a listing has exactly once, by name or else by id."""
        words = {named.word for named in wanted}
        try:
            every = self._every(kind, lambda name, id_: name in words or id_ in words)
        except CutShortError:
            return {}
        by_word: dict[str, list[Account]] = {}
        for one in every:
            by_word.setdefault(one.name, []).append(one)
        by_id = {one.id: [one] for one in every}
        domains = self._domains({named.domain for named in wanted if named.domain})
        known = {}
        for named in wanted:
            if named.domain and named.domain not in domains:
                continue
            domain_id = domains[named.domain] if named.domain else None
            candidates = by_word.get(named.word) or by_id.get(named.word, [])
            fitting = [one for one in candidates if domain_id in {None, one.domain_id}]
            if len(fitting) == 1 and fitting[0].enabled:
                known[named] = fitting[0]
        return known

    def _every(self, kind: Kind, is_wanted: Any) -> list[Account]:
        return listed(
            self._keystone,
            f"list {kind}",
            kind,
            {},
            lambda record: _account(record) if is_wanted(record["name"], record["id"]) else None,
        )

    def _domains(self, words: Collection[str]) -> Mapping[str, str]:
        """Return the ids of those domains that there are."""
        found = {}
        for word in words:
            try:
                found[word] = self._finder.domain_id(word)
            except DeclarationError:
                continue
        return found

    def _alone(self, kind: Kind, named: Named) -> Account | SetupToolError:
        try:
            return _of(self._finder.one(kind, named.word, named.domain))
        except DeclarationError as error:
            return error

    def _user(self, known_id: str) -> Account | SetupToolError:
        try:
            record: Any = self._keystone.call(
                f"read user {known_id}", lambda client: client.users.get(known_id)
            )
        except MissingError:
            return DeclarationError(
                f"Keystone has no user of id {known_id} any more, though it still has a role."
            )
        return Account(record.id, record.name, record.domain_id, record.enabled)


def _account(record: dict[str, Any]) -> Account:
    return Account(
        record["id"], record["name"], record.get("domain_id"), bool(record.get("enabled", True))
    )


def _of(found: Found) -> Account:
    return Account(found.id, found.name, found.domain_id, found.enabled)
