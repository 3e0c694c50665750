"""A way to a node: through jump hosts where there are any, verified and logged in at each."""

from __future__ import annotations

import random
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from setup_tool.adapters.ssh_context import jump_access
from setup_tool.adapters.ssh_keys import LockedKeyError
from setup_tool.adapters.ssh_library import import_paramiko
from setup_tool.adapters.ssh_link import Link, connect_command, connect_tcp
from setup_tool.core.errors import DeclarationError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import paramiko

    from setup_tool.adapters.known_hosts import KnownKey
    from setup_tool.adapters.ssh_context import Destination, SshContext
    from setup_tool.declare.access import Access

_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")
_PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds until we knock again where sshd drops who comes at once (MaxStartups)."""
_PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254, 5.1)."""


class PhaseError(Exception):
    """A node was not reached: in which phase, and why."""

    def __init__(self, phase: str, why: str) -> None:
        super().__init__(f"{phase}: {why}")
        self.phase, self.why = phase, why


class SshConnection:
    """The connections to a node and to the jump hosts before it.

    `open` and `session` raise `PhaseError`, and `DeclarationError` for what
    ``~/.ssh/config`` says wrong.
    """

    def __init__(self, access: Access, context: SshContext) -> None:
        self._access, self._context = access, context
        self._hops: list[tuple[Destination, paramiko.Transport]] = []

    @property
    def is_open(self) -> bool:
        """Whether it is there, as far as is known."""
        return bool(self._hops) and self._hops[-1][1].is_active()

    @property
    def transports(self) -> tuple[paramiko.Transport, ...]:
        """The connections, the node's own last."""
        return tuple(transport for _, transport in self._hops)

    def open(self) -> None:
        """Connect anew."""
        self.close()
        try:
            self._enter(self._context.destination(self._access), self._access, ())
        except BaseException:
            self.close()
            raise

    def session(self) -> paramiko.Channel:
        """Return a channel for one command."""
        destination, transport = self._hops[-1]
        try:
            return transport.open_session(timeout=destination.timeout)
        except (import_paramiko().SSHException, EOFError, OSError) as problem:
            _fail("session", f"the node gave no shell: {reason(problem, destination.timeout)}")

    def close(self) -> None:
        """Let go of all."""
        for _, transport in reversed(self._hops):
            transport.close()
        self._hops.clear()

    def _enter(self, destination: Destination, access: Access, ahead: tuple[str, ...]) -> None:
        """Connect and log in, through the hosts of ProxyJump first.

        ``ahead`` are the destinations behind this one.
        """
        if destination.where in ahead:
            raise DeclarationError(
                f"{destination.where} is reached through itself by ProxyJump. Correct "
                "~/.ssh/config: give the jump host a `Host` of its own with `ProxyJump none`, "
                "before the one that names it."
            )
        if destination.proxy_jump:
            before, _, last = destination.proxy_jump.rpartition(",")
            jump = replace(jump_access(last, access), proxy_jump=before or None)
            hop = self._context.destination(jump, hop=True)
            self._enter(hop, jump, (*ahead, destination.where))
        transport = self._speak(destination)
        self._hops.append((destination, transport))
        self._log_in(transport, destination, access)
        transport.set_keepalive(destination.keepalive)

    def _speak(self, destination: Destination) -> paramiko.Transport:
        """Exchange keys and verify the host's own."""
        library = import_paramiko()
        known = self._context.known_keys(destination)
        for pause in (*_PAUSES, None):
            link = self._link(destination)
            transport: paramiko.Transport = library.Transport(link)
            transport.banner_timeout = destination.timeout
            _prefer_known(transport, known)
            started = time.monotonic()
            try:
                transport.start_client(timeout=destination.timeout)
                key = transport.get_remote_server_key()
                self._context.check_host_key(destination, (key.get_name(), key.asbytes()))
            except UnreachableError as problem:
                transport.close()
                _fail("host key", f"{'on the way, ' if destination.hop else ''}{problem}")
            except (library.SSHException, EOFError, OSError) as trouble:
                transport.close()
                if pause is None or not link.dropped or destination.proxy_command:
                    # the library says all sorts of things when it has waited too long
                    late = time.monotonic() - started >= destination.timeout
                    why = _no_ssh(destination, link, TimeoutError() if late else trouble)
                    _fail("connect", why)
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads the crowd
            else:
                return transport
        raise AssertionError

    def _link(self, destination: Destination) -> Link:
        paramiko = import_paramiko()
        there = (destination.host, destination.port)
        before = self._hops[-1] if destination.proxy_jump else None
        through = f" from {before[0]}" if before else ""
        try:
            if before:
                here = ("127.0.0.1", 0)
                channel = before[1].open_channel(
                    "direct-tcpip", there, here, timeout=destination.timeout
                )
                return Link(channel, tcp=False)
            if destination.proxy_command:
                return connect_command(destination.proxy_command)
            return connect_tcp(*there, destination.timeout)
        except socket.gaierror as problem:
            _fail(
                "resolve",
                f"the name {destination.host} has no address ({problem.strerror}). Correct "
                "ansible_host, or give an address there",
            )
        except paramiko.ChannelException as problem:
            what = (
                "it forbids to be a jump host (AllowTcpForwarding, PermitOpen)"
                if problem.code == _PROHIBITED
                else f"it says: {problem.text or 'connect failed'}"
            )
            _fail("connect", f"no connection to {destination}{through}: {what}. {_CHECK}")
        except (OSError, paramiko.SSHException) as problem:
            why = reason(problem, destination.timeout)
            _fail("connect", f"no connection to {destination}{through}: {why}. {_CHECK}")

    def _log_in(
        self, transport: paramiko.Transport, destination: Destination, access: Access
    ) -> None:
        library = import_paramiko()
        transport.auth_timeout = destination.timeout
        tried: list[str] = []
        allowed: list[str] = []
        locked = None
        try:
            try:
                for key in self._context.keys(destination):
                    tried.append(key.get_name())
                    allowed = _left(transport, transport.auth_publickey, destination.user, key)
                    if not allowed:
                        return
            except LockedKeyError as problem:
                locked = problem
            if access.password is not None:
                tried.append("password")
                secret = access.password.reveal()
                allowed = _left(transport, transport.auth_password, destination.user, secret)
                if not allowed:
                    return
        except UnreachableError as problem:
            _fail("login", str(problem))
        except (library.SSHException, EOFError, OSError) as problem:
            _fail("login", _broken_off(destination, tried, problem))
        refusal = _login_refusal(destination, tried, allowed) if tried or not locked else ""
        _fail("login", ". Besides, ".join(filter(None, (refusal, str(locked or "")))))


_CHECK = "Check that the node is up, its ansible_host and ansible_port, and firewalls between"


def reason(problem: BaseException, timeout: float) -> str:
    """Return what a library said, or what kind of thing happened; ``timeout`` in seconds."""
    if isinstance(problem, TimeoutError):
        return f"no answer within {timeout:g} seconds"
    text = (problem.strerror if isinstance(problem, OSError) else None) or str(problem)
    text = text.strip().rstrip(".")
    if "timeout" in text.lower() or "timed out" in text.lower():
        return f"no answer within {timeout:g} seconds"
    return text or "the other side hung up"


def _fail(phase: str, why: str) -> NoReturn:
    raise PhaseError(phase, why) from None


def _left(transport: paramiko.Transport, attempt: Any, *login: object) -> list[str]:
    """Return by what the host would still let us in; empty: we are in."""
    library = import_paramiko()
    try:
        return list(attempt(*login))
    except library.BadAuthenticationType as problem:
        return list(problem.allowed_types)
    except library.AuthenticationException:
        if not transport.is_active():
            raise
        return ["other keys or passwords"]


def _no_ssh(destination: Destination, link: Link, problem: BaseException) -> str:
    if link.dropped and not destination.proxy_command:
        return (
            f"{destination} hung up {len(_PAUSES) + 1} times before its banner; its sshd takes no "
            "more connections (MaxStartups, PerSourcePenalties), or none from here. Ask fewer "
            "nodes at a time (--forks), or correct its sshd_config"
        )
    if destination.proxy_command:
        return (
            f"the ProxyCommand of {destination} in ~/.ssh/config did not lead to an SSH server: "
            f"{reason(problem, destination.timeout)}. Try it by hand, with ssh"
        )
    return (
        f"{destination} does not speak SSH with us: {reason(problem, destination.timeout)}. Check "
        "that ansible_port is its SSH port"
    )


def _broken_off(destination: Destination, tried: list[str], problem: BaseException) -> str:
    said = f"{destination} broke off: {reason(problem, destination.timeout)}"
    if len(tried) > 1:
        return (
            f"{said}, after {len(tried)} keys or passwords; where its MaxAuthTries is lower, name "
            "the right key in ansible_ssh_private_key_file and say IdentitiesOnly in ~/.ssh/config"
        )
    return said


def _login_refusal(destination: Destination, tried: list[str], allowed: list[str]) -> str:
    if not tried:
        return (
            f"there is no key to log in as {destination} with; name one in "
            "ansible_ssh_private_key_file or load one into ssh-agent"
        )
    lets = f" (it lets in by {', '.join(allowed)})"
    return (
        f"{destination} refused {', '.join(dict.fromkeys(tried))}{lets}; check the user, and that "
        "the key is in its authorized_keys"
    )


def _prefer_known(transport: paramiko.Transport, known: Sequence[KnownKey]) -> None:
    """Ask for a host key of a kind that is known, as OpenSSH does."""
    options = transport.get_security_options()
    kinds: list[str] = []
    for key in known:
        kinds += _RSA_SIGNATURES if key.kind == "ssh-rsa" else (key.kind,)
    offered = tuple(options.key_types)
    wanted = [kind for kind in dict.fromkeys(kinds) if kind in offered]
    options.key_types = (*wanted, *(kind for kind in offered if kind not in wanted))
