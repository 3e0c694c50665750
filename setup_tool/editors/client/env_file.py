"""Files of ``NAME=VALUE`` lines, as systemd, Docker, ``env`` and shells take them.

They agree on little (systemd's ``EnvironmentFile``, Docker's ``--env-file``, Compose's
``env_file``): a line that begins with ``#`` is a comment, and a value that does not begin
with a quote and has no backslash, dollar sign or blank and hash in it is what it looks like.
Only a shell wants quotes around blanks and quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret, joined, text
from setup_tool.editors.client.settings import Mark
from setup_tool.editors.ini import FileProblemError
from setup_tool.editors.ini_scan import split_lines

if TYPE_CHECKING:
    from collections.abc import Collection

    from setup_tool.core.secret import Text

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*")
_DIFFERS = re.compile(r"^[\"']|[\\$]|\s#")


def variables(content: str, name: str) -> dict[str, str]:
    """Return the variables of a file; the last of a name counts.

    Raises `FileProblemError` for a line that is neither a comment nor ``NAME=VALUE``.
    """
    return {key: _unquoted(value) for key, value in _settings(content, name).items()}


def _settings(content: str, name: str) -> dict[str, str]:
    """Return the variables with their values as they are spelt."""
    found: dict[str, str] = {}
    for at, line in enumerate(content.splitlines(), start=1):
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        setting = _LINE.fullmatch(line)
        if not setting:
            raise FileProblemError(name, at, "this is no line of the form NAME=VALUE. Correct it.")
        found[setting[1]] = setting[2]
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def merge(
    before: str,
    declared: Text,
    *,
    name: str,
    cleared: Collection[str] = (),
    kept: Collection[str] = (),
) -> Text:
    """See `client.Merge`; ``cleared`` and ``kept`` are as in `ini.merged`.

    Raises `DeclarationError` for a declared value that the readers take differently.
    """
    wanted = _settings(joined(declared).reveal(), name)
    for variable, value in wanted.items():
        if _DIFFERS.search(value):
            raise DeclarationError(
                f"{name}: not all programs that read such a file would read {variable} alike,"
                " since it begins with a quote, or has a backslash, a dollar sign or a blank"
                " before a hash in it. Issue other keys, or use another path."
            )
    if not before.strip():
        return declared
    there = variables(before, name)
    wanted = {key: value for key, value in wanted.items() if not (key in kept and there.get(key))}
    gone = set(cleared) - set(wanted)
    lines: list[str] = []
    for line in split_lines(before):
        setting = _LINE.fullmatch(line.rstrip("\r\n"))
        key = setting[1] if setting else None
        if key in wanted and there[key] != wanted[key]:
            lines.append(f"{line[: line.index('=')]}={wanted[key]}\n")
        elif key not in gone:
            lines.append(line)
    missing = [key for key in wanted if key not in there]
    if missing and lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines += [f"{key}={wanted[key]}\n" for key in missing]
    return text(Secret("".join(lines)))


def mark(content: str, name: str, *, s3: str | None = None) -> Mark | None:
    """Return what a file with the variables of AWS is for; ``s3`` if they do not say."""
    found = variables(content, name)
    access = found.get("AWS_ACCESS_KEY_ID")
    s3 = found.get("AWS_ENDPOINT_URL_S3", s3)
    ec2 = found.get("AWS_ENDPOINT_URL_EC2")
    if not (access or s3 or ec2):
        return None
    url = s3 or ec2 or "another cloud"
    return Mark(access, s3, ec2, f"the access key {access} for {url}" if access else url)
