"""``aws.env``: what AWS programs and s5cmd read, for systemd, Docker and ``env``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from setup_tool.editors.client import env_file
from setup_tool.editors.client.client import Client, ClientFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.editors.client.settings import Mark

_PATH = "aws.env"

_STAND_INS = (
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_EC2",
    "AWS_ENDPOINT_URL_S3",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "S3_ENDPOINT_URL",
)
"""Other logins than the keys, and addresses and certificates of another cloud."""


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    del profile  # an environment has none
    return env_file.mark(texts.get(_PATH, ""), f"{directory}/{_PATH}")


ENV = Client(
    "env",
    (ClientFile(_PATH, "aws.env.j2", partial(env_file.merge, cleared=_STAND_INS)),),
    _mark,
)
