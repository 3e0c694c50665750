"""What is taken out of the catalogue, and what stays because somebody else published it."""

from __future__ import annotations

from setup_tool.core.identity import (
    CatalogueFact,
    EndpointRecord,
    IdentityStep,
    ListCatalogue,
    ServiceRecord,
    WithdrawEndpoint,
    WithdrawService,
)
from setup_tool.resources.identity.withdrawn_api import WithdrawnApi

OURS, OTHERS = "http://ours:8788/", "http://others:8773/services/Cloud"
GONE = WithdrawEndpoint("ec2", "ec2", "public", "R", OURS)


def steps(
    *endpoints: EndpointRecord, services: tuple[ServiceRecord, ...] = ()
) -> list[IdentityStep]:
    made = (ServiceRecord("s", "ec2", "ec2", enabled=True), *services)
    wanted = WithdrawnApi("ec2", "R", frozenset({OURS}), because="Off.")
    change = wanted.diff({ListCatalogue(): CatalogueFact(("R",), made, endpoints)})
    return [] if change is None else list(change.steps)  # type: ignore[arg-type]


def endpoint(url: str, region: str = "R", interface: str = "public") -> EndpointRecord:
    return EndpointRecord(f"{url} {region}", "s", interface, region, url, enabled=True)


def test_the_last_endpoint_takes_its_service_with_it() -> None:
    assert steps(endpoint(OURS)) == [GONE, WithdrawService("ec2", "ec2")]


def test_a_service_without_any_endpoint_that_a_dead_run_left_goes() -> None:
    assert steps() == [WithdrawService("ec2", "ec2")]


def test_an_endpoint_elsewhere_stays_and_so_does_its_service() -> None:
    assert steps(endpoint(OTHERS)) == []
    assert steps(endpoint(OURS), endpoint(OTHERS, interface="admin")) == [GONE]


def test_another_region_keeps_its_endpoint() -> None:
    assert steps(endpoint(OURS), endpoint(OURS, region="Other")) == [GONE]


def test_services_of_other_types_are_no_matter() -> None:
    other = ServiceRecord("c", "compute", "nova", enabled=True)
    assert steps(endpoint(OURS), services=(other,)) == [GONE, WithdrawService("ec2", "ec2")]
