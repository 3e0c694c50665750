"""Bring the lab up, take it down, and tell how it is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from setup_tool.core.errors import DeclarationError
from setup_tool.lab import configuration, layout, packages, starting
from setup_tool.lab.layout import Layout, Record
from setup_tool.lab.servers import marked
from setup_tool.lab.services import Service, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

State = Literal["running", "stopped", "not answering"]

STOP_SECONDS = 5.0
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


def up(folder: Path, *, ec2: bool = False, report: Callable[[str], None] = _silent) -> LabStatus:
    """Bring the lab up and return when all of it answers.

    Starts what does not run, keeps all data, and makes a new lab if there is none.

    Args:
        folder: where the lab lies; made if it is missing.
        ec2: have the controller ready for an ec2-api, from now on; setup-tool sets it up.
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
        if ec2 and not record.ec2:
            record = layout.mark_ec2(where, record)
        python = packages.SERVERS.interpreter(report)
        configuration.write(where, record)
        configuration.write_control(where, record, python)
        if record.ec2:
            configuration.write_ec2_api(where, record, packages.EC2_API.interpreter(report))
        record = starting.start(where, record, services(where, record, python), report)
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
        raise DeclarationError(
            f"The lab's folder cannot be made: {folder}: {problem.strerror}. Choose another "
            "with --dir."
        ) from None
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


def _status(where: Layout, record: Record) -> LabStatus:
    known = services(where, record, packages.SERVERS.environment() / "bin" / "python")
    living = marked.find(record.id)
    return LabStatus(where.folder, tuple(_service_status(each, living) for each in known))


def _service_status(service: Service, living: list[marked.Marked]) -> ServiceStatus:
    of_it = [process for process in living if process.service == service.name]
    pid = next((process.pid for process in of_it if process.leads), None)
    state: State = "stopped"
    if of_it:
        state = "running" if pid is not None and service.is_well() else "not answering"
    return ServiceStatus(service.name, pid, service.address, state)
