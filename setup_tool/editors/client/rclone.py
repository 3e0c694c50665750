"""``.config/rclone/rclone.conf``, the file of rclone.

Read with goconfig: values stand as they are, but for those in backquotes and ``%(NAME)s``.
Certificates are an option of the command alone, ``--ca-cert`` or ``RCLONE_CA_CERT``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.editors.client.client import Client, ClientFile
from setup_tool.editors.client.ini import Grammar, check_readable, merged_text, parse
from setup_tool.editors.client.settings import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.secret import Text

_PATH = ".config/rclone/rclone.conf"
_UNREADABLE = re.compile(r"(\w+) = (?:.*%\(.*|`.*`)")

_STAND_INS = ("session_token", "profile", "shared_credentials_file", "v2_auth")
"""Other logins than the key of the remote; the old signature when it is not asked for."""


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`."""
    why = "has `%(` in it or stands in backquotes"
    check_readable(declared, _UNREADABLE, client="rclone", why=why, name=name)
    return merged_text(before, declared, Grammar.RCLONE, name=name, cleared=_STAND_INS)


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    file = parse(texts.get(_PATH, ""), Grammar.RCLONE, name=f"{directory}/{_PATH}")
    if not file.has(profile):
        return None
    kind = file.get(profile, "type") or "no type"
    access = file.get(profile, "access_key_id") if kind == "s3" else None
    s3 = file.get(profile, "endpoint") if kind == "s3" else None
    what = f"the remote {profile} with the access key {access}"
    return Mark(access, s3, what=what if access else f"a remote {profile} of {kind}")


RCLONE = Client("rclone", (ClientFile(_PATH, "rclone.conf.j2", merge),), _mark, needs="s3")
