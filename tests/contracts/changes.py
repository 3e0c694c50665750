"""Transactions to try on a node, and what tells whether a folder was touched."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from setup_tool.core.content import Content
from setup_tool.core.http import Request
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import (
    BounceService,
    Canary,
    StampService,
    Transaction,
    WriteFile,
)

if TYPE_CHECKING:
    from pathlib import Path

    from setup_tool.core.transaction import NodeStep
    from tests.node.places import LittleService

STATE = "~/state"
TOKEN = "canary-token-5e7d"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(path: str, new: bytes, old: bytes | None) -> WriteFile:
    return WriteFile(path, Content(new), None if old is None else digest(old))


def token_canary(service: LittleService, *, before: bool = True) -> Canary:
    headers = (("X-Auth-Token", Secret(TOKEN)),)
    return Canary("native", Request("GET", f"{service.url}/conf", headers), (200,), before)


def change(
    service: LittleService,
    run: str,
    old: bytes,
    new: bytes,
    *,
    steps: tuple[NodeStep, ...] = (),
    timeout: int = 10,
) -> Transaction:
    """Return a change of the service's file, with a restart, a canary and a stamp."""
    control = service.control(timeout=timeout)
    doing = (
        *steps,
        write("~/service.conf", new, old),
        BounceService(control, reload=False),
        StampService(control),
    )
    return Transaction(run, STATE, doing, (token_canary(service),))


def snapshot(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return what tells whether anything in a folder was touched (reading aside)."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        found[str(path)] = (
            status.st_ino,
            status.st_mode,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )
    return found
