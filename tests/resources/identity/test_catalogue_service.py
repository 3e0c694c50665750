from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import (
    CatalogueFact,
    CreateService,
    EnableService,
    IdentityStep,
    ListCatalogue,
    ServiceRecord,
)
from setup_tool.core.plan import IDENTITY, Answering, Stage
from setup_tool.resources.identity.catalogue_service import CatalogueService

S3 = CatalogueService("s3", "s3", "S3 of Swift")
ANSWERING = Answering("http://127.0.0.1:8080", "s3")


def service(name: str, *, known_id: str = "1", kind: str = "s3", on: bool = True) -> ServiceRecord:
    return ServiceRecord(known_id, kind, name, on)


def facts(*services: ServiceRecord) -> dict[ListCatalogue, CatalogueFact]:
    return {ListCatalogue(): CatalogueFact(("RegionOne",), services, ())}


SCENARIOS: dict[str, tuple[tuple[ServiceRecord, ...], IdentityStep | None]] = {
    "absent": ((), CreateService("s3", "s3", "S3 of Swift")),
    "other types only": (
        (service("swift", kind="object-store"),),
        CreateService("s3", "s3", "S3 of Swift"),
    ),
    "right": ((service("s3"),), None),
    "disabled": ((service("s3", on=False),), EnableService("s3", "s3")),
    "another name": ((service("swift3"),), None),
    "another name, disabled": ((service("swift3", on=False),), EnableService("s3", "swift3")),
    "duplicate types, one with the name": (
        (service("swift3"), service("s3", known_id="2")),
        None,
    ),
    "the one with the name disabled": (
        (service("swift3"), service("s3", known_id="2", on=False)),
        EnableService("s3", "s3"),
    ),
    "duplicates with the name, one enabled": (
        (service("s3"), service("s3", known_id="2", on=False)),
        None,
    ),
    "duplicates with other names, one enabled": (
        (service("a"), service("b", known_id="2", on=False)),
        None,
    ),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_service_is_created_or_enabled_and_never_doubled(scenario: str) -> None:
    services, step = SCENARIOS[scenario]
    change = S3.diff(facts(*services))
    assert (change.steps if change else None) == ((step,) if step else None)


@pytest.mark.parametrize(
    "services",
    [
        (service("s3"), service("s3", known_id="2")),
        (service("a"), service("b", known_id="2")),
        (service("s3", on=False), service("s3", known_id="2", on=False)),
    ],
)
def test_services_that_cannot_be_told_apart_refuse_the_plan_by_their_ids(
    services: tuple[ServiceRecord, ...],
) -> None:
    with pytest.raises(DeclarationError, match=r"id 1.*id 2"):
        S3.diff(facts(*services))


def test_another_name_and_other_services_of_the_type_are_noted() -> None:
    notes = S3.notes(facts(service("swift3"), service("old", known_id="2", on=False)))
    texts = [note.text for note in notes]
    assert texts[0].startswith("The service of type s3 is called 'swift3', not 's3'")
    assert texts[1].endswith("'swift3' (id 1) is used. Left as they are: 'old' (id 2, disabled).")
    assert {note.target for note in notes} == {IDENTITY}


@pytest.mark.parametrize("services", [(), (service("s3"),)])
def test_nothing_is_noted_of_a_catalogue_as_declared(services: tuple[ServiceRecord, ...]) -> None:
    assert S3.notes(facts(*services)) == ()


def test_a_service_is_published_last_and_only_when_something_answers() -> None:
    change = CatalogueService("s3", "s3", "d", requires=ANSWERING).diff(facts())
    assert change is not None
    assert (change.target, change.stage) == (IDENTITY, Stage.CATALOGUE)
    assert change.requires == ANSWERING
    assert S3.queries() == (ListCatalogue(),)


def test_a_disabled_service_is_refused_where_none_can_be_enabled() -> None:
    catalogue = CatalogueFact(("RegionOne",), (service("swift3", on=False),), (), in_place=False)
    with pytest.raises(DeclarationError) as caught:
        S3.diff({ListCatalogue(): catalogue})
    assert str(caught.value) == (
        "Service 'swift3' (id 1) of type s3 is disabled, and Identity v2.0, through which Keystone "
        "is asked, has no way to enable it. Log in with Keystone's v3 URL, or remove the service."
    )
