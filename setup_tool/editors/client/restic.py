"""``restic.env``: where restic keeps a repository, and with which key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.core.secret import joined
from setup_tool.editors.client import env_file
from setup_tool.editors.client.client import Client, ClientFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.secret import Text
    from setup_tool.editors.client.settings import Mark

_PATH = "restic.env"
_REPOSITORY = "RESTIC_REPOSITORY"
_GATEWAY = re.compile(r"s3:(https?://[^/]+)(?:/.*)?")
_STAND_INS = ("AWS_SESSION_TOKEN", "AWS_PROFILE", "RESTIC_CACERT", "RESTIC_REPOSITORY_FILE")


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`. A repository in the same gateway stays its owner's choice."""
    old = env_file.variables(before, name)
    new = env_file.variables(joined(declared).reveal(), name)
    same = _gateway(old) is not None and _gateway(old) == _gateway(new)
    kept = (_REPOSITORY,) if same else ()
    return env_file.merge(before, declared, name=name, cleared=_STAND_INS, kept=kept)


def _gateway(found: Mapping[str, str]) -> str | None:
    repository = _GATEWAY.fullmatch(found.get(_REPOSITORY, ""))
    return repository[1] if repository else None


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    del profile  # an environment has none
    content, name = texts.get(_PATH, ""), f"{directory}/{_PATH}"
    return env_file.mark(content, name, s3=_gateway(env_file.variables(content, name)))


RESTIC = Client("restic", (ClientFile(_PATH, "restic.env.j2", merge),), _mark, needs="s3")
