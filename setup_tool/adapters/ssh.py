"""Nodes over SSH: one connection a node, opened at first use and kept."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.known_hosts import check_host_key, host_entry
from setup_tool.adapters.node_shell import SILENCE, Conversation, LostError, NodeShell
from setup_tool.adapters.ssh_context import (
    Destination,
    SshContext,
    import_paramiko,
    shared_context,
)
from setup_tool.core.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import paramiko

    from setup_tool.adapters.known_hosts import KnownKey
    from setup_tool.declare.access import Access

_CONNECT_TIMEOUT = 15
"""Seconds for each of: TCP connection, key exchange, login, opening a session."""
_KEEPALIVE = 15
_SSH_PORT = 22
_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")


class SshShell(NodeShell):
    """Fulfils `setup_tool.ports.Shell` over SSH.

    A connection that broke between two calls is opened anew; one that breaks in a
    call is an error, since nobody knows what the node has heard.
    """

    def __init__(self, name: str, access: Access, context: SshContext | None = None) -> None:
        super().__init__(name, become=access.become, become_password=access.become_password)
        self._access = access
        self._context = context or shared_context()
        self._hops: list[paramiko.Transport] = []

    def _open(self, command: str, *, terminal: bool) -> Conversation:
        paramiko = import_paramiko()
        if self._hops and self._hops[-1].is_active():
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError, LostError):
                return _SshConversation(self._hops[-1], command, terminal=terminal)
        self.close()
        self._connect()
        try:
            return _SshConversation(self._hops[-1], command, terminal=terminal)
        except (paramiko.SSHException, EOFError, OSError, LostError) as problem:
            self._fail("session", f"the node gave no shell: {_reason(problem)}")

    def close(self) -> None:
        """Fulfil `Shell.close`."""
        for transport in reversed(self._hops):
            transport.close()
        self._hops.clear()

    def _connect(self) -> None:
        try:
            self._enter(self._context.destination(self._access), self._access)
        except BaseException:
            self.close()
            raise

    def _enter(self, destination: Destination, access: Access) -> None:
        """Connect and log in, through the hosts of ProxyJump first."""
        if destination.proxy_jump:
            before, _, last = destination.proxy_jump.rpartition(",")
            jump = replace(_jump_access(last, access), proxy_jump=before or None)
            jump_destination = self._context.destination(jump)
            self._enter(jump_destination, jump)
        transport = self._speak(destination, self._socket(destination))
        self._hops.append(transport)
        self._log_in(transport, destination, access)
        transport.set_keepalive(_KEEPALIVE)

    def _socket(self, destination: Destination) -> Any:
        paramiko = import_paramiko()
        try:
            if destination.proxy_jump:
                there = (destination.host, destination.port)
                return self._hops[-1].open_channel(
                    "direct-tcpip", there, ("127.0.0.1", 0), timeout=_CONNECT_TIMEOUT
                )
            link = socket.create_connection(
                (destination.host, destination.port), timeout=_CONNECT_TIMEOUT
            )
        except socket.gaierror as problem:
            self._fail(
                "resolve",
                f"the name {destination.host} has no address ({problem.strerror}). Correct "
                "ansible_host, or give an address there",
            )
        except (OSError, paramiko.SSHException) as problem:
            self._fail(
                "connect",
                f"no connection to {destination}: {_reason(problem)}. Check that the node is up, "
                "its ansible_host and ansible_port, and firewalls between",
            )
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _PromptSocket(link)

    def _speak(self, destination: Destination, link: Any) -> paramiko.Transport:
        """Exchange keys and verify the node's own."""
        library = import_paramiko()
        entry = host_entry(destination.host, destination.port)
        known = self._context.known_keys(destination, entry)
        transport: paramiko.Transport = library.Transport(link)
        try:
            transport.banner_timeout = _CONNECT_TIMEOUT
            _prefer_known(transport, known)
            transport.start_client(timeout=_CONNECT_TIMEOUT)
            key = transport.get_remote_server_key()
            shown = (key.get_name(), key.asbytes())
            file = self._context.known_hosts_files(destination)[0]
            check_host_key(known, destination.host, destination.port, shown, file)
        except UnreachableError as problem:
            transport.close()
            self._fail("host key", str(problem))
        except (library.SSHException, EOFError, OSError) as problem:
            transport.close()
            self._fail(
                "connect",
                f"{destination} does not speak SSH with us: {_reason(problem)}. Check that "
                "ansible_port is its SSH port",
            )
        return transport

    def _log_in(
        self, transport: paramiko.Transport, destination: Destination, access: Access
    ) -> None:
        paramiko = import_paramiko()
        transport.auth_timeout = _CONNECT_TIMEOUT
        tried = []
        try:
            for key in self._context.keys(destination):
                tried.append(key.get_name())
                with contextlib.suppress(paramiko.AuthenticationException):
                    if not transport.auth_publickey(destination.user, key):
                        return
            if access.password is not None:
                tried.append("password")
                with contextlib.suppress(paramiko.AuthenticationException):
                    if not transport.auth_password(destination.user, access.password.reveal()):
                        return
        except UnreachableError as problem:
            self._fail("login", str(problem))
        except (paramiko.SSHException, EOFError, OSError) as problem:
            self._fail("login", f"{destination} broke off: {_reason(problem)}")
        self._fail("login", _login_refusal(destination, tried))


class _SshConversation:
    """A command in a session of its own on a connection."""

    def __init__(self, transport: paramiko.Transport, command: str, *, terminal: bool) -> None:
        self._channel = transport.open_session(timeout=_CONNECT_TIMEOUT)
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
            raise LostError(f"The connection broke: {_reason(problem)}.") from None


class _PromptSocket:
    """A socket that acknowledges at once what it receives.

    Linux delays acknowledgements by 40 ms, and OpenSSH waits for one before it
    answers the opening of a session. The option does not last, so it is set anew
    (tcp(7), TCP_QUICKACK).
    """

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def recv(self, size: int) -> bytes:
        data = self._link.recv(size)
        if _QUICKACK is not None:
            with contextlib.suppress(OSError):
                self._link.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)


_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


def _prefer_known(transport: paramiko.Transport, known: Sequence[KnownKey]) -> None:
    """Ask for a host key of a kind that is known, as OpenSSH does."""
    options = transport.get_security_options()
    kinds: list[str] = []
    for key in known:
        kinds += _RSA_SIGNATURES if key.kind == "ssh-rsa" else (key.kind,)
    offered = tuple(options.key_types)
    wanted = [kind for kind in dict.fromkeys(kinds) if kind in offered]
    options.key_types = (*wanted, *(kind for kind in offered if kind not in wanted))


def _jump_access(hop: str, access: Access) -> Access:
    """Return how ``[user@]host[:port]`` is reached: with the keys of the node behind it."""
    user, _, place = hop.strip().rpartition("@")
    host, port = place, _SSH_PORT
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        port = int(rest[1:] or _SSH_PORT)
    elif place.count(":") == 1:
        host, _, digits = place.partition(":")
        port = int(digits)
    return replace(access, host=host, port=port, user=user or None, password=None)


def _login_refusal(destination: Destination, tried: list[str]) -> str:
    if not tried:
        return (
            f"there is no key to log in as {destination} with; name one in "
            "ansible_ssh_private_key_file or load one into ssh-agent"
        )
    return (
        f"{destination} refused {', '.join(dict.fromkeys(tried))}; check the user, and that the "
        "key is in its authorized_keys"
    )


def _reason(problem: BaseException) -> str:
    """Return what a library said, or what kind of thing happened."""
    if isinstance(problem, TimeoutError):
        return f"no answer within {_CONNECT_TIMEOUT} seconds"
    text = (problem.strerror if isinstance(problem, OSError) else None) or str(problem)
    return text.strip().rstrip(".") or "the other side hung up"
