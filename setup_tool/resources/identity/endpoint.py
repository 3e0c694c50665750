"""An endpoint of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import (
    CatalogueFact,
    CreateEndpoint,
    DeleteEndpoint,
    EndpointRecord,
    ListCatalogue,
    UpdateEndpoint,
)
from setup_tool.core.plan import IDENTITY, Action, Answering, Change, Note, Stage
from setup_tool.resources.identity.catalogue_service import chosen_service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.identity import IdentityStep
    from setup_tool.resources.resource import Answers

_REPLACED = (
    "Identity v2.0 has no way to change an endpoint: a copy of it with this URL is made and "
    "looked at, then the old one is removed. It gets another id."
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service has an enabled endpoint with this URL, for an interface in a region.

    Keystone lets several exist for the same interface and region. They are removed
    only when ``remove_ids`` names them. Where one of several is as declared, the
    others are told of and stay; where none is, and more than one is enabled, the plan
    is refused: changing one of them would leave clients to find the others.
    """

    service_type: str
    service_name: str
    interface: str
    region: str
    url: str
    remove_ids: frozenset[str] = frozenset()
    requires: Answering | None = None
    stage: Stage = Stage.CATALOGUE
    target: str = field(default=IDENTITY, init=False)

    def queries(self) -> tuple[ListCatalogue, ...]:
        """Ask for the catalogue."""
        return (ListCatalogue(),)

    def diff(self, facts: Answers) -> Change | None:
        """Return what makes the endpoint as declared.

        Raises `DeclarationError` for a region that Keystone does not know - it would
        make one by a typo - and where it cannot be told which endpoint should stay.
        """
        catalogue: CatalogueFact = facts[ListCatalogue()]
        self._check_region(catalogue.regions)
        found = self._found(catalogue)
        removed = [record for record in found if record.id in self.remove_ids]
        steps: list[IdentityStep] = [self._deletion(record) for record in removed]
        lines = [f"- {record.url} (id {record.id})" for record in removed]
        kept = [record for record in found if record.id not in self.remove_ids]
        if not kept:
            service = chosen_service(catalogue, self.service_type, self.service_name)
            steps.append(
                CreateEndpoint(
                    self.service_type,
                    service.name if service else self.service_name,
                    self.interface,
                    self.region,
                    self.url,
                )
            )
            return self._change(
                Action.CREATE,
                "create",
                steps,
                [*lines, f"+ {self.url}"],
                (_REPLACED,) if self._joins_another(catalogue) else (),
            )
        if any(record.enabled and record.url == self.url for record in kept):
            return self._change(Action.DELETE, "delete", steps, lines) if steps else None
        record = self._one_to_change(kept)
        steps.append(self._update(record))
        state = "" if record.enabled else " (disabled)"
        return self._change(
            Action.UPDATE,
            "enable" if record.url == self.url else "update",
            steps,
            [*lines, f"- {record.url}{state}", f"+ {self.url}"],
            () if catalogue.in_place else (_REPLACED,),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Name endpoints that are there several times over."""
        kept = [
            record
            for record in self._found(facts[ListCatalogue()])
            if record.id not in self.remove_ids
        ]
        if len(kept) < 2:  # noqa: PLR2004 - one is as it should be
            return ()
        return (
            Note(
                self.target,
                f"{self._name} is there {len(kept)} times: {_described(kept)}. They are left; "
                "remove those that should not be there by their ids.",
            ),
        )

    @property
    def _name(self) -> str:
        return f"The {self.interface} endpoint of {self.service_type} in region {self.region}"

    def _check_region(self, regions: Sequence[str]) -> None:
        if self.region not in regions:
            known = ", ".join(sorted(regions)) or "none at all"
            raise DeclarationError(
                f"Keystone knows no region '{self.region}', for which {self.service_type} is to "
                f"have a {self.interface} endpoint; it knows {known}. Set 'region' in the "
                "inventory to one of these, or create the region."
            )

    def _joins_another(self, catalogue: CatalogueFact) -> bool:
        """Tell whether it will be in one record with an endpoint of another interface."""
        service = chosen_service(catalogue, self.service_type, self.service_name)
        return not catalogue.in_place and any(
            service is not None and (record.service_id, record.region) == (service.id, self.region)
            for record in catalogue.endpoints
            if record.id not in self.remove_ids
        )

    def _found(self, catalogue: CatalogueFact) -> list[EndpointRecord]:
        service = chosen_service(catalogue, self.service_type, self.service_name)
        if service is None:
            return []
        return sorted(
            (
                record
                for record in catalogue.endpoints
                if record.service_id == service.id
                and record.interface == self.interface
                and record.region == self.region
            ),
            key=lambda record: record.id,
        )

    def _one_to_change(self, kept: list[EndpointRecord]) -> EndpointRecord:
        candidates = (
            [record for record in kept if record.enabled]
            or [record for record in kept if record.url == self.url][:1]
            or kept
        )
        if len(candidates) > 1:
            raise DeclarationError(
                f"{self._name} is there {len(candidates)} times, and none has the declared URL "
                f"{self.url}: {_described(candidates)}. Say which should go by their ids; the "
                "one that stays is then updated."
            )
        return candidates[0]

    def _update(self, record: EndpointRecord) -> UpdateEndpoint:
        return UpdateEndpoint(
            id=record.id,
            service_type=self.service_type,
            interface=self.interface,
            region=self.region,
            url=self.url,
            old_url=record.url,
            was_enabled=record.enabled,
        )

    def _deletion(self, record: EndpointRecord) -> DeleteEndpoint:
        return DeleteEndpoint(record.id, self.service_type, self.interface, self.region, record.url)

    def _change(
        self,
        action: Action,
        verb: str,
        steps: Sequence[IdentityStep],
        lines: Sequence[str],
        reasons: tuple[str, ...] = (),
    ) -> Change:
        return Change(
            target=self.target,
            stage=self.stage,
            action=action,
            summary=(
                f"{verb} {self.interface} endpoint of {self.service_type} in region {self.region}"
            ),
            steps=tuple(steps),
            diff=tuple(lines),
            reasons=reasons,
            requires=self.requires if action is not Action.DELETE else None,
        )


def _described(records: Sequence[EndpointRecord]) -> str:
    return ", ".join(
        f"{record.url} (id {record.id}{'' if record.enabled else ', disabled'})"
        for record in records
    )
