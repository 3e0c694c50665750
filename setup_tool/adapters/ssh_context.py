"""What all SSH connections of one process share: keys, known hosts, ``~/.ssh/config``.

Reading them once a process instead of once a node halves the processor time of a
run over a hundred nodes.
"""

from __future__ import annotations

import getpass
import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.known_hosts import (
    KnownKey,
    add_known_host,
    check_host_key,
    fingerprint,
    host_entry,
    read_known_hosts,
)
from setup_tool.adapters.ssh_config import SshConfig
from setup_tool.adapters.ssh_keys import KeyRing, LockedKeyError
from setup_tool.core.errors import DeclarationError
from setup_tool.declare.ssh_arguments import is_jump, jump_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from setup_tool.declare.access import Access

_SSH_PORT = 22
_DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_SYSTEM_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts"
_YES = {"yes", "true"}

CONNECT_TIMEOUT = 15.0
"""Seconds for each of: TCP connection, key exchange, login, opening a session."""
KEEPALIVE = 15
"""Seconds between signs of life, so that a NAT does not forget an idle connection."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a connection goes, with what ``~/.ssh/config`` adds to the inventory.

    Of ``key_files`` the inventory's own, ``required``, must be there; ``agent`` is whether its
    other keys are tried as well. ``entry`` is how known_hosts names it. ``timeout`` is in
    seconds for each phase, ``keepalive`` in seconds. ``hop``: others are reached through it.
    """

    host: str
    port: int
    user: str
    key_files: tuple[Path, ...]
    required: Path | None
    agent: bool
    entry: str
    known_hosts: tuple[Path, ...]
    accept_new: bool
    hash_names: bool
    proxy_jump: str | None
    proxy_command: str | None
    timeout: float
    keepalive: int
    hop: bool = False

    @property
    def where(self) -> str:
        """As whom and where, as one word."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}"

    def __str__(self) -> str:
        return f"{'jump host ' if self.hop else ''}{self.where}"


class SshContext:
    """The operator's SSH files, read at first use; for several threads.

    ``folder`` is ``~/.ssh``; ``agent`` says whether ssh-agent is asked for keys;
    ``accept_new`` whether unknown host keys are accepted, which ``announce`` is told.
    """

    def __init__(
        self,
        folder: Path,
        *,
        agent: bool = True,
        accept_new: bool = False,
        announce: Callable[[str], None] | None = None,
    ) -> None:
        self._folder = folder
        self._accept_new = accept_new
        self._announce = announce or (lambda _: None)
        self._lock = threading.RLock()
        self._known: dict[tuple[Path, ...], tuple[KnownKey, ...]] = {}
        self._config = SshConfig(folder)
        self.ring = KeyRing(agent=agent)

    def destination(self, access: Access, *, hop: bool = False) -> Destination:
        """Return where a node is; what the inventory says wins over ``~/.ssh/config``.

        A ``hop`` is entered with its own key, and with that of the node behind it as well.
        """
        options = self._config.options(access.host)
        port = access.port
        if port == _SSH_PORT:
            port = _number(options, "port", port, self._config.path)
        host = options.get("hostname", access.host)
        configured = options.get("identityfile", [])
        files = [access.key_file] if access.key_file else configured
        if hop and access.key_file:
            files = [*configured, access.key_file]
        jump, command = self._proxy(access, options)
        timeout = access.timeout or _number(
            options, "connecttimeout", CONNECT_TIMEOUT, self._config.path
        )
        user = access.user or options.get("user") or getpass.getuser()
        alias = options.get("hostkeyalias")
        strict = str(options.get("stricthostkeychecking", "")).lower()
        return Destination(
            host=host,
            port=port,
            user=user,
            key_files=tuple(Path(file).expanduser() for file in files if file != "none"),
            required=Path(access.key_file).expanduser() if access.key_file else None,
            agent=options.get("identitiesonly", "").lower() not in _YES or not files,
            entry=alias.lower() if alias else host_entry(host, port),
            known_hosts=self._known_hosts_files(access, options),
            accept_new=self._accept_new or access.accept_new or strict == "accept-new",
            hash_names=options.get("hashknownhosts", "").lower() in _YES,
            proxy_jump=jump,
            proxy_command=command and _expanded(command, access.host, host, port, user),
            timeout=timeout,
            keepalive=_number(options, "serveraliveinterval", 0, self._config.path) or KEEPALIVE,
            hop=hop,
        )

    def _proxy(self, access: Access, options: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Return ProxyJump and ProxyCommand; the inventory's jump wins."""
        jump = access.proxy_jump or options.get("proxyjump")
        if jump is not None and jump.lower() == "none":
            return None, None
        if jump is not None and not is_jump(jump):
            raise DeclarationError(
                f"{self._config.path} reaches {access.host} through {jump}, which is not "
                "[USER@]HOST[:PORT]."
            )
        command = None if jump else options.get("proxycommand")
        through = jump_of(command) if command else None
        return (through, None) if through else (jump, command)

    def _known_hosts_files(self, access: Access, options: Mapping[str, Any]) -> tuple[Path, ...]:
        """Return the files that vouch for a host; keys are added to the first."""
        if access.known_hosts:
            return (Path(access.known_hosts).expanduser(),)
        own = options.get("userknownhostsfile", "").split()
        usual = [str(self._folder / "known_hosts"), str(self._folder / "known_hosts2")]
        system = options.get("globalknownhostsfile", _SYSTEM_KNOWN_HOSTS).split()
        files = [*(own or usual), *system]
        named = [file for file in files if file != "none"] or usual[:1]
        return tuple(Path(file).expanduser() for file in named)

    def known_keys(self, destination: Destination) -> tuple[KnownKey, ...]:
        """Return the known keys of a host."""
        paths = destination.known_hosts
        with self._lock:
            if paths not in self._known:
                self._known[paths] = read_known_hosts(paths)
            known = self._known[paths]
        return tuple(key for key in known if key.names(destination.entry))

    def check_host_key(self, destination: Destination, shown: tuple[str, bytes]) -> None:
        """Accept a host key that is known, or new where new ones are accepted.

        ``shown`` is the key's kind and blob. Raises `UnreachableError` for any other.
        """
        file = destination.known_hosts[0]
        with self._lock:
            known = self.known_keys(destination)
            if known or not destination.accept_new:
                place = (destination.host, destination.port)
                check_host_key(known, destination.entry, place, shown, file)
                return
            key = add_known_host(file, destination.entry, shown, hashed=destination.hash_names)
            paths = destination.known_hosts
            self._known[paths] = (*self._known[paths], key)
        self._announce(
            f"accepted the new host key {shown[0]} {fingerprint(shown[1])} of "
            f"{destination.entry} into {file}"
        )

    def keys(self, destination: Destination) -> Iterator[Any]:
        """Yield the keys to try: the files named, the agent's, else the usual files.

        A file that `~/.ssh/config` names may be missing. Raises `UnreachableError` for one
        that cannot be used; for an encrypted one only after all others.
        """
        wanted = destination.key_files
        files = tuple(file for file in wanted if file == destination.required or file.exists())
        agent = self.ring.agent() if destination.agent else ()
        if not destination.key_files and not agent:
            files = self._usual_files()
        locked: list[LockedKeyError] = []
        tried: set[bytes] = set()
        for file in files:
            try:
                key = self.ring.file(file)
            except LockedKeyError as problem:
                locked.append(problem)
                continue
            tried.add(key.asbytes())
            yield key
        yield from (key for key in agent if key.asbytes() not in tried)
        if locked:
            raise locked[0]

    def locked_files(self, access: Access) -> tuple[Path, ...]:
        """Return the key files on the way to a node that need a passphrase to be used."""
        found: dict[Path, None] = {}
        ways, seen = [(access, False)], set()
        while ways:
            way, hop = ways.pop()
            destination = self.destination(way, hop=hop)
            if destination.where in seen:  # through itself: said when it is connected to
                break
            seen.add(destination.where)
            files = destination.key_files
            if not files and not (destination.agent and self.ring.agent()):
                files = self._usual_files()
            found.update(dict.fromkeys(file for file in files if self.ring.is_locked(file)))
            jumps = destination.proxy_jump.split(",") if destination.proxy_jump else []
            ways += [(jump_access(jump, access), True) for jump in jumps]
        return tuple(found)

    def _usual_files(self) -> tuple[Path, ...]:
        return tuple(file for name in _DEFAULT_KEYS if (file := self._folder / name).is_file())


def _expanded(command: str, name: str, host: str, port: int, user: str) -> str:
    """Return a ProxyCommand with its tokens expanded (ssh_config(5), TOKENS)."""
    tokens = {"%h": host, "%n": name, "%p": str(port), "%r": user, "%%": "%"}
    return re.sub(r"%[hnpr%]", lambda match: tokens[match[0]], command)


def _number(options: Mapping[str, Any], name: str, default: float, path: Path) -> Any:
    """Return a number of seconds or of a port, the default where none is said."""
    word = str(options.get(name, default))
    if word == str(default) or word.lower() == "none":
        return default
    if not re.fullmatch(r"[0-9]{1,5}", word):
        raise DeclarationError(f"{path}: {name} is {word}, which is no number.")
    return int(word)


def jump_access(hop: str, access: Access) -> Access:
    """Return how ``[user@]host[:port]`` is reached: also with the key of the node behind it."""
    user, _, place = hop.strip().removeprefix("ssh://").rstrip("/").rpartition("@")
    host, port = place, str(_SSH_PORT)
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        port = rest[1:] or port
    elif place.count(":") == 1:
        host, _, port = place.partition(":")
    return replace(access, host=host, port=int(port), user=user or None, password=None)
