"""What the operator is asked for at the terminal, once for all nodes, before any connection."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from setup_tool.adapters.ssh_context import SshContext
    from setup_tool.declare.access import Access, AccessOptions

_TRIES = 3


def with_passwords(accesses: Sequence[Access], options: AccessOptions) -> tuple[Access, ...]:
    """Return the accesses with the passwords that the inventory leaves to the terminal.

    Nothing is asked that no node needs. Raises `DeclarationError` without a terminal.
    """
    lacking = [a for a in accesses if a.connection == "ssh" and a.password is None]
    if options.ask_password and lacking:
        password = _asked("SSH password", "--ask-pass", "ansible_password")
        accesses = [replace(a, password=password) if a in lacking else a for a in accesses]
    lacking = [a for a in accesses if a.become and a.become_password is None]
    if options.ask_become_password and lacking:
        password = _asked("sudo password", "--ask-become-pass", "ansible_become_password")
        accesses = [replace(a, become_password=password) if a in lacking else a for a in accesses]
    return tuple(accesses)


def unlock_keys(accesses: Sequence[Access], context: SshContext) -> None:
    """Ask for the passphrase of each key file that needs one; without a terminal do nothing.

    A key that stays locked is left out, and named where nothing else opens a node.
    """
    if not _terminal():
        return
    files: dict[Path, None] = {}
    for access in accesses:
        if access.connection == "ssh":
            files.update(dict.fromkeys(context.locked_files(access)))
    for file in files:
        for _ in range(_TRIES):
            passphrase = _hidden(f"Passphrase of {file} (empty: do without it): ")
            if not passphrase or context.ring.unlock(file, passphrase):
                break
            sys.stderr.write(f"That is not the passphrase of {file}.\n")


def _asked(what: str, option: str, variable: str) -> Secret:
    if not _terminal():
        raise DeclarationError(
            f"There is no terminal to ask for the {what} on ({option}). Give it in the "
            f"inventory instead: {variable}, in a file that only you can read."
        )
    found = _hidden(f"{what}: ")
    if not found:
        raise DeclarationError(f"No {what} was given, so nothing was done.")
    return found


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _hidden(question: str) -> Secret:
    try:
        return Secret(getpass.getpass(question))
    except EOFError:
        return Secret("")
