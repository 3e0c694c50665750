"""Passwords and passphrases: asked for at a terminal, once; without one never."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from setup_tool.adapters.admission import unlock_keys, with_passwords
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret
from setup_tool.declare.access import Access, AccessOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
ANSWER = "canary-answer-90d1"
NEEDY = "[Access('a', become=True), Access('b', become=True), Access('c')]"
HEAD = """\
import sys
from pathlib import Path
from setup_tool.adapters.admission import unlock_keys, with_passwords
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.declare.access import Access, AccessOptions
"""


def at_terminal(script: str, answers: Sequence[tuple[bytes, str]]) -> str:
    """Run a script on a terminal, answer each question as it comes, return all that was seen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", HEAD + script],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        start_new_session=True,
    )
    os.close(theirs)
    seen, left = b"", list(answers)
    asked_at = 0
    while True:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the program has ended
            break
        if left and left[0][0] in seen[asked_at:]:
            asked_at = len(seen)
            os.write(ours, left.pop(0)[1].encode() + b"\n")
    os.close(ours)
    assert process.wait() == 0, seen
    assert not left
    return seen.decode()


def test_the_sudo_password_is_asked_for_once_and_not_shown() -> None:
    seen = at_terminal(
        f"found = with_passwords({NEEDY}, AccessOptions(ask_become_password=True))\n"
        f"good = [a.become_password and a.become_password.reveal() == {ANSWER!r} for a in found]\n"
        "print(good)\n",
        [(b"sudo password: ", ANSWER)],
    )
    assert seen.count("password: ") == 1
    assert "[True, True, None]" in seen
    assert ANSWER not in seen


def test_the_ssh_password_is_asked_for_where_the_inventory_has_none() -> None:
    seen = at_terminal(
        "from setup_tool.core.secret import Secret\n"
        "nodes = [Access('a'), Access('b', password=Secret('own'))]\n"
        "found = with_passwords(nodes, AccessOptions(ask_password=True))\n"
        f"print([a.password.reveal() in ({ANSWER!r}, 'own') for a in found], len(set(found)))\n",
        [(b"SSH password: ", ANSWER)],
    )
    assert "[True, True] 2" in seen
    assert ANSWER not in seen


def test_a_passphrase_is_asked_for_once_and_again_when_it_was_wrong(tmp_path: Path) -> None:
    file = encrypted_key(tmp_path)
    seen = at_terminal(
        f"context = SshContext(Path({str(tmp_path)!r}), agent=False)\n"
        f"nodes = [Access(name, key_file={str(file)!r}) for name in 'abc']\n"
        "unlock_keys(nodes, context)\n"
        "print('locked', context.locked_files(nodes[0]))\n",
        [(b"Passphrase of", "canary-wrong"), (b"Passphrase of", ANSWER)],
    )
    assert "That is not the passphrase" in seen
    assert "locked ()" in seen
    assert "canary" not in seen.replace(str(tmp_path), "")


def encrypted_key(folder: Path) -> Path:
    file = folder / "key"
    key = ed25519.Ed25519PrivateKey.generate()
    phrase = BestAvailableEncryption(ANSWER.encode())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, phrase))
    return file


@pytest.mark.parametrize(
    ("options", "variable"),
    [
        (AccessOptions(ask_password=True), "ansible_password"),
        (AccessOptions(ask_become_password=True), "ansible_become_password"),
    ],
)
def test_without_a_terminal_the_variable_is_named(options: AccessOptions, variable: str) -> None:
    with pytest.raises(DeclarationError, match=f"no terminal to ask .* {variable},"):
        with_passwords([Access("a", become=True)], options)


def test_without_a_terminal_no_passphrase_is_asked_for(tmp_path: Path) -> None:
    context = SshContext(tmp_path, agent=False)
    access = Access("a", key_file=str(encrypted_key(tmp_path)))
    unlock_keys([access], context)
    assert context.locked_files(access)


def test_nothing_is_asked_that_no_node_needs() -> None:
    known = Access("a", become=True, password=Secret("x"), become_password=Secret("y"))
    options = AccessOptions(ask_password=True, ask_become_password=True)
    assert with_passwords([known], options) == (known,)
