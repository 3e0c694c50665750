"""The processes of a lab, found by the mark in their environment.

Every process of a lab carries the lab's random id in its environment, and the
name of its service; what it starts inherits both. So no pid file can go stale,
an orphaned worker or a detached command is found too, and a stranger that got an
old pid is never taken for ours.

Used by the lab and, as a sibling, by the scripts in this folder: standard library only.
"""

from __future__ import annotations

import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path

LAB = "SETUP_TOOL_LAB"
SERVICE = "SETUP_TOOL_LAB_SERVICE"

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Marked:
    """A live process of a lab. The services' main processes lead a session of their own."""

    pid: int
    session: int
    service: str | None
    """The service it belongs to; None for a command that was run on a node."""

    @property
    def leads(self) -> bool:
        """Whether it is the main process of its service, and no worker of it."""
        return self.pid == self.session


def find(lab: str, service: str | None = None) -> list[Marked]:
    """Return the lab's live processes, of one service if it is named, oldest pid first."""
    pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    found = (_marked(pid, lab) for pid in pids if pid != os.getpid())
    return [each for each in found if each and service in (None, each.service)]


def main_process(lab: str, service: str) -> Marked | None:
    """Return the service's main process if it lives."""
    return next((each for each in find(lab, service) if each.leads), None)


def stop(lab: str, service: str | None = None, *, patience: float = 5.0) -> None:
    """End the lab's processes, or one service's: ask with TERM, after ``patience`` seconds KILL.

    Returns when none is left. A main process is asked alone, since it ends its own
    workers; an orphan is asked itself.
    """
    deadline = time.monotonic() + patience
    asked: set[int] = set()
    while left := find(lab, service):
        if time.monotonic() > deadline:
            for each in left:
                _send(each, lab, signal.SIGKILL)
        else:
            leaders = {each.pid for each in left if each.leads}
            for each in left:
                if each.pid not in asked and (each.leads or each.session not in leaders):
                    asked.add(each.pid)
                    _send(each, lab, signal.SIGTERM)
        time.sleep(_POLL_SECONDS)


def ended(pid: int, timeout: float) -> bool:
    """Wait for a process to end, up to ``timeout`` seconds; tell whether it did."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], timeout)[0])
    finally:
        os.close(descriptor)


def _marked(pid: int, lab: str) -> Marked | None:
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        if f"{LAB}={lab}".encode() not in entries:
            return None
        session = os.getsid(pid)
    except OSError:  # it ended meanwhile, or it is another user's
        return None
    prefix = f"{SERVICE}=".encode()
    service = next((entry[len(prefix) :] for entry in entries if entry.startswith(prefix)), None)
    return Marked(pid, session, service.decode() if service else None)


def _send(process: Marked, lab: str, signum: signal.Signals) -> None:
    """Signal the process, unless its pid has gone over to another one meanwhile."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if _marked(process.pid, lab) is not None:
            signal.pidfd_send_signal(descriptor, signum)
    except ProcessLookupError:
        return
    finally:
        os.close(descriptor)
