"""Nodes over SSH: one connection a node, opened at first use and kept."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from setup_tool.adapters.node_shell import SILENCE, Conversation, LostError, NodeShell
from setup_tool.adapters.ssh_connection import PhaseError, SshConnection, reason
from setup_tool.adapters.ssh_library import import_paramiko

if TYPE_CHECKING:
    import paramiko

    from setup_tool.adapters.ssh_context import SshContext
    from setup_tool.declare.access import Access


class SshShell(NodeShell):
    """Fulfils `setup_tool.ports.Shell` over SSH.

    A connection that broke between two calls is opened anew; one that breaks in a
    call is an error, since nobody knows what the node has heard.
    """

    def __init__(self, name: str, access: Access, context: SshContext) -> None:
        super().__init__(name, become=access.become, become_password=access.become_password)
        self._connection = SshConnection(access, context)

    def _open(self, command: str, *, terminal: bool) -> Conversation:
        paramiko = import_paramiko()
        if self._connection.is_open:
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError, PhaseError):
                return _SshConversation(self._connection.session(), command, terminal=terminal)
        try:
            self._connection.open()
            return _SshConversation(self._connection.session(), command, terminal=terminal)
        except PhaseError as problem:
            self._fail(problem.phase, problem.why)
        except (paramiko.SSHException, EOFError, OSError) as problem:
            given = "terminal" if terminal else "shell"
            self._fail("session", f"the node gave no {given}: {reason(problem, SILENCE)}")

    def close(self) -> None:
        """Fulfil `Shell.close`."""
        self._connection.close()


class _SshConversation:
    """A command in a session of its own on a connection."""

    def __init__(self, channel: paramiko.Channel, command: str, *, terminal: bool) -> None:
        self._channel = channel
        self._channel.settimeout(SILENCE)
        self._channel.set_combine_stderr(True)
        if terminal:
            self._channel.get_pty(term="dumb")
        self._channel.exec_command(command)

    def send(self, data: bytes) -> None:
        with _broken():
            self._channel.sendall(data)

    def end_input(self) -> None:
        with _broken():
            self._channel.shutdown_write()

    def receive(self) -> bytes:
        with _broken():
            return self._channel.recv(65536)

    def close(self) -> None:
        self._channel.close()


class _broken(contextlib.ContextDecorator):  # noqa: N801 - used like a function
    """Turns the ways in which a connection breaks into `LostError`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, TimeoutError):
            raise LostError(f"Nothing was heard for {SILENCE} seconds.") from None
        if isinstance(problem, (OSError, EOFError, import_paramiko().SSHException)):
            raise LostError(f"The connection broke: {reason(problem, SILENCE)}.") from None
