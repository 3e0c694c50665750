"""``.passwd-s3fs`` and a script that mounts a bucket with s3fs.

A line ``ACCESS:SECRET`` is the login of every bucket that has no line ``BUCKET:ACCESS:SECRET``
of its own; ``#`` begins a comment (s3fs(1), PASSWORD FILE). The URL that our line is for
stands in a comment above it: s3fs itself takes it from the command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret, joined, text
from setup_tool.editors.client.client import Client, ClientFile
from setup_tool.editors.client.settings import Mark
from setup_tool.editors.ini import FileProblemError
from setup_tool.editors.ini_scan import split_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.core.secret import Text

_PATH = ".passwd-s3fs"
_NOTE = re.compile(r"# setup-tool: (https?://\S+)")
_LOGIN = re.compile(r"[^:\s]+:[^:\s]+")


@dataclass(frozen=True, slots=True)
class _Login:
    """The line of the login for every bucket, from 0, and the URL noted above it."""

    line: int
    access: str
    url: str | None


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`."""
    new = split_lines(joined(declared).reveal())
    if not _LOGIN.fullmatch(new[-1].rstrip("\n")):
        raise DeclarationError(
            f"{name}: s3fs cannot read a key with a colon or a blank in it. Issue other keys."
        )
    if not before.strip():
        return declared
    lines = list(split_lines(before))
    found = _find(lines, name)
    if found:
        lines[found.line - (found.url is not None) : found.line + 1] = new
    else:
        if not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        lines += new
    return text(Secret("".join(lines)))


def _secrets(content: str) -> tuple[Secret, ...]:
    lines = (line.strip().rpartition(":") for line in content.splitlines())
    return tuple(Secret(secret) for before, _, secret in lines if before and before[0] != "#")


def _find(lines: Sequence[str], name: str) -> _Login | None:
    found: _Login | None = None
    for at, line in enumerate(lines):
        if not _LOGIN.fullmatch(line.strip()):
            continue
        if found:
            raise FileProblemError(
                name, at + 1, "s3fs takes one ACCESS:SECRET for all buckets. Keep one."
            )
        note = _NOTE.fullmatch(lines[at - 1].strip()) if at else None
        found = _Login(at, line.strip().partition(":")[0], note[1] if note else None)
    return found


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    del profile  # s3fs has none
    found = _find(split_lines(texts.get(_PATH, "")), f"{directory}/{_PATH}")
    if found is None:
        return None
    what = f"the access key {found.access} for {found.url or 'every bucket'}"
    return Mark(found.access, found.url, what=what)


S3FS = Client(
    "s3fs",
    (
        ClientFile(_PATH, "passwd-s3fs.j2", merge, secrets=_secrets),
        ClientFile("s3fs-mount.sh", "s3fs-mount.sh.j2"),
    ),
    _mark,
    needs="s3",
)
