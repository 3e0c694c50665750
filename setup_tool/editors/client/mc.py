"""``.mc/config.json``, the file of mc, MinIO's client, and the certificates beside it.

mc trusts what lies in ``certs/CAs`` of its folder (``MC_CONFIG_DIR``) besides the system's
certificates; an alias has letters, digits, ``-`` and ``_``, a letter first, and two at least.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from setup_tool.core.secret import Secret, joined, text
from setup_tool.editors.client.client import Client, ClientFile
from setup_tool.editors.client.json_edit import load, with_member
from setup_tool.editors.client.settings import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.secret import Text

_PATH = ".mc/config.json"


def alias(profile: str) -> str:
    """Return what mc calls a profile."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", profile)
    return name if name[0].isalpha() and len(name) > 1 else f"s3-{name}"


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`."""
    if not before.strip():
        return declared
    wanted: dict[str, Any] = json.loads(joined(declared).reveal())
    after, there = before, load(before, name)
    if "version" not in there:
        after = with_member(after, ("version",), wanted["version"], name=name)
    for key, settings in wanted["aliases"].items():
        for option, value in settings.items():
            after = with_member(after, ("aliases", key, option), value, name=name)
        if "sessionToken" in _settings(there, key):
            after = with_member(after, ("aliases", key, "sessionToken"), "", name=name)
    return text(Secret(after))


def _settings(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    aliases = document.get("aliases")
    found = aliases.get(key) if isinstance(aliases, dict) else None
    return found if isinstance(found, dict) else {}


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    document = load(texts.get(_PATH, ""), f"{directory}/{_PATH}")
    name = alias(profile)
    found = _settings(document, name)
    if not found:
        return None
    access, url = (str(found[key]) if found.get(key) else None for key in ("accessKey", "url"))
    return Mark(access, url, what=f"the alias {name} with the access key {access} for {url}")


MC = Client(
    "mc",
    (
        ClientFile(_PATH, "mc-config.json.j2", merge),
        ClientFile(".mc/certs/CAs/{profile}.crt", "ca.pem.j2", for_ca=True),
    ),
    _mark,
    needs="s3",
)
