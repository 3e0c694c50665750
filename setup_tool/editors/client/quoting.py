"""Values as other languages than the shell write them: the filters of templates."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import uuid as uuids

_TEMPLATED = re.compile(r"([$%])(?=\{)")


def word(value: str) -> str:
    """Return the value as a word of a POSIX shell, quoted only where it must be.

    For commands that people read; scripts quote everything.
    """
    return shlex.quote(value)


def hcl(value: str) -> str:
    """Return the value as a string of Terraform's language, which fills in ``${`` and ``%{``."""
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    doubled = _TEMPLATED.sub(r"\1\1", plain)
    return f'"{doubled}"'


def yaml(value: str) -> str:
    """Return any value as a double-quoted scalar of YAML, on one line.

    A JSON string will not do: YAML reads its two escapes of a letter beyond the basic
    plane as two letters, and takes some control characters not at all.
    """
    letters = "".join(map(_yaml_letter, value))
    return f'"{letters}"'


def _yaml_letter(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"


def uuid(value: str) -> str:
    """Return the UUID that stands for a value, always the same one."""
    return str(uuids.uuid5(uuids.NAMESPACE_URL, value))


def csp_hash(value: str) -> str:
    """Return what a Content-Security-Policy calls an inline script or style sheet."""
    digest = hashlib.sha256(value.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
