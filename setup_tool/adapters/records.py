"""What was done to Keystone, one JSON line a step, with the step that undoes it."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import SetupToolError
from setup_tool.core.identity import ProjectRef, UserRef
from setup_tool.core.secret import Secret
from setup_tool.resources.identity.inverse import inverse

if TYPE_CHECKING:
    from setup_tool.core.identity import IdentityStep


class FileRecords:
    """A file a run, ``RUN.jsonl``, readable by its owner only.

    A step is written before it is performed: what was done is a prefix of what is
    written, with at most one step more.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def done(self, run: str, step: IdentityStep) -> None:
        """Append a step; raises `SetupToolError` where the folder cannot be written."""
        line = json.dumps({"step": _plain(step), "inverse": _plain(inverse(step))}) + "\n"
        path = self._folder / f"{run}.jsonl"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "a") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise SetupToolError(
                f"{path} cannot be written: {error.strerror}. Keystone was not changed; give "
                "this user a state directory of its own (XDG_STATE_HOME)."
            ) from None

    def kept(self, run: str) -> tuple[str, ...]:
        """Return the files of all rounds of a run."""
        return tuple(sorted(map(str, self._folder.glob(f"{run}-*.jsonl"))))


def state_folder() -> Path:
    """Return where this user's state lies: ``$XDG_STATE_HOME/setup-tool``."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "setup-tool"


def _plain(step: IdentityStep | None) -> dict[str, Any] | None:
    if step is None:
        return None
    fields = ((field.name, getattr(step, field.name)) for field in dataclasses.fields(step))
    return {"kind": type(step).__name__} | {name: _value(value) for name, value in fields}


def _value(value: Any) -> Any:
    """Return what stands for a field in a line; for a password only that there is one."""
    if isinstance(value, Secret):
        return "(secret)"
    return dataclasses.asdict(value) if isinstance(value, UserRef | ProjectRef) else value
