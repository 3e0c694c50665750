"""Bring the lab up, take it down, and tell how it is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.lab import configuration, layout, loopback, packages, seed
from setup_tool.lab.layout import Layout, Record
from setup_tool.lab.servers import marked
from setup_tool.lab.services import Service, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

State = Literal["running", "stopped", "not answering"]

START_SECONDS = 90.0
STOP_SECONDS = 5.0
_POLL_SECONDS = 0.03
_TAIL_LINES = 15
_UNFIT_FOR_CONFIGURATION = frozenset("$%?:\r\n")


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How one service of the lab is."""

    name: str
    pid: int | None
    """Its main process; None if that does not live."""
    address: str
    """Where it answers: a URL, or host:port,... where it speaks no HTTP."""
    state: State


@dataclass(frozen=True, slots=True)
class LabStatus:
    """How the lab in a folder is."""

    folder: Path
    services: tuple[ServiceStatus, ...]
    """Empty if there is no lab in the folder."""

    @property
    def exists(self) -> bool:
        """Whether there is a lab in the folder, running or not."""
        return bool(self.services)

    @property
    def running(self) -> bool:
        """Whether all of it runs and answers."""
        return self.exists and all(service.state == "running" for service in self.services)

    @property
    def stopped(self) -> bool:
        """Whether nothing of it runs."""
        return all(service.state == "stopped" for service in self.services)


def default_folder() -> Path:
    """Return where the lab lies unless the operator says otherwise."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "setup-tool" / "lab"


def _silent(_: str) -> None:
    """Report nothing."""


def up(folder: Path, *, report: Callable[[str], None] = _silent) -> LabStatus:
    """Bring the lab up and return when all of it answers.

    Starts what does not run, keeps all data, and makes a new lab if there is none.

    Args:
        folder: where the lab lies; made if it is missing.
        report: gets a sentence for each thing done.

    Raises:
        DeclarationError: the folder or this machine cannot hold a lab; nothing was started.
        SetupToolError: a service did not start; with the end of its log.
    """
    where = Layout(folder.resolve())
    _refuse_unsuitable(where)
    _make_folder(where.folder)
    with _locked(where.folder):
        record = layout.load(where) or _new(where)
        python = packages.interpreter(report)
        configuration.write(where, record)
        configuration.write_control(where, record, python)
        record = _start(where, record, services(where, record, python), report)
        return _status(where, record)


def down(folder: Path, *, wipe: bool = False) -> LabStatus:
    """Stop every process of the lab, also those that were started on its nodes.

    Args:
        folder: where the lab lies.
        wipe: remove the folder with all data, too.
    """
    where = Layout(folder.resolve())
    if not where.folder.is_dir():
        return LabStatus(where.folder, ())
    with _locked(where.folder):
        record = layout.load(where)
        if record is None:
            return LabStatus(where.folder, ())
        marked.stop(record.id, patience=STOP_SECONDS)
        if wipe:
            shutil.rmtree(where.folder)
            return LabStatus(where.folder, ())
        return _status(where, record)


def status(folder: Path) -> LabStatus:
    """Tell how each service is, now."""
    where = Layout(folder.resolve())
    record = layout.load(where)
    return _status(where, record) if record else LabStatus(where.folder, ())


def environment(folder: Path) -> dict[str, str]:
    """Return the variables that make OpenStack clients use the lab, as its admin.

    Raises:
        DeclarationError: there is no lab in the folder.
    """
    where = Layout(folder.resolve())
    if layout.load(where) is None:
        raise DeclarationError(
            f"There is no lab in {where.folder}: start one with `setup-tool lab up`."
        )
    return {"OS_CLIENT_CONFIG_FILE": str(where.clouds), "OS_CLOUD": "lab"}


def _refuse_unsuitable(where: Layout) -> None:
    if sys.platform != "linux":
        raise DeclarationError("The lab runs on Linux only.")
    try:
        layout.user()
    except KeyError:
        raise DeclarationError(
            f"The lab's Swift needs a user with a name, and user id {os.getuid()} has none "
            "in the system's user database."
        ) from None
    if where.folder.exists() and not where.folder.is_dir():
        raise DeclarationError(f"{where.folder} is not a folder, so no lab can be made there.")
    if odd := set(str(where.folder)) & _UNFIT_FOR_CONFIGURATION:
        raise DeclarationError(
            f"The path {str(where.folder)!r} holds {' '.join(map(repr, sorted(odd)))}, which means "
            "something else in the services' configuration files. Choose another folder."
        )
    if where.folder.is_dir() and not where.record.exists() and any(where.folder.iterdir()):
        raise DeclarationError(
            f"The folder {where.folder} holds something that is no lab. "
            "Choose an empty or a new one."
        )


def _make_folder(folder: Path) -> None:
    """Make the lab's folder, on a file system that Swift can use."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise DeclarationError(f"The lab's folder cannot be made: {problem}.") from None
    try:
        os.setxattr(folder, "user.setup-tool.lab", b"1")
        os.removexattr(folder, "user.setup-tool.lab")
    except OSError as problem:
        raise DeclarationError(
            f"Swift keeps its metadata in extended attributes, and the file system of {folder} "
            f"has none for users ({problem.strerror}). Choose a folder on ext4, XFS or Btrfs."
        ) from None


def _new(where: Layout) -> Record:
    return layout.save(where, layout.new_record(where.folder))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other `up` and `down` of the same lab waiting."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start(
    where: Layout, record: Record, wanted: Iterable[Service], report: Callable[[str], None]
) -> Record:
    """Start what does not run; proxies when their rings are there; fill a new cloud."""
    by_name = {service.name: service for service in wanted}
    servers = [service for service in by_name.values() if not service.starts_itself]
    starting = {service.name: _launch(where, record, service) for service in servers}
    _await(where, record, by_name["storage"], starting["storage"])
    configuration.give_rings(where)
    for name in layout.PROXIES:
        starting[name] = _launch(where, record, by_name[name])
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
        if not loopback.is_free(port):
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
        time.sleep(_POLL_SECONDS)
    if service.starts_itself and starting.process is not None:
        starting.process.wait()


def _has_ended(record: Record, service: Service, starting: _Starting) -> bool:
    if starting.process is None:
        return marked.main_process(record.id, service.name) is None
    status = starting.process.poll()
    return bool(status) if service.starts_itself else status is not None


def _failure(where: Layout, service: Service, starting: _Starting, what: str) -> str:
    log = where.log(service.name)
    text = log.read_bytes()[starting.logged_before :].decode(errors="replace")
    tail = "\n".join(text.splitlines()[-_TAIL_LINES:])
    return f"The lab's {service.name} {what}. Its log {log} ends:\n{tail}"


def _status(where: Layout, record: Record) -> LabStatus:
    known = services(where, record, packages.environment() / "bin" / "python")
    living = marked.find(record.id)
    return LabStatus(where.folder, tuple(_service_status(each, living) for each in known))


def _service_status(service: Service, living: list[marked.Marked]) -> ServiceStatus:
    of_it = [process for process in living if process.service == service.name]
    pid = next((process.pid for process in of_it if process.leads), None)
    state: State = "stopped"
    if of_it:
        state = "running" if pid is not None and service.is_well() else "not answering"
    return ServiceStatus(service.name, pid, service.address, state)
