"""``.boto``, the file of boto 2.

Read with Python's ConfigParser and its interpolation (`boto.pyami.config`). It has no
profiles for endpoints: ``[s3]``, ``[Boto]`` and ``[Credentials]`` are for one cloud.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.editors.client.client import Client, ClientFile
from setup_tool.editors.client.ini import ClientIni, Grammar, check_readable, merged_text, parse
from setup_tool.editors.client.settings import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.secret import Text

_PATH = ".boto"
_UNREADABLE = re.compile(r'(\w+) = (?:.*\s;.*|"")')
"""Python 2 cuts a value off at `` ;``."""

_STAND_INS = ("keyring", "aws_security_token", "s3_host", "s3_port", "s3_host_header")
"""Another store of the secret, a token of another login, and other addresses than ours."""


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`."""
    why = "has a blank and a semicolon in it, or is a pair of quotes"
    check_readable(declared, _UNREADABLE, client="boto", why=why, name=name)
    return merged_text(before, declared, Grammar.PYTHON, name=name, cleared=_STAND_INS)


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    del profile  # endpoints have none
    file = parse(texts.get(_PATH, ""), Grammar.PYTHON, name=f"{directory}/{_PATH}")
    access, host = file.get("Credentials", "aws_access_key_id"), file.get("s3", "host")
    if access is None and host is None:
        return None
    url = _url(file, host)
    what = f"the access key {access} for {url}" if access else f"the host {host}"
    return Mark(access, s3=url, what=what)


def _url(file: ClientIni, host: str | None) -> str:
    secure = (file.get("Boto", "is_secure") or "true").lower() in ("true", "yes", "on", "1")
    port = file.get("Credentials", "s3_port") or file.get("s3", "port")
    return f"{'https' if secure else 'http'}://{host or 's3.amazonaws.com'}" + (
        f":{port}" if port else ""
    )


BOTO = Client("boto", (ClientFile(_PATH, "boto.j2", merge),), _mark, needs="s3")
