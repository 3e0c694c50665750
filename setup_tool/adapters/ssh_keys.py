"""The operator's private keys: files, with passphrases or without, and ssh-agent's."""

from __future__ import annotations

import base64
import binascii
import struct
import threading
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.ssh_library import import_paramiko
from setup_tool.core.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from setup_tool.core.secret import Secret

_CORRECT = "correct ansible_ssh_private_key_file, or IdentityFile in ~/.ssh/config"
_MAGIC = b"openssh-key-v1\0"


class LockedKeyError(UnreachableError):
    """A key file is encrypted and no passphrase was given that opens it."""


class KeyRing:
    """Private keys, each read once; for several threads.

    ``agent`` says whether ssh-agent is asked for keys.
    """

    def __init__(self, *, agent: bool = True) -> None:
        self._ask_agent = agent
        self._lock = threading.RLock()
        self._keys: dict[Path, Any] = {}
        self._agent: Any = None
        self._agent_keys: tuple[AgentKey, ...] | None = None

    def file(self, path: Path) -> Any:
        """Return the key of a file; the agent's if that holds it, since it needs no passphrase.

        Raises `LockedKeyError`, and `UnreachableError` for a file that cannot be used.
        """
        with self._lock:
            if path not in self._keys:
                held = {key.asbytes(): key for key in self.agent()}
                blob = _public_part(path) if held else None
                self._keys[path] = held.get(blob or b"") or _load(path, None)
            return self._keys[path]

    def agent(self) -> tuple[AgentKey, ...]:
        """Return the keys that ssh-agent holds."""
        paramiko = import_paramiko()
        with self._lock:
            if self._agent_keys is None:
                keys: tuple[Any, ...] = ()
                if self._ask_agent:
                    try:
                        self._agent = paramiko.Agent()
                        keys = self._agent.get_keys()
                    except (OSError, paramiko.SSHException):
                        keys = ()
                self._agent_keys = tuple(AgentKey(key, self._lock) for key in keys)
            return self._agent_keys

    def is_locked(self, path: Path) -> bool:
        """Tell whether a file's key cannot be used without a passphrase."""
        try:
            self.file(path)
        except LockedKeyError:
            return True
        except UnreachableError:
            return False
        return False

    def unlock(self, path: Path, passphrase: Secret) -> bool:
        """Tell whether the passphrase opens the file, whose key is kept then."""
        with self._lock:
            try:
                self._keys[path] = _load(path, passphrase)
            except LockedKeyError:
                return False
            return True


class AgentKey:
    """A key of ssh-agent, to which the connections of several threads talk in turn."""

    def __init__(self, key: Any, lock: threading.RLock) -> None:
        self._key, self._lock = key, lock

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> Any:
        """Have the agent sign."""
        with self._lock:
            return self._key.sign_ssh_data(data, algorithm)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._key, name)


def _load(path: Path, passphrase: Secret | None) -> Any:
    library = import_paramiko()
    try:
        return library.PKey.from_path(
            str(path), None if passphrase is None else passphrase.reveal().encode()
        )
    except FileNotFoundError:
        raise UnreachableError(f"there is no key file {path}; {_CORRECT}") from None
    except OSError as problem:
        raise UnreachableError(
            f"the key file {path} cannot be read: {problem.strerror}; {_CORRECT}"
        ) from None
    except (library.PasswordRequiredException, TypeError):
        raise LockedKeyError(
            f"the key in {path} is encrypted; load it into ssh-agent (ssh-add {path}), or give "
            "its passphrase when it is asked for at the terminal"
        ) from None
    except ValueError:
        if passphrase is not None:
            raise LockedKeyError(f"that is not the passphrase of {path}") from None
        raise _unusable(path) from None
    except (library.SSHException, library.pkey.UnknownKeyType):
        raise _unusable(path) from None


def _unusable(path: Path) -> UnreachableError:
    return UnreachableError(
        f"{path} is not a private key; {_CORRECT}. One in a format that is not OpenSSH's is "
        f"rewritten by `ssh-keygen -p -f {path}`"
    )


def _public_part(path: Path) -> bytes | None:
    """Return a key's public part, which an encrypted file shows as well; None if it does not.

    OpenSSH's own format has it in the clear (PROTOCOL.key), for others ``.pub`` lies beside.
    """
    try:
        text = path.read_text(encoding="ascii")
        if "BEGIN OPENSSH PRIVATE KEY" in text:
            data = base64.b64decode("".join(text.strip().splitlines()[1:-1]))
            rest = data.removeprefix(_MAGIC)
            for _ in range(3):  # cipher, KDF and its options
                rest = _after_field(rest)[1]
            return _after_field(rest[4:])[0]
        public = path.with_name(path.name + ".pub").read_text(encoding="ascii")
        return base64.b64decode(public.split()[1])
    except (OSError, ValueError, IndexError, struct.error, binascii.Error):
        return None


def _after_field(data: bytes) -> tuple[bytes, bytes]:
    """Return a string of RFC 4251 and what follows it."""
    end = 4 + int(struct.unpack_from(">I", data)[0])
    return data[4:end], data[end:]
