"""SSH keys: one a machine, one for whoever logs in."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

if TYPE_CHECKING:
    from pathlib import Path

_HOMES = ("root", "home/ops", "home/asked")
"""Of those who may log in with the cloud's key. `ops` becomes root by sudo, `asked` too, but
only with its password."""


def write_key(path: Path) -> str:
    """Write a new private key, and return the line that tells its public half."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return _told(key)


def give_host_key(root: Path, kept: Path) -> str:
    """Give the machine with this root its host key; return the line that tells it.

    The key is made once and kept at the path, as long as the machine has its name.
    """
    if not kept.exists():
        write_key(kept)
    shutil.copy(kept, root / "etc/ssh/ssh_host_ed25519_key")
    key = load_ssh_private_key(kept.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return _told(key)


def _told(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def admit(root: Path, public: str) -> None:
    """Let whoever has the key log in to the machine with this root."""
    for home in _HOMES:
        folder = root / home / ".ssh"
        owner = (root / home).stat()
        folder.mkdir(mode=0o700, exist_ok=True)
        keys = folder / "authorized_keys"
        keys.write_text(f"{public}\n")
        for path in (folder, keys):
            os.chown(path, owner.st_uid, owner.st_gid)
