"""The seed of the access keys that a run makes, kept until it is known how the run ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.errors import SetupToolError
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setup_tool.ports import Clock

LIFETIME = 86400.0
"""Seconds after which no request of a run that was killed can still be under way."""

_BYTES = 16


class SeedFile:
    """A file with a seed, readable by its owner only, which runs at the same time share.

    A run that ends without knowing what became of its requests leaves it to the next one,
    which then makes the same access keys.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._descriptor = -1

    @contextlib.contextmanager
    def held(self) -> Iterator[Secret]:
        """Give the seed, and hold the file for as long.

        Raises `SetupToolError` where the file cannot be kept.
        """
        try:
            while (seed := self._taken()) is None:
                pass
        except OSError as error:
            raise SetupToolError(
                f"{self._path} cannot be kept: {error.strerror}. Nothing was changed; give this "
                "user a state directory of its own (XDG_STATE_HOME)."
            ) from None
        try:
            yield seed
        finally:
            os.close(self._descriptor)

    def settle(self) -> bool:
        """Say that every request was answered; the seed goes unless another run holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # lost by the attempt, see flock(2)
            return False
        self._path.unlink(missing_ok=True)
        return True

    def _taken(self) -> Secret | None:
        """Open the file and return its seed; None when it has gone or was too old."""
        self._make_if_missing()
        self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        found = os.fstat(self._descriptor)
        is_old = self._clock.now().timestamp() - found.st_mtime > LIFETIME
        if found.st_nlink and not (is_old and self.settle()):
            return Secret(os.read(self._descriptor, 2 * _BYTES).decode())
        os.close(self._descriptor)
        return None

    def _make_if_missing(self) -> None:
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists():
            return
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(temporary, self._path)
        finally:
            Path(temporary).unlink()
