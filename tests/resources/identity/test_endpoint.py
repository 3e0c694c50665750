from __future__ import annotations

from dataclasses import replace

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import (
    CatalogueFact,
    CreateEndpoint,
    DeleteEndpoint,
    EndpointRecord,
    ListCatalogue,
    ServiceRecord,
    UpdateEndpoint,
)
from setup_tool.core.plan import Action, Answering, Stage
from setup_tool.resources.identity.endpoint import Endpoint

URL = "http://127.0.0.1:8080"
OLD = "http://127.0.0.1:1234"
PUBLIC = Endpoint("s3", "s3", "public", "RegionOne", URL)
SERVICE = ServiceRecord("service-1", "s3", "s3", enabled=True)
RIGHT = EndpointRecord("e1", SERVICE.id, "public", "RegionOne", URL, enabled=True)
WRONG = replace(RIGHT, id="e2", url=OLD)


def facts(
    *endpoints: EndpointRecord, services: tuple[ServiceRecord, ...] = (SERVICE,)
) -> dict[ListCatalogue, CatalogueFact]:
    return {ListCatalogue(): CatalogueFact(("RegionOne", "Two"), services, endpoints)}


def update(record: EndpointRecord) -> UpdateEndpoint:
    return UpdateEndpoint(
        record.id, "s3", "public", "RegionOne", URL, record.url, was_enabled=record.enabled
    )


CREATE = CreateEndpoint("s3", "s3", "public", "RegionOne", URL)
SCENARIOS: dict[str, tuple[tuple[EndpointRecord, ...], Action | None, tuple[object, ...]]] = {
    "absent": ((), Action.CREATE, (CREATE,)),
    "another interface": ((replace(RIGHT, interface="admin"),), Action.CREATE, (CREATE,)),
    "another region": ((replace(RIGHT, region="Two"),), Action.CREATE, (CREATE,)),
    "another service": ((replace(RIGHT, service_id="x"),), Action.CREATE, (CREATE,)),
    "right": ((RIGHT,), None, ()),
    "wrong": ((WRONG,), Action.UPDATE, (update(WRONG),)),
    "disabled": (
        (replace(RIGHT, enabled=False),),
        Action.UPDATE,
        (update(replace(RIGHT, enabled=False)),),
    ),
    "wrong and disabled": (
        (replace(WRONG, enabled=False),),
        Action.UPDATE,
        (update(replace(WRONG, enabled=False)),),
    ),
    "duplicate, one right": ((WRONG, RIGHT), None, ()),
    "duplicate, both right": ((RIGHT, replace(RIGHT, id="e3")), None, ()),
    "duplicate, one enabled": (
        (replace(RIGHT, enabled=False), WRONG),
        Action.UPDATE,
        (update(WRONG),),
    ),
    "duplicate, both right but disabled": (
        (replace(RIGHT, id="e3", enabled=False), replace(RIGHT, enabled=False)),
        Action.UPDATE,
        (update(replace(RIGHT, enabled=False)),),
    ),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_endpoint_becomes_as_declared_in_place(scenario: str) -> None:
    endpoints, action, steps = SCENARIOS[scenario]
    change = PUBLIC.diff(facts(*endpoints))
    assert (change.action if change else None) is action
    assert (change.steps if change else ()) == steps


def test_an_update_shows_both_urls_and_that_the_old_one_was_disabled() -> None:
    change = PUBLIC.diff(facts(replace(WRONG, enabled=False)))
    assert change is not None
    assert change.summary == "update public endpoint of s3 in region RegionOne"
    assert change.diff == (f"- {OLD} (disabled)", f"+ {URL}")
    only_disabled = PUBLIC.diff(facts(replace(RIGHT, enabled=False)))
    assert only_disabled is not None
    assert only_disabled.summary == "enable public endpoint of s3 in region RegionOne"


def test_a_creation_waits_for_an_answer_in_the_last_stage() -> None:
    answering = Answering(URL, "s3")
    change = replace(PUBLIC, requires=answering).diff(facts())
    assert change is not None
    assert (change.stage, change.requires) == (Stage.CATALOGUE, answering)
    assert change.diff == (f"+ {URL}",)


def test_an_endpoint_of_a_service_still_to_be_made_bears_the_declared_name() -> None:
    change = PUBLIC.diff(facts(services=()))
    assert change is not None
    assert change.steps == (CREATE,)


def test_an_endpoint_of_a_service_with_another_name_goes_to_that_service() -> None:
    change = PUBLIC.diff(facts(services=(replace(SERVICE, name="swift3"),)))
    assert change is not None
    assert change.steps == (replace(CREATE, service_name="swift3"),)


def test_an_unknown_region_refuses_the_plan_and_names_those_that_exist() -> None:
    with pytest.raises(DeclarationError, match=r"no region 'Regionone'.*knows RegionOne, Two"):
        replace(PUBLIC, region="Regionone").diff(facts(RIGHT))


def test_duplicates_none_of_which_is_right_refuse_the_plan_by_their_ids() -> None:
    with pytest.raises(DeclarationError, match=r"2 times.*id e2.*id e3"):
        PUBLIC.diff(facts(WRONG, replace(WRONG, id="e3", url="http://127.0.0.1:9")))
    with pytest.raises(DeclarationError, match="disabled"):
        PUBLIC.diff(
            facts(replace(WRONG, enabled=False), replace(WRONG, id="e3", enabled=False)),
        )


def test_duplicates_are_noted_with_their_ids_and_urls() -> None:
    (note,) = PUBLIC.notes(facts(WRONG, RIGHT))
    assert "2 times" in note.text
    assert f"{URL} (id e1), {OLD} (id e2)" in note.text
    assert PUBLIC.notes(facts(RIGHT)) == ()


def test_a_duplicate_goes_only_when_its_id_is_named() -> None:
    declared = replace(PUBLIC, remove_ids=frozenset({"e2", "elsewhere"}))
    change = declared.diff(facts(WRONG, RIGHT))
    assert change is not None
    assert change.action is Action.DELETE
    assert change.steps == (DeleteEndpoint("e2", "s3", "public", "RegionOne", OLD),)
    assert change.diff == (f"- {OLD} (id e2)",)
    assert declared.notes(facts(WRONG, RIGHT)) == ()
    assert declared.diff(facts(RIGHT)) is None


def test_what_remains_after_a_removal_is_brought_to_the_declaration() -> None:
    declared = replace(PUBLIC, remove_ids=frozenset({"e3"}))
    other = replace(WRONG, id="e3", url="http://127.0.0.1:9")
    change = declared.diff(facts(WRONG, other))
    assert change is not None
    assert change.action is Action.UPDATE
    assert change.steps == (
        DeleteEndpoint("e3", "s3", "public", "RegionOne", other.url),
        update(WRONG),
    )


def test_an_endpoint_asks_for_the_catalogue_only() -> None:
    assert PUBLIC.queries() == (ListCatalogue(),)


def joined(*endpoints: EndpointRecord) -> dict[ListCatalogue, CatalogueFact]:
    """A catalogue of Identity v2.0, where those of a service and region are one record."""
    return {ListCatalogue(): replace(facts(*endpoints)[ListCatalogue()], in_place=False)}


def test_where_nothing_is_changed_in_place_the_plan_says_what_is_done_instead() -> None:
    changed = PUBLIC.diff(joined(WRONG))
    assert changed is not None
    assert changed.steps == (update(WRONG),)
    (reason,) = changed.reasons
    assert reason == (
        "Identity v2.0 has no way to change an endpoint: a copy of it with this URL is made and "
        "looked at, then the old one is removed. It gets another id."
    )
    added = replace(PUBLIC, interface="admin").diff(joined(RIGHT))
    assert added is not None
    assert added.action is Action.CREATE
    assert added.reasons == changed.reasons


def test_a_record_made_anew_or_removed_replaces_nothing() -> None:
    elsewhere = replace(RIGHT, region="Two")
    created = PUBLIC.diff(joined(elsewhere))
    assert created is not None
    assert created.reasons == ()
    assert PUBLIC.diff(joined(RIGHT)) is None
    removing = replace(PUBLIC, remove_ids=frozenset({WRONG.id}))
    removed = removing.diff(joined(RIGHT, WRONG))
    assert removed is not None
    assert (removed.action, removed.reasons) == (Action.DELETE, ())
    in_place = PUBLIC.diff(facts(WRONG))
    assert in_place is not None
    assert in_place.reasons == ()
