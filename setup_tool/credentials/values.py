"""What the templates of client files may use.

| name | meaning |
|---|---|
| ``access``, ``secret`` | the key; ``secret`` is a `Secret` |
| ``user``, ``project``, ``user_id``, ``project_id`` | whose it is; the names may hold anything |
| ``user_domain``, ``project_domain`` | each a `DomainRef` with a name or an id; None in v2.0 |
| ``profile`` | letters, digits, ``.``, ``_`` and ``-`` |
| ``auth_url`` | Keystone's, with ``/v3`` or ``/v2.0`` |
| ``region``, ``catalogue_region`` | what requests are signed for, and the catalogue's |
| ``s3_url``, ``ec2_url`` | endpoints; None where the cloud has none |
| ``s3_host``, ``s3_hostname``, ``s3_port``, ``s3_https`` | S3's: ``HOST[:PORT]``, and its parts |
| ``s3_default_port`` | the port that needs not be said: 443 or 80 |
| ``ca_bundle`` | a file of certificates, None for the system's |
| ``ca_certificates`` | what is in it, as PEM, and a line's end; None without one |
| ``alias`` | the profile in letters that mc takes |
| ``limits`` | the gateway's `GatewayLimits`, or None |
| ``multipart_chunk_mib`` | an upload's part in MiB that s3cmd and the gateway take |
| ``directory`` | the bundle's, absolute |
| ``files`` | the absolute paths of the files by the name of their client |
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.errors import DeclarationError
from setup_tool.editors.client.certificates import CA_PATH
from setup_tool.editors.client.mc import alias
from setup_tool.editors.client.template import unwritable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.credential import CloudUrls, Credential
    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.core.secret import Secret
    from setup_tool.editors.client.client import Client

_MIB = 1024 * 1024
_S3CMD_CHUNK_MIB = 15
"""s3cmd's own default for the parts of an upload, in MiB; its least is 5."""

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def profile_name(project: str) -> str:
    """Return the AWS profile for a project: its name in letters that need no quoting.

    Never ``default``, which is what programs use that were not told of a profile: it
    stays the operator's.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", project).strip("-._")
    if not name:
        return "openstack"
    return f"openstack-{name}" if name == "default" else name


def check_place(directory: str, profile: str) -> None:
    """Raise `DeclarationError` for a directory or profile that some client could not read."""
    if profile == "default" or not _PROFILE.fullmatch(profile):
        raise DeclarationError(
            f"{profile!r} cannot be the profile's name. Use letters, digits, '.', '_' and '-',"
            " and another name than default, which stays yours."
        )
    if not directory.startswith("/") or "$" in directory:
        raise DeclarationError(
            f"A bundle cannot be written into {directory!r}: the AWS programs want an absolute"
            " path without a dollar sign. Choose another directory."
        )


def template_values(
    credential: Credential,
    urls: CloudUrls,
    *,
    directory: str,
    profile: str,
    limits: GatewayLimits | None,
    clients: Sequence[Client],
) -> dict[str, object]:
    """Return the values, checked: but for people's names, each fits on one line.

    Raises `DeclarationError`.
    """
    check_place(directory, profile)
    ca_bundle = f"{directory}/{CA_PATH}" if urls.ca_certificates else urls.ca_bundle
    strings: dict[str, str | Secret | None] = {
        "access": credential.pair.access,
        "secret": credential.pair.secret,
        "region": urls.region,
        "catalogue_region": urls.catalogue_region,
        "auth_url": urls.auth,
        "s3_url": _checked_url(urls.s3, "S3", root=True),
        "ec2_url": _checked_url(urls.ec2, "EC2"),
        "ca_bundle": ca_bundle,
        "directory": directory,
    }
    for name, value in strings.items():
        if value is not None and unwritable(value):
            raise DeclarationError(
                f"The client files cannot hold the {name.replace('_', ' ')}: it is empty, has"
                " blanks at an end, or a control character in it. Give another one."
            )
    owner = credential.owner
    return strings | {
        "user": owner.user,
        "project": owner.project,
        "user_id": owner.user_id,
        "project_id": owner.project_id,
        "user_domain": owner.user_domain,
        "project_domain": owner.project_domain,
        "profile": profile,
        "alias": alias(profile),
        "ca_certificates": urls.ca_certificates,
        "limits": limits,
        "multipart_chunk_mib": max(
            _S3CMD_CHUNK_MIB, -(-limits.min_segment_size // _MIB) if limits else 0
        ),
        "files": {
            client.name: tuple(f"{directory}/{file.at(profile)}" for file in client.files)
            for client in clients
        },
        **_parts_of_s3(urls.s3),
    }


def _parts_of_s3(url: str | None) -> dict[str, object]:
    parts = urlsplit(url or "")
    https = parts.scheme == "https"
    default_port = 443 if https else 80
    return {
        "s3_host": parts.netloc,
        "s3_hostname": parts.hostname,
        "s3_port": parts.port or default_port,
        "s3_default_port": default_port,
        "s3_https": https,
    }


def _checked_url(url: str | None, service: str, *, root: bool = False) -> str | None:
    """Return a URL that every client can use; without a slash at its end for a root."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or parts.query or parts.fragment:
        raise DeclarationError(
            f"The {service} URL must be http(s)://HOST[:PORT] with nothing but a path after it,"
            " which the one in use is not. Correct the endpoint in the catalogue."
        )
    if root and parts.path.strip("/"):
        raise DeclarationError(
            f"The S3 URL {url} has a path. The clients need the gateway's root, never"
            " /v1/AUTH_...: correct the endpoint in the catalogue."
        )
    return url.rstrip("/") if root else url
