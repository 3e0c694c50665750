"""What all SSH connections of one process share: keys, known hosts, ``~/.ssh/config``.

Reading them once a process instead of once a node halves the processor time of a
run over a hundred nodes.
"""

from __future__ import annotations

import functools
import getpass
import logging
import re
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.known_hosts import KnownKey, read_known_hosts
from setup_tool.core.errors import DeclarationError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import paramiko

    from setup_tool.declare.access import Access

_SSH_PORT = 22
_DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_CORRECT = "correct ansible_ssh_private_key_file, or IdentityFile in ~/.ssh/config"
_SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")

_MATCH_EXEC = re.compile(r"\s*match\s.*\bexec\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a connection goes, with what ``~/.ssh/config`` adds to the inventory."""

    host: str
    port: int
    user: str
    key_files: tuple[str, ...]
    known_hosts: tuple[str, ...]
    proxy_jump: str | None

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


class SshContext:
    """The operator's SSH files, read at first use; for several threads.

    ``folder`` is ``~/.ssh``; ``agent`` says whether ssh-agent is asked for keys.
    """

    def __init__(self, folder: Path, *, agent: bool = True) -> None:
        self._folder = folder
        self._ask_agent = agent
        self._lock = threading.RLock()
        self._keys: dict[str, paramiko.PKey] = {}
        self._known: dict[tuple[Path, ...], tuple[KnownKey, ...]] = {}
        self._agent_keys: tuple[paramiko.PKey, ...] | None = None
        self._agent: paramiko.Agent | None = None
        self._config: paramiko.SSHConfig | None = None
        self._config_read = False

    def destination(self, access: Access) -> Destination:
        """Return where a node is; what the inventory says wins over ``~/.ssh/config``."""
        options = self._options(access.host)
        port = access.port
        if port == _SSH_PORT:
            port = int(options.get("port", port))
        identities = (access.key_file,) if access.key_file else options.get("identityfile", ())
        known_hosts = options.get("userknownhostsfile", "").split()
        jump = access.proxy_jump or options.get("proxyjump")
        if options.get("proxycommand"):
            raise DeclarationError(
                f"{self._folder / 'config'} reaches {access.host} through ProxyCommand, which is "
                "not supported; use ProxyJump."
            )
        return Destination(
            host=options.get("hostname", access.host),
            port=port,
            user=access.user or options.get("user") or getpass.getuser(),
            key_files=tuple(identities),
            known_hosts=(access.known_hosts,) if access.known_hosts else tuple(known_hosts),
            proxy_jump=None if jump in {None, "none"} else jump,
        )

    def known_hosts_files(self, destination: Destination) -> tuple[Path, ...]:
        """Return the files that vouch for a destination; keys are added to the first."""
        if destination.known_hosts:
            return tuple(Path(file).expanduser() for file in destination.known_hosts)
        return (
            self._folder / "known_hosts",
            self._folder / "known_hosts2",
            _SYSTEM_KNOWN_HOSTS,
        )

    def known_keys(self, destination: Destination, entry: str) -> tuple[KnownKey, ...]:
        """Return the known keys of a host, named as known_hosts names it."""
        paths = self.known_hosts_files(destination)
        with self._lock:
            if paths not in self._known:
                self._known[paths] = read_known_hosts(paths)
            known = self._known[paths]
        return tuple(key for key in known if key.names(entry))

    def keys(self, destination: Destination) -> Iterator[paramiko.PKey]:
        """Yield the keys to try: the files named, the agent's, else the usual files.

        Raises `UnreachableError` for a named file that is missing or cannot be used.
        """
        for path in destination.key_files:
            yield self._key(Path(path).expanduser())
        yield from self._keys_of_agent()
        if not destination.key_files:
            for name in _DEFAULT_KEYS:
                file = self._folder / name
                if file.is_file():
                    yield self._key(file)

    def _key(self, path: Path) -> paramiko.PKey:
        with self._lock:
            if str(path) not in self._keys:
                self._keys[str(path)] = _load_key(path)
            return self._keys[str(path)]

    def _keys_of_agent(self) -> tuple[paramiko.PKey, ...]:
        paramiko = import_paramiko()
        with self._lock:
            if self._agent_keys is None:
                self._agent = paramiko.Agent() if self._ask_agent else None
                self._agent_keys = self._agent.get_keys() if self._agent else ()
            return self._agent_keys

    def _options(self, host: str) -> dict[str, Any]:
        """Return what ``~/.ssh/config`` says of a host, keys in lower case."""
        path = self._folder / "config"
        paramiko = import_paramiko()
        with self._lock:
            try:
                if not self._config_read:
                    text = path.read_text(encoding="utf-8")
                    _refuse_match_exec(path, text)
                    self._config = paramiko.SSHConfig.from_text(text)
                    self._config_read = True
                return dict(self._config.lookup(host)) if self._config else {}
            except FileNotFoundError:
                self._config_read = True
                return {}
            except (OSError, UnicodeDecodeError, paramiko.SSHException) as problem:
                raise DeclarationError(f"{path} cannot be used: {problem}") from None


def _refuse_match_exec(path: Path, text: str) -> None:
    """Refuse what would run a program; `import_paramiko` leaves out what runs it."""
    for number, line in enumerate(text.splitlines(), 1):
        if _MATCH_EXEC.match(line):
            raise DeclarationError(
                f"{path}, line {number}: `Match exec` cannot be used by setup-tool. Use `Host` or "
                "`Match host` for what the nodes need."
            )


@functools.cache
def shared_context() -> SshContext:
    """Return the context of this process's user."""
    return SshContext(Path("~/.ssh").expanduser())


@functools.cache
def import_paramiko() -> Any:
    """Import paramiko without the library it needs for ``Match exec`` only (90 of 240 ms)."""
    unneeded = "invoke"
    absent = unneeded not in sys.modules
    if absent:
        sys.modules[unneeded] = None  # type: ignore[assignment]  # makes its import fail
    try:
        import paramiko
    finally:
        if absent:
            del sys.modules[unneeded]
    # what it would log are exceptions that are raised to us as well
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    return paramiko


def _load_key(path: Path) -> paramiko.PKey:
    library = import_paramiko()
    try:
        key: paramiko.PKey = library.PKey.from_path(str(path))
    except FileNotFoundError:
        raise UnreachableError(f"there is no key file {path}; {_CORRECT}") from None
    except OSError as problem:
        raise UnreachableError(
            f"the key file {path} cannot be read: {problem.strerror}; {_CORRECT}"
        ) from None
    except (library.PasswordRequiredException, TypeError):
        raise UnreachableError(
            f"the key in {path} is encrypted; load it into ssh-agent (ssh-add {path})"
        ) from None
    except (ValueError, library.SSHException, library.pkey.UnknownKeyType):
        raise UnreachableError(f"{path} is not a private key; {_CORRECT}") from None
    return key
