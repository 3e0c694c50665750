"""Steps at the services of Keystone's catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.adapters.keystone import PLAN_AGAIN, verb
from setup_tool.core.errors import SetupToolError

if TYPE_CHECKING:
    from setup_tool.adapters.keystone import Keystone
    from setup_tool.core.identity import CreateService


class ServiceSteps:
    """Finds, makes, switches and removes services."""

    def __init__(self, keystone: Keystone) -> None:
        self._keystone = keystone

    def all(self, kind: str, name: str) -> list[Any]:
        """Return the services of a type and a name; Keystone lets there be several."""
        services = self._keystone.call(
            "list services", lambda client: client.services.list(name=name or None, type=kind)
        )
        return [
            service
            for service in services
            if service.type == kind and (getattr(service, "name", "") or "") == name
        ]

    def one(self, kind: str, name: str) -> Any:
        """Return the only service, or the only enabled one; raises `SetupToolError`."""
        found = self.all(kind, name)
        if len(found) > 1:
            found = [service for service in found if service.enabled]
        if len(found) != 1:
            raise SetupToolError(
                f"Keystone has {len(found) or 'no'} services '{name}' of type {kind}, and one is "
                f"needed. {PLAN_AGAIN}"
            )
        return found[0]

    def create(self, step: CreateService) -> None:
        """Make a service, unless it is there."""
        # Keystone would make a second one of the same type and name.
        existing = self.all(step.type, step.name)
        if not existing:
            self._keystone.call(
                f"create service {step.name}",
                lambda client: client.services.create(
                    step.name, step.type, enabled=True, description=step.description
                ),
            )
        elif not any(service.enabled for service in existing):
            raise SetupToolError(f"Service {step.name} exists, but is disabled. {PLAN_AGAIN}")

    def switch(self, kind: str, name: str, *, enabled: bool) -> None:
        """Enable or disable a service."""
        service = self.one(kind, name)
        self._keystone.call(
            f"{verb(enabled=enabled)} service {name}",
            lambda client: client.services.update(service.id, enabled=enabled),
        )

    def withdraw(self, kind: str, name: str) -> None:
        """Remove a service that has no endpoints."""
        if not self.all(kind, name):
            return
        service = self.one(kind, name)
        endpoints = self._keystone.call(
            "list endpoints", lambda client: client.endpoints.list(service=service.id)
        )
        if endpoints:  # Keystone would delete them with the service
            raise SetupToolError(
                f"Service {name} is not removed: it has {len(endpoints)} endpoints by now."
            )
        self._keystone.call(
            f"delete service {name}", lambda client: client.services.delete(service.id)
        )
