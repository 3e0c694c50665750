"""The machine that setup-tool runs on, as a node (``ansible_connection: local``)."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from typing import TYPE_CHECKING, cast

from setup_tool.adapters.node_shell import SILENCE, Conversation, LostError, NodeShell

if TYPE_CHECKING:
    from typing import IO

    from setup_tool.declare.access import Access


class LocalShell(NodeShell):
    """Fulfils `setup_tool.ports.Shell` with processes of this machine."""

    def __init__(self, name: str, access: Access) -> None:
        super().__init__(name, become=access.become, become_password=access.become_password)

    def _open(self, command: str, *, terminal: bool) -> Conversation:
        return _TerminalConversation(command) if terminal else _LocalConversation(command)

    def close(self) -> None:
        """Nothing is kept open."""


class _LocalConversation:
    """A command in a session of its own, so that the terminal's Ctrl-C does not reach it."""

    def __init__(self, command: str) -> None:
        self._process = _started(["/bin/sh", "-c", command], subprocess.PIPE)
        self._input = cast("IO[bytes]", self._process.stdin)
        self._output = cast("IO[bytes]", self._process.stdout)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._input.write(view) :]
        except BrokenPipeError:
            return  # what it said before it ended tells more

    def end_input(self) -> None:
        self._input.close()

    def receive(self) -> bytes:
        ready, _, _ = select.select([self._output], [], [], SILENCE)
        if not ready:
            raise LostError(f"Nothing was heard for {SILENCE} seconds.")
        return os.read(self._output.fileno(), 65536)

    def close(self) -> None:
        self._input.close()
        self._output.close()
        _end(self._process)


class _TerminalConversation:
    """The same on a terminal of its own, for a sudo that insists on one."""

    def __init__(self, command: str) -> None:
        self._terminal, theirs = os.openpty()
        # a leader of a session without a terminal gets the one that it opens (tty(4))
        opening = 'exec <>"$1" >&0 2>&0; eval "$2"'
        words = ["/bin/sh", "-c", opening, "sh", os.ttyname(theirs), command]
        self._process = _started(words, theirs)
        os.close(theirs)

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._terminal, view) :]
        except OSError:
            return  # what it said before it ended tells more

    def end_input(self) -> None:
        """A terminal has none: what reads from it knows how much."""

    def receive(self) -> bytes:
        ready, _, _ = select.select([self._terminal], [], [], SILENCE)
        if not ready:
            raise LostError(f"Nothing was heard for {SILENCE} seconds.")
        try:
            return os.read(self._terminal, 65536)
        except OSError:  # EIO: the last of those who had it open is gone
            return b""

    def close(self) -> None:
        os.close(self._terminal)
        _end(self._process)


def _started(words: list[str], ends: int) -> subprocess.Popen[bytes]:
    """Start a process with both outputs in one; ``ends`` is a descriptor or subprocess.PIPE."""
    return subprocess.Popen(
        words,
        stdin=ends,
        stdout=ends,
        stderr=subprocess.STDOUT,
        bufsize=0,
        cwd="/",
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        # sudo is not ours to signal; it ends when it finds its pipes closed
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
