"""How a node is reached: Ansible's connection variables, as far as they are honoured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from setup_tool.declare import fields as read
from setup_tool.declare.located import is_null
from setup_tool.declare.ssh_arguments import (
    SshArguments,
    host_key_refusal,
    read_ssh_arguments,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from setup_tool.core.secret import Secret
    from setup_tool.declare.located import Entry, Value
    from setup_tool.declare.references import Scope

    T = TypeVar("T")

Connection = Literal["ssh", "local"]
_SSH_PORT = 22
_LONGEST = 3600

# Of several names for one thing the last holds (Ansible's plugins ssh and sudo).
_HOST = ("ansible_host", "ansible_ssh_host")
_PORT = ("ansible_port", "ansible_ssh_port")
_USER = ("ansible_user", "ansible_ssh_user")
_PASSWORD = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
_KEY_FILE = ("ansible_private_key_file", "ansible_ssh_private_key_file")
_BECOME_USER = ("ansible_become_user", "ansible_sudo_user")
_BECOME_PASSWORD = ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")
_BECOME_FLAGS = ("ansible_become_flags", "ansible_sudo_flags")
_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_TIMEOUT = ("ansible_timeout", "ansible_ssh_timeout")
_CHECKING = ("ansible_host_key_checking", "ansible_ssh_host_key_checking")

_CONNECTIONS: dict[str, Connection] = {
    "ssh": "ssh",
    "smart": "ssh",
    "paramiko": "ssh",
    "paramiko_ssh": "ssh",
    "local": "local",
}

# Variables that change how a node is reached or entered, with the values that change nothing.
_NOT_HONOURED: dict[str, tuple[str, ...]] = {
    "ansible_become_method": ("sudo", "ansible.builtin.sudo"),
    "ansible_become_exe": ("sudo", "/usr/bin/sudo"),
    "ansible_sudo_exe": ("sudo", "/usr/bin/sudo"),
    "ansible_become_user": ("root",),
    "ansible_sudo_user": ("root",),
    "ansible_sudo_chdir": (),
    "ansible_ssh_executable": ("ssh", "/usr/bin/ssh"),
    "ansible_ssh_private_key": (),
    "ansible_private_key": (),
    "ansible_ssh_private_key_passphrase": (),
    "ansible_private_key_passphrase": (),
    "ansible_ssh_pkcs11_provider": (),
    "ansible_paramiko_proxy_command": (),
    "ansible_shell_type": ("sh", "ansible.builtin.sh"),
}
_CURES = {
    "ansible_ssh_private_key": "name a key's file in ansible_ssh_private_key_file",
    "ansible_private_key": "name a key's file in ansible_ssh_private_key_file",
    "ansible_ssh_private_key_passphrase": "load the key into ssh-agent",
    "ansible_private_key_passphrase": "load the key into ssh-agent",
    "ansible_ssh_pkcs11_provider": "load the key into ssh-agent",
    "ansible_paramiko_proxy_command": "use -o ProxyJump=HOST in ansible_ssh_common_args",
    "ansible_become_user": "the files of the services are root's",
    "ansible_sudo_user": "the files of the services are root's",
}
_SUDO_FLAGS = {"-H", "-S", "-n", "-HSn", "-HS", "--set-home", "--non-interactive", "--stdin"}


@dataclass(frozen=True, slots=True)
class Access:
    """How a node is reached.

    ``host`` is a name or an address; ``user`` None is the login's default; ``key_file`` and
    ``known_hosts`` are paths on the operator's machine; ``proxy_jump`` is
    ``[user@]host[:port]``, several with commas. ``become`` is sudo to root. ``accept_new``:
    the host key is accepted if none is known. ``timeout`` is in seconds, for each phase.
    """

    host: str
    port: int = _SSH_PORT
    user: str | None = None
    key_file: str | None = None
    become: bool = False
    become_password: Secret | None = None
    connection: Connection = "ssh"
    password: Secret | None = None
    known_hosts: str | None = None
    proxy_jump: str | None = None
    accept_new: bool = False
    timeout: int | None = None

    @property
    def where(self) -> tuple[str, int, str | None]:
        """What tells machines apart: nodes with the same are one machine."""
        if self.connection == "local":
            return "local", 0, None
        return self.host.lower(), self.port, self.proxy_jump


@dataclass(frozen=True, slots=True)
class AccessOptions:
    """What the command line adds: what is asked for at the terminal, once for all nodes.

    ``accept_new_host_keys``: host keys are accepted of nodes of which none is known.
    """

    ask_password: bool = False
    ask_become_password: bool = False
    accept_new_host_keys: bool = False


def read_access(scope: Scope) -> Access:
    """Return how a host is reached.

    Raises `DeclarationError` for a variable that would change the way and is not honoured:
    better refused than a node entered in another way than the inventory says.
    """
    connection = _connection(scope)
    if connection == "local":
        arguments = SshArguments()
    else:
        _refuse_unchecked_host_keys(scope)
        arguments = _arguments(scope)
    _refuse_what_is_not_honoured(scope, connection)
    return Access(
        host=_unbracketed(_last(scope, _HOST, read.address) or scope.host),
        port=_last(scope, _PORT, read.port) or _SSH_PORT,
        user=_last(scope, _USER, read.address),
        key_file=_last(scope, _KEY_FILE, read.text),
        become=_last(scope, ("ansible_become",), read.truth) or False,
        become_password=_last(scope, _BECOME_PASSWORD, read.secret),
        connection=connection,
        password=_last(scope, _PASSWORD, read.secret),
        known_hosts=arguments.known_hosts,
        proxy_jump=arguments.proxy_jump,
        accept_new=arguments.accept_new,
        timeout=_last(scope, _TIMEOUT, _seconds),
    )


def _unbracketed(host: str) -> str:
    """Return an IPv6 address without the brackets it has in URLs."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _seconds(name: str, value: Value) -> int:
    word = read.scalar(name, value).text
    if word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= _LONGEST:
        return int(word)
    raise value.origin.error(f"{name} is a number of seconds from 1 to {_LONGEST}.")


def _said(scope: Scope, names: tuple[str, ...]) -> list[tuple[str, Entry]]:
    found = [(name, scope.resolve(name)) for name in names]
    return [(name, entry) for name, entry in found if entry and not is_null(entry.value)]


def _last(scope: Scope, names: tuple[str, ...], reading: Callable[[str, Value], T]) -> T | None:
    said = _said(scope, names)
    if not said:
        return None
    name, entry = said[-1]
    return reading(name, entry.value)


def _connection(scope: Scope) -> Connection:
    for name, entry in _said(scope, ("ansible_connection",)):
        word = read.text(name, entry.value).removeprefix("ansible.builtin.")
        if word not in _CONNECTIONS:
            raise entry.origin.error(
                f"{name} of {scope.host} is {word}; nodes are reached by ssh or local only."
            )
        return _CONNECTIONS[word]
    return "ssh"


def _refuse_unchecked_host_keys(scope: Scope) -> None:
    for name, entry in _said(scope, _CHECKING):
        if not read.truth(name, entry.value):
            raise host_key_refusal(name, entry.origin)


def _arguments(scope: Scope) -> SshArguments:
    jump = known_hosts = None
    accept_new = False
    for name, entry in _said(scope, _ARGUMENTS):
        value = entry.value
        if not read.scalar(name, value).text.strip():
            continue
        found = read_ssh_arguments(name, read.text(name, value), entry.origin)
        jump, known_hosts = found.proxy_jump or jump, found.known_hosts or known_hosts
        accept_new = accept_new or found.accept_new
    return SshArguments(jump, known_hosts, accept_new)


def _refuse_what_is_not_honoured(scope: Scope, connection: Connection) -> None:
    for name, harmless in _NOT_HONOURED.items():
        if connection == "local" and not name.startswith(("ansible_become", "ansible_sudo")):
            continue
        for _, entry in _said(scope, (name,)):
            if read.scalar(name, entry.value).text in harmless:
                continue
            cure = _CURES.get(name)
            only = f"; only {read.listed(harmless)} is" if harmless else ""
            raise entry.origin.error(
                f"{name} of {scope.host} is not honoured{only}{': ' + cure if cure else ''}."
            )
    for name, entry in _said(scope, _BECOME_FLAGS):
        if not set(read.scalar(name, entry.value).text.split()) <= _SUDO_FLAGS:
            raise entry.origin.error(
                f"{name} of {scope.host} holds flags for sudo that are not honoured; take it out."
            )
