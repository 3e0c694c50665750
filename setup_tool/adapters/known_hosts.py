"""Host keys that the operator's known_hosts files vouch for (sshd(8), SSH_KNOWN_HOSTS)."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_SSH_PORT = 22
_FIELDS = 3


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line: whose key, and where it is written. ``blob`` is the key as it is on the wire."""

    hosts: str
    kind: str
    blob: bytes
    revoked: bool
    origin: str

    def names(self, host: str) -> bool:
        """Tell whether the line speaks of ``host`` (``name`` or ``[name]:port``)."""
        if self.hosts.startswith("|1|"):
            return _hash_matches(self.hosts, host)
        named = False
        for pattern in self.hosts.lower().split(","):
            if pattern.startswith("!"):
                if _matches(host, pattern[1:]):
                    return False
            elif _matches(host, pattern):
                named = True
        return named


def fingerprint(blob: bytes) -> str:
    """Return a key's fingerprint as ``ssh-keygen -l`` prints it."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def read_known_hosts(paths: Iterable[Path]) -> tuple[KnownKey, ...]:
    """Return the keys of those of the files that are there; lines that are none are passed over.

    Lines of certificate authorities are passed over too: host certificates are not verified.
    """
    keys = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            key = _parse(line, f"{path}:{number}")
            if key is not None:
                keys.append(key)
    return tuple(keys)


def host_entry(host: str, port: int) -> str:
    """Return how known_hosts names a host at a port."""
    name = host.lower()
    return name if port == _SSH_PORT else f"[{name}]:{port}"


def check_host_key(
    known: Sequence[KnownKey],
    entry: str,
    place: tuple[str, int],
    shown: tuple[str, bytes],
    file: Path,
) -> None:
    """Accept a host key that is known. Raises `UnreachableError` for one that is not.

    ``known`` are the lines that name the host, which is ``entry`` in them; ``place`` is its
    address and port, ``shown`` the key's kind and blob, ``file`` where a key would be added.
    """
    kind, blob = shown
    same = [key for key in known if key.blob == blob]
    new = f"{kind} {fingerprint(blob)}"
    host, port = place
    revoking = next((key for key in same if key.revoked), None)
    if revoking:
        raise UnreachableError(f"{entry} shows the key {new}, which {revoking.origin} revokes.")
    if same:
        return
    trusted = [key for key in known if not key.revoked]
    if trusted:
        lines = ", ".join(f"{key.kind} {fingerprint(key.blob)} ({key.origin})" for key in trusted)
        raise UnreachableError(
            f"{entry} shows the key {new}, but known is {lines}. Either the node was installed "
            "anew, or somebody stands in between. If you know that it was, forget the old key "
            f"(ssh-keygen -R '{entry}' -f {file}) and add the new one."
        )
    scan = f"ssh-keyscan {'' if port == _SSH_PORT else f'-p {port} '}{host} >> {file}"
    raise UnreachableError(
        f"{entry} shows the key {new}, and {file} knows no key of it. Compare it with what "
        f"`ssh-keygen -lf /etc/ssh/ssh_host_{_short(kind)}_key.pub` says on the node itself, then "
        f"add it: {scan} - or say --accept-new-host-keys, which adds the keys of all nodes that "
        "have none yet"
    )


def add_known_host(file: Path, entry: str, shown: tuple[str, bytes], *, hashed: bool) -> KnownKey:
    """Append a key to a file, its host hashed if ``hashed`` or if others in the file are.

    Raises `UnreachableError` where the file cannot be written.
    """
    kind, blob = shown
    try:
        if file.exists() and not file.is_file():
            raise UnreachableError(f"{file} is no regular file, so no host key can be kept in it.")
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
        if hashed or any(line.startswith("|1|") for line in text.splitlines()):
            entry = _hashed(entry)
        start = "\n" if text and not text.endswith("\n") else ""
        line = f"{start}{entry} {kind} {base64.b64encode(blob).decode()}\n"
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as output:
            output.write(line)
    except OSError as problem:
        raise UnreachableError(
            f"the new host key cannot be written to {file}: {problem.strerror}."
        ) from None
    place = f"{file}:{len(text.splitlines()) + 1}"
    return KnownKey(entry, kind, blob, revoked=False, origin=place)


def _hashed(entry: str) -> str:
    salt = os.urandom(hashlib.sha1(usedforsecurity=False).digest_size)
    digest = hmac.new(salt, entry.encode(), hashlib.sha1).digest()
    return "|".join(["", "1", base64.b64encode(salt).decode(), base64.b64encode(digest).decode()])


def _short(kind: str) -> str:
    return next((name for name in ("ed25519", "ecdsa", "rsa") if name in kind), "*")


def _parse(line: str, origin: str) -> KnownKey | None:
    fields = line.split()
    marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
    if len(fields) < _FIELDS or fields[0].startswith("#") or marker not in {"", "@revoked"}:
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except binascii.Error:
        return None
    return KnownKey(fields[0], fields[1], blob, revoked=bool(marker), origin=origin)


def _hash_matches(hashed: str, host: str) -> bool:
    """Tell whether ``|1|salt|hash`` is the HMAC-SHA1 of the host under the salt."""
    try:
        salt, digest = (base64.b64decode(part) for part in hashed.split("|")[2:4])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, host.encode(), hashlib.sha1).digest(), digest)


def _matches(host: str, pattern: str) -> bool:
    """Match with ``*`` and ``?``; brackets are literal, they set off ports."""
    return fnmatch.fnmatchcase(host, pattern.replace("[", "[[]"))
