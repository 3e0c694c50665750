"""A service that runs, answers, and has read its files as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import DUE, PLANNED
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import FetchHttp, ReadFile, ReadService, ReadStamp
from setup_tool.core.transaction import BounceService, ServiceControl, StampService

if TYPE_CHECKING:
    from setup_tool.core.facts import FileFact, HttpFact, ServiceFact, StampFact
    from setup_tool.resources.resource import Answers

_DISABLED = 503


@dataclass(frozen=True, slots=True)
class Service:
    """A service on one node.

    A restart is a state, not an event: it is due unless the running instance is
    known to have read the files' present bytes - by the stamp that was left when it
    was last seen healthy, else by its start lying after every file's last change. A
    tie counts as due, since times are whole seconds. The facts given to `diff` hold
    the files as they will be after the plan's writes. ``restart_without_unit`` is the
    command of Swift's own ``swift-init`` where there is that and no unit.
    ``reload_because`` is why it is due in any case: something it read elsewhere, when it
    started, will have changed.
    """

    target: str
    stage: Stage
    control: ServiceControl
    units: tuple[str, ...]
    state_dir: str
    restart_without_unit: str | None = None
    reload_because: str | None = None

    def queries(self) -> tuple[ReadService | ReadStamp | ReadFile | FetchHttp, ...]:
        """Ask for the instance, its stamp, its health, and the files it reads."""
        return (
            self.instance_query(),
            self.stamp_query(),
            FetchHttp(self.control.health_url),
            *(ReadFile(path) for path in self.control.reads),
        )

    def instance_query(self) -> ReadService:
        """Return what tells of the running instance."""
        return ReadService(self.control.name, self.units, self.control.port)

    def stamp_query(self) -> ReadStamp:
        """Return what tells what the instance is known to have read."""
        return ReadStamp(self.control.name, self.state_dir)

    def diff(self, facts: Answers) -> Change | None:
        """Return the reload or restart that is due, if one is.

        Raises `DeclarationError` where a restart is due and there is no way to do it.
        """
        service: ServiceFact = facts[self.instance_query()]
        health: HttpFact = facts[FetchHttp(self.control.health_url)]
        healthy = service.running and self._is_well(health)
        reason = self._reason(service, health, facts)
        if reason is None:
            return None
        unit = service.unit or (self.units[0] if self.control.own_unit else None)
        if self.control.own_unit and service.running and service.unit is None:
            raise DeclarationError(
                f"{self.target}: something else than {unit} listens on port {self.control.port}, "
                f"where {self.control.name} is to listen. Stop that, or choose another port."
            )
        control = replace(
            self.control, unit=unit, restart=self.control.restart or self._init(service)
        )
        can_reload = control.reload is not None or (control.seamless and service.seamless)
        reload = healthy and can_reload
        if not reload and control.unit is None and control.restart is None:
            raise DeclarationError(self._no_way(reason))
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.BOUNCE,
            summary=f"{'reload' if reload else 'restart'} {control.name}",
            reasons=(reason,),
            steps=(BounceService(control, reload=reload), StampService(control)),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Say that an operator keeps it out of its balancer."""
        if not self._is_drained(facts[FetchHttp(self.control.health_url)]):
            return ()
        return (
            Note(
                self.target,
                f"{self.control.name} is kept out of its balancer by {self.control.disable_path}. "
                "What an operator made stays; only what a dead run of setup-tool left is removed.",
            ),
        )

    def _init(self, service: ServiceFact) -> str | None:
        return self.restart_without_unit if service.swift_init and not service.unit else None

    def _is_well(self, health: HttpFact) -> bool:
        return health.status in self.control.health_statuses or self._is_drained(health)

    def _is_drained(self, health: HttpFact) -> bool:
        """Tell a 503 that Swift's health check gives for a file; busybox's wget has no body."""
        drained = self.control.disable_path is not None and health.status == _DISABLED
        return drained and health.body.strip() in (b"DISABLED BY FILE", b"")

    def _no_way(self, reason: str) -> str:
        name = self.control.name
        return (
            f"{self.target}: {name} has to be restarted, and there is no way to: the node has no "
            f"systemd unit {' or '.join(self.units)}{self._nor_init()}, and the inventory names "
            "no command. Set "
            "nova_api_service or nova_api_restart for nova-api, proxy_service or proxy_restart "
            f"for a Swift proxy. Why it has to be: {reason}"
        )

    def _nor_init(self) -> str:
        return " and no swift-init that could" if self.restart_without_unit else ""

    def _reason(self, service: ServiceFact, health: HttpFact, facts: Answers) -> str | None:
        name = self.control.name
        if not service.running:
            return f"{name} does not run."
        stamp: StampFact = facts[self.stamp_query()]
        known = stamp.digests if stamp.instance == service.instance else {}
        for path in self.control.reads:
            unread = self._unread(path, facts[ReadFile(path)], service, known.get(path))
            if unread is not None:
                return unread
        if self.control.own_unit and service.enabled is False:
            return f"{name} would not be started when the node starts."
        if not self._is_well(health):
            answer = f"HTTP {health.status}" if health.status else (health.problem or "no answer")
            return f"{name} runs, but {self.control.health_url} says: {answer}."
        return self.reload_because

    def _unread(
        self, path: str, file: FileFact, service: ServiceFact, stamped: str | None
    ) -> str | None:
        name = self.control.name
        if file.changed_at == PLANNED:
            return f"{name} has to read {path} as this plan writes it."
        if stamped == DUE:
            return f"A run that ended early was to have {name} read {path} again."
        if stamped is None:
            if service.started_at is None or service.started_at <= file.changed_at:
                return f"{path} may have changed after {name} started."
        elif file.content is None or stamped != file.content.digest:
            return f"The running {name} has not read {path} as it is."
        return None
