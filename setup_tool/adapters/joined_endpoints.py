"""Steps at the endpoints of Identity v2.0, where one record holds the URLs of a service.

v2.0 has no way to change a record: a copy with the change is made, looked at, and only then
is the old one removed. Meanwhile both are in the catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.adapters.endpoint_steps import (
    changed,
    exists_by_now,
    no_region,
    not_removed,
    several,
)
from setup_tool.adapters.keystone import PLAN_AGAIN, MissingError
from setup_tool.core.errors import SetupToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.adapters.keystone import Keystone
    from setup_tool.adapters.keystone_v2 import Record
    from setup_tool.adapters.service_steps import ServiceSteps
    from setup_tool.core.identity import (
        CreateEndpoint,
        DeleteEndpoint,
        UpdateEndpoint,
        WithdrawEndpoint,
    )


class JoinedEndpointSteps:
    """Makes, changes and removes single URLs of records."""

    def __init__(self, keystone: Keystone, services: ServiceSteps) -> None:
        self._keystone = keystone
        self._services = services

    def create(self, step: CreateEndpoint) -> None:
        """Give a service a URL: in a record that it has, else in one of its own."""
        records = self._records()
        if step.region not in {record.region for record in records}:
            raise no_region(step.region)
        service = self._services.one(step.service_type, step.service_name)
        place = (service.id, step.region)
        here = [record for record in records if (record.service_id, record.region) == place]
        there = [record for record in here if step.interface in record.urls]
        if there:
            if not any(one.urls[step.interface] == step.url and one.enabled for one in there):
                raise exists_by_now(step, there[0].urls[step.interface])
        elif here:
            first = min(here, key=lambda record: (not record.enabled, record.id))
            self._replace(first, {**first.urls, step.interface: step.url})
        elif step.interface == "public":
            self._make(*place, {"public": step.url})
        else:
            raise SetupToolError(
                f"{step.service_type} gets no {step.interface} endpoint in region {step.region}: "
                f"Identity v2.0 keeps none without a public one, which is not there. {PLAN_AGAIN}"
            )

    def update(self, step: UpdateEndpoint) -> None:
        """Replace a record by one with another URL.

        A record that an earlier step replaced has another id by now: it is known by its URL.
        """
        services = self._keystone.call("list services", lambda client: client.services.list())
        ids = {service.id for service in services if service.type == step.service_type}
        here = [r for r in self._records() if r.service_id in ids and r.region == step.region]
        found = [record for record in here if record.id == step.id]
        if not found:
            urls = [(record, record.urls.get(step.interface)) for record in here]
            found = [record for record, url in urls if url == step.url]
            found = found or [record for record, url in urls if url == step.old_url]
        if len(found) != 1:
            raise SetupToolError(f"Endpoint {step.id} is not there any more. {PLAN_AGAIN}")
        url = found[0].urls.get(step.interface)
        if url == step.url and found[0].enabled == step.enabled:
            return
        if url not in (step.old_url, step.url):
            raise changed(step, url)
        if not step.enabled:
            raise SetupToolError(
                f"Endpoint {found[0].id} is not disabled: Identity v2.0 has enabled ones only."
            )
        self._replace(found[0], {**found[0].urls, step.interface: step.url})

    def delete(self, step: DeleteEndpoint) -> None:
        """Remove a record, if it is as it was seen."""
        found = next((record for record in self._records() if record.id == step.id), None)
        if found is None:
            return
        if found.urls.get(step.interface) != step.url:
            raise not_removed(step.id, found.urls.get(step.interface), step.url)
        self._delete(step.id)

    def withdraw(self, step: WithdrawEndpoint) -> None:
        """Take a URL out of the one record that has it."""
        if not self._services.all(step.service_type, step.service_name):
            return
        service = self._services.one(step.service_type, step.service_name)
        place = (service.id, step.region, step.url)
        ours = [
            record
            for record in self._records()
            if (record.service_id, record.region, record.urls.get(step.interface)) == place
        ]
        if len(ours) > 1:
            raise several(step.url, [record.id for record in ours])
        for record in ours:
            left = {name: url for name, url in record.urls.items() if name != step.interface}
            if not left:
                self._delete(record.id)
            elif "public" in left:
                self._replace(record, left)
            else:
                raise SetupToolError(
                    f"The public URL {step.url} is not removed before the others of endpoint "
                    f"{record.id}: Identity v2.0 keeps none without it."
                )

    def _replace(self, old: Record, urls: Mapping[str, str]) -> None:
        made = self._make(old.service_id, old.region, urls)
        try:
            self._delete(old.id)
        except SetupToolError:
            self._delete(made)
            raise

    def _make(self, service_id: str, region: str, urls: Mapping[str, str]) -> str:
        made: str = self._keystone.call(
            f"create an endpoint with the public URL {urls['public']}",
            lambda client: client.endpoints.create(service_id, region, urls),
        )
        if not any(record.id == made and record.urls == urls for record in self._records()):
            self._delete(made)
            raise SetupToolError(
                f"Keystone did not keep the endpoint with the public URL {urls['public']} as it "
                "was told, so it was removed again, and what was there is left."
            )
        return made

    def _delete(self, known_id: str) -> None:
        try:
            self._keystone.call(
                f"delete endpoint {known_id}", lambda client: client.endpoints.delete(known_id)
            )
        except MissingError:
            # Keystone shows what v3 made, but does not let v2.0 remove it (12.0.3,
            # catalog/controllers.py, delete_endpoint).
            if any(record.id == known_id for record in self._records()):
                raise SetupToolError(
                    f"Endpoint {known_id} cannot be removed: it was made through v3, which alone "
                    "can change it. Log in with Keystone's v3 URL."
                ) from None

    def _records(self) -> list[Record]:
        records: list[Record] = self._keystone.call(
            "list endpoints", lambda client: client.endpoints.records()
        )
        return records
