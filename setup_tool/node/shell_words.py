"""Words of a POSIX shell script: quoting, paths, here-documents."""

from __future__ import annotations

import base64
import re

from setup_tool.core.errors import DeclarationError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:+-]{0,127}")
_ARMOUR = "PAYLOAD"

PRELUDE = """\
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
unset CDPATH ENV BASH_ENV
"""
"""What every script starts with: byte semantics, and the folders that a
non-interactive login often lacks in its PATH."""


def quoted(text: str) -> str:
    """Return the text as one literal word. Raises `DeclarationError` for control characters.

    Lines and NULs never belong in what reaches a node as a word; a payload goes
    through `here_document`.
    """
    if _CONTROL.search(text):
        raise DeclarationError(
            f"{_CONTROL.sub('?', text)!r} holds a control character, which no path, URL or "
            "command for a node may; remove it from the inventory."
        )
    return "'" + text.replace("'", "'\\''") + "'"


def path_word(path: str) -> str:
    """Return a path as one word; ``~/`` is the home of the login."""
    if path.startswith("~/"):
        return '"$HOME"/' + quoted(path[2:])
    if not path.startswith("/"):
        raise DeclarationError(
            f"{path!r} is not a path on a node: it must be absolute or start with ~/."
        )
    return quoted(path)


def file_name(name: str) -> str:
    """Return a name that is a file name as it is; raises `DeclarationError` otherwise."""
    if not _NAME.fullmatch(name):
        raise DeclarationError(
            f"{name!r} cannot name a run, a service or a unit: letters, digits and _.@:+- only."
        )
    return name


def here_document(data: bytes, target: str) -> str:
    """Return a command that writes the bytes to the file ``target`` (a shell word)."""
    armoured = base64.encodebytes(data).decode("ascii")
    return f"base64 -d >{target} <<'{_ARMOUR}'\n{armoured}{_ARMOUR}\n"


def block(body: str) -> bytes:
    """Return the script as one compound command: cut short, it is a syntax error and runs nothing.

    Its commands read nothing of what follows on the shell's standard input.
    """
    return f"{{\nexec </dev/null\n{PRELUDE}{body}exit 0\n}}\n".encode()
