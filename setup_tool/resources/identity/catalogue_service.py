"""A service of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import (
    CatalogueFact,
    CreateService,
    EnableService,
    ListCatalogue,
    ServiceRecord,
)
from setup_tool.core.plan import IDENTITY, Action, Answering, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class CatalogueService:
    """The catalogue has an enabled service of a type.

    One that is there under another name stays as it is: clients look for the type.
    """

    type: str
    name: str
    description: str
    requires: Answering | None = None
    stage: Stage = Stage.CATALOGUE
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[ListCatalogue, ...]:
        """Ask for the catalogue."""
        return (ListCatalogue(),)

    def diff(self, facts: Answers) -> Change | None:
        """Return its creation when there is none of its type, its enabling when disabled.

        Raises `DeclarationError` when several could be meant, and for a disabled one that
        Keystone has no way to enable.
        """
        catalogue: CatalogueFact = facts[ListCatalogue()]
        found = chosen_service(catalogue, self.type, self.name)
        if found is None:
            return self._change(
                Action.CREATE,
                f"create service {self.name} of type {self.type}",
                CreateService(self.type, self.name, self.description),
            )
        if not found.enabled and not catalogue.in_place:
            raise DeclarationError(
                f"Service {_quoted(found.name)} (id {found.id}) of type {self.type} is disabled, "
                "and Identity v2.0, through which Keystone is asked, has no way to enable it. Log "
                "in with Keystone's v3 URL, or remove the service."
            )
        if not found.enabled:
            return self._change(
                Action.UPDATE,
                f"enable service {found.name or found.id} of type {self.type}",
                EnableService(self.type, found.name),
            )
        return None

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Name other services of the same type, and a name that is not ours."""
        catalogue: CatalogueFact = facts[ListCatalogue()]
        found = chosen_service(catalogue, self.type, self.name)
        if found is None:
            return ()
        notes = []
        if found.name != self.name:
            notes.append(
                f"The service of type {self.type} is called {_quoted(found.name)}, not "
                f"{_quoted(self.name)}; it is used as it is, since clients look for the type."
            )
        others = [s for s in catalogue.services if s.type == self.type and s.id != found.id]
        if others:
            notes.append(
                f"There are several services of type {self.type}; {_described([found])} is used. "
                f"Left as they are: {_described(others)}."
            )
        return tuple(Note(self.target, text) for text in notes)

    def _change(self, action: Action, summary: str, step: CreateService | EnableService) -> Change:
        return Change(
            target=self.target,
            stage=self.stage,
            action=action,
            summary=summary,
            steps=(step,),
            requires=self.requires,
        )


def chosen_service(catalogue: CatalogueFact, kind: str, name: str) -> ServiceRecord | None:
    """Return the service of a type that is meant by a name; None when there is none.

    Keystone lets several have the same type, even the same name. Those with the name
    go first; then the only one, or the only enabled one. Raises `DeclarationError`
    when that does not decide.
    """
    of_type = [service for service in catalogue.services if service.type == kind]
    found = [service for service in of_type if service.name == name] or of_type
    if len(found) > 1:
        enabled = [service for service in found if service.enabled]
        if len(enabled) != 1:
            raise DeclarationError(
                f"Keystone's catalogue has several services of type {kind}, and which one is "
                f"meant cannot be told: {_described(found)}. Remove or disable all but one."
            )
        found = enabled
    return found[0] if found else None


def _described(services: list[ServiceRecord]) -> str:
    return ", ".join(
        f"{_quoted(service.name)} (id {service.id}{'' if service.enabled else ', disabled'})"
        for service in sorted(services, key=lambda service: service.id)
    )


def _quoted(name: str) -> str:
    return f"'{name}'"
