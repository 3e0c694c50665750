"""Steps at endpoints that are records of their own, as in v3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.adapters.keystone import PLAN_AGAIN, MissingError
from setup_tool.core.errors import SetupToolError

if TYPE_CHECKING:
    from setup_tool.adapters.keystone import Keystone
    from setup_tool.adapters.service_steps import ServiceSteps
    from setup_tool.core.identity import (
        CreateEndpoint,
        DeleteEndpoint,
        UpdateEndpoint,
        WithdrawEndpoint,
    )


class EndpointSteps:
    """Makes, changes and removes endpoints one by one."""

    def __init__(self, keystone: Keystone, services: ServiceSteps) -> None:
        self._keystone = keystone
        self._services = services

    def create(self, step: CreateEndpoint) -> None:
        """Make an endpoint, unless it is there."""
        # Keystone would make the region when there is none.
        try:
            self._keystone.call(
                f"find region {step.region}", lambda client: client.regions.get(step.region)
            )
        except MissingError:
            raise no_region(step.region) from None
        service = self._services.one(step.service_type, step.service_name)
        existing = self._found(service.id, step.interface, step.region)
        if not existing:
            self._keystone.call(
                f"create the {step.interface} endpoint of {step.service_type}",
                lambda client: client.endpoints.create(
                    service.id, step.url, step.interface, step.region, enabled=True
                ),
            )
        elif not any(endpoint.url == step.url and endpoint.enabled for endpoint in existing):
            raise exists_by_now(step, existing[0].url)

    def update(self, step: UpdateEndpoint) -> None:
        """Give an endpoint its URL and state in place."""
        doing = f"update the {step.interface} endpoint of {step.service_type}"
        found = self._keystone.call(doing, lambda client: client.endpoints.get(step.id))
        if found.url == step.url and found.enabled == step.enabled:
            return
        if found.url not in (step.old_url, step.url):
            raise changed(step, found.url)
        self._keystone.call(
            doing,
            lambda client: client.endpoints.update(step.id, url=step.url, enabled=step.enabled),
        )

    def delete(self, step: DeleteEndpoint) -> None:
        """Remove an endpoint, if it is as it was seen."""
        self._delete(step.id, step.url)

    def withdraw(self, step: WithdrawEndpoint) -> None:
        """Remove the one endpoint with a URL."""
        if not self._services.all(step.service_type, step.service_name):
            return
        service = self._services.one(step.service_type, step.service_name)
        existing = self._found(service.id, step.interface, step.region)
        ours = [endpoint.id for endpoint in existing if endpoint.url == step.url]
        if len(ours) > 1:
            raise several(step.url, ours)
        for known_id in ours:
            self._delete(known_id, step.url)

    def _delete(self, known_id: str, url: str) -> None:
        doing = f"delete endpoint {known_id}"
        try:
            found = self._keystone.call(doing, lambda client: client.endpoints.get(known_id))
            if found.url != url:
                raise not_removed(known_id, found.url, url)
            self._keystone.call(doing, lambda client: client.endpoints.delete(known_id))
        except MissingError:
            return

    def _found(self, service_id: str, interface: str, region: str) -> list[Any]:
        found = self._keystone.call(
            "list endpoints",
            lambda client: client.endpoints.list(
                service=service_id, interface=interface, region_id=region
            ),
        )
        wanted = (service_id, interface, region)
        return [one for one in found if (one.service_id, one.interface, one.region_id) == wanted]


def no_region(region: str) -> SetupToolError:
    """Return the refusal to make a region by the way."""
    return SetupToolError(f"Keystone has no region '{region}', so no endpoint is created in it.")


def exists_by_now(step: CreateEndpoint, url: str) -> SetupToolError:
    """Return the refusal to make an endpoint beside another."""
    return SetupToolError(
        f"The {step.interface} endpoint of {step.service_type} in region {step.region} exists by "
        f"now, as {url}. {PLAN_AGAIN}"
    )


def changed(step: UpdateEndpoint, url: str | None) -> SetupToolError:
    """Return the refusal to change what is not as it was seen."""
    return SetupToolError(f"Endpoint {step.id} has the URL {url}, not {step.old_url}. {PLAN_AGAIN}")


def not_removed(known_id: str, url: str | None, seen: str) -> SetupToolError:
    """Return the refusal to remove what is not as it was seen."""
    return SetupToolError(
        f"Endpoint {known_id} is not removed: its URL is {url}, not {seen}. {PLAN_AGAIN}"
    )


def several(url: str, ids: list[str]) -> SetupToolError:
    """Return the refusal to choose one of several to remove."""
    return SetupToolError(
        f"{len(ids)} endpoints have the URL {url}, so none is removed. Remove one by its id: "
        f"{', '.join(sorted(ids))}."
    )
