"""Who is meant by a name, with a sentence where nobody or several are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from setup_tool.adapters.keystone import ForbiddenError, MissingError
from setup_tool.adapters.keystone_names import Names
from setup_tool.adapters.keystone_version import Version
from setup_tool.core.account import disabled
from setup_tool.core.credential import Owner
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.identity import DomainRef

if TYPE_CHECKING:
    from setup_tool.adapters.keystone_access import Access, Found
    from setup_tool.adapters.keystone_listing import Calls

_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}").fullmatch


class AccountLike(Protocol):
    """A user, a project or a group."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def domain_id(self) -> str | None:
        """The id of its domain."""
        ...

    @property
    def name(self) -> str:
        """Its name."""
        ...


class Finder:
    """Finds one user, project or group at a time."""

    def __init__(self, keystone: Calls) -> None:
        self._keystone = keystone
        self._names = Names(keystone)

    def one(self, collection: str, wanted: str, domain: str | None) -> Found:
        """Return the one of a name, or of an id, that is enabled.

        Raises `DeclarationError` when there is none, when it is disabled, or when there are
        several in different domains.
        """
        domain_id = self.domain_id(domain) if domain else None
        try:
            found = self._names.everywhere(collection, wanted, domain_id)
            by_id = self._names.by_id(collection, wanted) if not found and _ID(wanted) else None
        except ForbiddenError as error:
            raise SetupToolError(
                f"{error} Without it, only one's own keys can be issued."
            ) from None
        if by_id and domain_id in (None, by_id.domain_id):
            found = [by_id]
        if len(found) > 1:
            raise DeclarationError(ambiguous(collection, wanted))
        if not found:
            raise DeclarationError(
                f"Keystone has no {collection.removesuffix('s')} '{wanted}'{in_domain(domain)}. "
                f"Check the spelling{' and the domain' if domain else ''}."
            )
        if not found[0].enabled:
            raise disabled(collection.removesuffix("s"), wanted)
        return found[0]

    def domain_id(self, domain: str) -> str:
        """Return the id of a domain by its name or id; raises `DeclarationError` for none."""
        by_name = self._names.domain_id(DomainRef(name=domain))
        if by_name:
            return by_name
        try:
            found = self._keystone.call(
                f"read domain {domain}", lambda client: client.domains.get(domain)
            )
        except MissingError:
            raise DeclarationError(
                f"Keystone has no domain '{domain}'. Check the spelling."
            ) from None
        return str(found.id)


def in_domain(domain: str | None) -> str:
    """Return the words for a domain, if there is one."""
    return f" in domain {domain}" if domain else ""


def ambiguous(collection: str, wanted: str) -> str:
    """Return the sentence about a name that several have."""
    return (
        f"There are several {collection} called '{wanted}', in different domains. Give the "
        "domain, or the id instead of the name."
    )


def owner_of(access: Access, user: AccountLike, project: AccountLike) -> Owner:
    """Return a user and a project as an owner, with domains as far as we know their names."""
    return Owner(
        user.id,
        user.name,
        project.id,
        project.name,
        _domain_of(access, user),
        _domain_of(access, project),
    )


def _domain_of(access: Access, found: AccountLike) -> DomainRef | None:
    if access.version is Version.V2 or not found.domain_id:
        return None
    names = dict((access.user_domain, access.project_domain))
    name = names.get(found.domain_id)
    return DomainRef(name=name) if name else DomainRef(id=found.domain_id)
