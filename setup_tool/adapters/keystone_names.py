"""Names of Keystone's users, projects and roles, and the ids behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.adapters.keystone import MissingError
from setup_tool.adapters.keystone_access import Found
from setup_tool.adapters.keystone_version import DEFAULT_DOMAIN_ID

if TYPE_CHECKING:
    from setup_tool.adapters.keystone_listing import Calls
    from setup_tool.core.identity import DomainRef, ProjectRef, UserRef


class Names:
    """Looks names up, each once until `forget` is called.

    Keystone is asked with filters, and what it returns is compared once more: on a
    database without regard to case it returns names that only look alike.
    """

    def __init__(self, keystone: Calls) -> None:
        self._keystone = keystone
        self._known: dict[object, Found | None] = {}

    def forget(self) -> None:
        """Forget all that was looked up."""
        self._known.clear()

    def forget_missing(self) -> None:
        """Forget what was looked up in vain: it may be there by now."""
        self._known = {key: found for key, found in self._known.items() if found}

    def user(self, ref: UserRef) -> Found | None:
        """Return a user, or None. Raises `SetupToolError` when the listing fails."""
        return self._in_domain("users", ref, "list users")

    def is_described(self, ref: UserRef, description: str) -> bool:
        """Tell whether a user is there and has this description, which v2.0 has for none."""
        found = self.user(ref)
        if found is None:
            return False
        try:
            record = self._keystone.call(
                f"read user {ref}", lambda client: client.users.get(found.id)
            )
        except MissingError:
            return False
        return getattr(record, "description", None) == description

    def project(self, ref: ProjectRef) -> Found | None:
        """Return a project, or None. Raises `SetupToolError` when the listing fails."""
        return self._in_domain("projects", ref, "list projects")

    def role(self, name: str) -> Found | None:
        """Return a role that belongs to no domain, or None."""
        return self._once(
            ("role", name),
            lambda: self._matching(
                self._keystone.call("list roles", lambda client: client.roles.list(name=name)),
                name,
                None,
            ),
        )

    def domain_id(self, ref: DomainRef) -> str | None:
        """Return a domain's id, None when there is none of that name. An id is taken as it is."""
        if ref.id or not ref.name:
            return ref.id or DEFAULT_DOMAIN_ID
        name = ref.name
        found = self._once(
            ("domain", name),
            lambda: self._matching(
                self._keystone.call("list domains", lambda client: client.domains.list(name=name)),
                name,
                None,
            ),
        )
        return found.id if found else None

    def by_id(self, collection: str, known_id: str) -> Found | None:
        """Return the user or project with an id, or None."""
        kind = collection.removesuffix("s")
        try:
            record = self._keystone.call(
                f"read {kind} {known_id}",
                lambda client: getattr(client, collection).get(known_id),
            )
        except MissingError:
            return None
        return _found(record)

    def everywhere(self, collection: str, name: str, domain_id: str | None) -> list[Found]:
        """Return all users or projects of a name, in one domain or (None) in all of them."""
        scope = {"domain": domain_id} if domain_id else {}
        records = self._keystone.call(
            f"list {collection}",
            lambda client: getattr(client, collection).list(name=name, **scope),
        )
        return [_found(record) for record in records if record.name == name]

    def _in_domain(self, collection: str, ref: UserRef | ProjectRef, doing: str) -> Found | None:
        def look_up() -> Found | None:
            domain_id = self.domain_id(ref.domain)
            if domain_id is None:
                return None
            records = self._keystone.call(
                doing,
                lambda client: getattr(client, collection).list(name=ref.name, domain=domain_id),
            )
            return self._matching(records, ref.name, domain_id)

        return self._once((collection, ref), look_up)

    def _once(self, key: object, look_up: Any) -> Found | None:
        if key not in self._known:
            self._known[key] = look_up()
        return self._known[key]

    @staticmethod
    def _matching(records: Any, name: str, domain_id: str | None) -> Found | None:
        found = (_found(record) for record in records if record.name == name)
        return next((one for one in found if domain_id in (None, one.domain_id)), None)


def _found(record: Any) -> Found:
    return Found(
        id=record.id,
        name=record.name,
        domain_id=getattr(record, "domain_id", None),
        enabled=getattr(record, "enabled", True),
    )
