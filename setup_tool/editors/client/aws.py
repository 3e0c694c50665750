"""The two files that the AWS CLI and SDKs share: ``.aws/config`` and ``.aws/credentials``.

How botocore reads them (``botocore.configloader``, ``botocore.configprovider``): an
endpoint comes from the profile's ``services`` section, else from its ``endpoint_url``;
the keys from ``credentials``, else from ``config``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from setup_tool.core.credential import KeyPair
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret
from setup_tool.editors.client.client import Client, ClientFile
from setup_tool.editors.client.ini import ClientIni, Grammar, merged_text, parse
from setup_tool.editors.client.settings import ClientSettings, Mark, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.content import Content

_CONFIG = ".aws/config"
_CREDENTIALS = ".aws/credentials"

_LOGINS = (
    "role_arn",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    "credential_process",
)
_STAND_INS = (*_LOGINS, "source_profile", "credential_source", "aws_session_token")
"""Options by which a profile signs with something else than the keys in it."""


@dataclass(frozen=True, slots=True)
class _Profile:
    """One profile, as botocore puts it together from both files."""

    config: ClientIni
    credentials: ClientIni
    name: str

    @property
    def section(self) -> str:
        return "default" if self.name == "default" else f"profile {self.name}"

    def exists(self) -> bool:
        return self.config.has(self.section) or self.credentials.has(self.name)

    def login(self, option: str) -> str | None:
        return self.credentials.get(self.name, option) or self.config.get(self.section, option)

    def endpoint(self, service: str) -> str | None:
        services = self.config.get(self.section, "services")
        found = self.services_endpoint(services, service) if services else None
        return found or self.config.get(self.section, "endpoint_url")

    def services_endpoint(self, services: str, service: str) -> str | None:
        return self.config.get(f"services {services}", "endpoint_url", block=service)


def read_aws_profile(
    config: Content | None, credentials: Content | None, profile: str, *, names: tuple[str, str]
) -> ClientSettings:
    """Return what the AWS programs use when told to use the profile.

    The contents are those of the files of ``AWS_CONFIG_FILE`` and
    ``AWS_SHARED_CREDENTIALS_FILE``, None for one that is not there; ``names`` are what
    messages call them.

    Raises `DeclarationError` when there is no such profile or it has no keys of its
    own, `FileProblemError` when botocore would refuse a file.
    """
    found = _Profile(_parsed(config, names[0]), _parsed(credentials, names[1]), profile)
    both = " or ".join(names)
    if not found.exists():
        raise DeclarationError(f"There is no profile {profile} in {both}. Name another.")
    access, secret = found.login("aws_access_key_id"), found.login("aws_secret_access_key")
    if not access or not secret:
        raise DeclarationError(
            f"The profile {profile} in {both} has no aws_access_key_id with an"
            " aws_secret_access_key. Name a profile that holds EC2 keys of this cloud."
        )
    return ClientSettings(
        KeyPair(access, Secret(secret)),
        found.endpoint("s3"),
        found.endpoint("ec2"),
        found.config.get(found.section, "region"),
        found.config.get(found.section, "ca_bundle"),
    )


def _parsed(content: Content | None, name: str) -> ClientIni:
    return parse("" if content is None else decoded(content, name), Grammar.AWS, name=name)


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    config, credentials = (
        parse(texts.get(path, ""), Grammar.AWS, name=f"{directory}/{path}")
        for path in (_CONFIG, _CREDENTIALS)
    )
    found = _Profile(config, credentials, profile)
    access = found.login("aws_access_key_id")
    s3, ec2 = (
        found.endpoint(service) or found.services_endpoint(profile, service)
        for service in ("s3", "ec2")
    )
    if access:
        return Mark(access, s3, ec2, f"the profile {profile} with the access key {access}")
    if s3 or ec2 or any(map(found.login, _LOGINS)):
        return Mark(None, s3, ec2, f"another profile {profile}")
    return None


_MERGE = partial(merged_text, grammar=Grammar.AWS, cleared=_STAND_INS)

AWS = Client(
    "aws",
    (
        ClientFile(_CONFIG, "aws-config.j2", _MERGE),
        ClientFile(_CREDENTIALS, "aws-credentials.j2", _MERGE),
    ),
    _mark,
)
