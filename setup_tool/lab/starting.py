"""Starting a lab's services side by side, and waiting until each is well."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import SetupToolError
from setup_tool.lab import configuration, layout, loopback, seed
from setup_tool.lab.servers import marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from setup_tool.lab.layout import Layout, Record
    from setup_tool.lab.services import Service

START_SECONDS = 90.0
_GIVE_BACK_SECONDS = 2.0
"""A killed process is not to be found any more a little before it gives back its ports."""
_TAIL_LINES = 15


def start(
    where: Layout, record: Record, wanted: Iterable[Service], report: Callable[[str], None]
) -> Record:
    """Start the services that do not run, and return when all of them are well.

    Those that a node's command starts come when the proxies' rings are there. A new
    cloud is filled; the record that says so is returned.

    Raises:
        SetupToolError: a service did not start, with the end of its log; the others
            are left running.
    """
    by_name = {service.name: service for service in wanted}
    servers = [service for service in by_name.values() if not service.starts_itself]
    starting = {service.name: _launch(where, record, service) for service in servers}
    _await(where, record, by_name["storage"], starting["storage"])
    configuration.give_rings(where)
    for service in by_name.values():
        if service.starts_itself:
            starting[service.name] = _launch(where, record, service)
    _await(where, record, by_name["keystone"], starting["keystone"])
    if not record.seeded:
        seed.fill(
            by_name["keystone"].address,
            configuration.passwords(where),
            f"{record.url('front')}/v1/AUTH_%(tenant_id)s",
        )
        record = layout.mark_seeded(where, record)
    for service in by_name.values():
        _await(where, record, service, starting[service.name])
        report(f"{service.name} answers at {service.address}")
    return record


@dataclass(frozen=True, slots=True)
class _Starting:
    """A service on its way up."""

    process: subprocess.Popen[bytes] | None
    """The process that was started; None if the service ran already."""
    logged_before: int
    """The size of its log before, in bytes."""


def _launch(where: Layout, record: Record, service: Service) -> _Starting:
    log = where.log(service.name)
    before = log.stat().st_size if log.exists() else 0
    if marked.main_process(record.id, service.name) is not None:
        return _Starting(None, before)
    marked.stop(record.id, service.name)  # workers whose main process was killed
    for port in service.ports:
        if not loopback.becomes_free(port, _GIVE_BACK_SECONDS):
            raise SetupToolError(
                f"The lab's {service.name} cannot start: another program listens on its port "
                f"{port} (`ss -ltnp 'sport = :{port}'` names it). Stop that program, or make a "
                "new lab with other ports: `setup-tool lab down --wipe`, then `lab up`."
            )
    with log.open("ab") as output:
        process = subprocess.Popen(
            service.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=where.folder,
            env=_service_environment(where, record, service),
            start_new_session=True,
            umask=0o077,
        )
    return _Starting(process, before)


def _service_environment(where: Layout, record: Record, service: Service) -> dict[str, str]:
    """Return a small environment: proxies and Python settings of the caller stay out."""
    user = layout.user()
    environment = {
        "PATH": os.defpath,
        "HOME": str(where.folder),
        "USER": user,
        "LOGNAME": user,
        "LANG": "C.UTF-8",
        "XDG_CACHE_HOME": str(where.folder / "cache"),
        # All are found by their addresses, and eventlet's resolver takes long to import.
        "EVENTLET_NO_GREENDNS": "yes",
        marked.LAB: record.id,
    }
    # what only starts a server must not be taken for that server
    return environment if service.starts_itself else environment | {marked.SERVICE: service.name}


def _await(where: Layout, record: Record, service: Service, starting: _Starting) -> None:
    """Wait until a service is well.

    Raises:
        SetupToolError: it ended, or does not answer; with the end of its log.
    """
    deadline = time.monotonic() + START_SECONDS
    while not service.is_well():
        if _has_ended(record, service, starting):
            raise SetupToolError(_failure(where, service, starting, "ended while it started"))
        if time.monotonic() > deadline:
            what = f"did not answer within {START_SECONDS:.0f} seconds"
            raise SetupToolError(_failure(where, service, starting, what))
        time.sleep(loopback.POLL_SECONDS)
    if service.starts_itself and starting.process is not None:
        starting.process.wait()


def _has_ended(record: Record, service: Service, starting: _Starting) -> bool:
    if starting.process is None:
        return marked.main_process(record.id, service.name) is None
    status = starting.process.poll()
    if service.starts_itself and status == 0:
        return marked.main_process(record.id, service.name) is None
    return status is not None


def _failure(where: Layout, service: Service, starting: _Starting, what: str) -> str:
    log = where.log(service.name)
    text = log.read_bytes()[starting.logged_before :].decode(errors="replace")
    tail = "\n".join(text.splitlines()[-_TAIL_LINES:])
    return f"The lab's {service.name} {what}. Its log {log} ends:\n{tail}"
