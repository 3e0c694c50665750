"""``.s3cfg``, the file of s3cmd.

s3cmd has no profiles: all sections of the file are one, and of a repeated option the
last counts (``S3.Config.ConfigParser``, s3cmd 2.4).
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

_PATH = ".s3cfg"
_UNREADABLE = re.compile(r'(\w+) = (?:\$.*|".*")')
"""s3cmd takes ``$NAME`` from the environment, and a pair of quotes off."""

_STAND_INS = ("access_token",)
"""A token of another login, sent along with our keys."""


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`."""
    why = "begins with a dollar sign or stands in quotes"
    check_readable(declared, _UNREADABLE, client="s3cmd", why=why, name=name)
    return merged_text(before, declared, Grammar.S3CMD, name=name, cleared=_STAND_INS)


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    del profile  # s3cmd has none
    file = parse(texts.get(_PATH, ""), Grammar.S3CMD, name=f"{directory}/{_PATH}")
    access = file.get("", "access_key")
    if access is None:
        return None
    secure = (file.get("", "use_https") or "true").lower() in ("true", "yes", "on", "1")
    host = file.get("", "host_base") or "s3.amazonaws.com"
    url = f"{'https' if secure else 'http'}://{host}"
    return Mark(access, s3=url, what=f"the access key {access} for {url}")


S3CMD = Client("s3cmd", (ClientFile(_PATH, "s3cfg.j2", merge),), _mark, needs="s3")
