"""Bundles: the client files written for one credential.

A bundle directory is laid out like a home directory, so that one can be written into a
home directory, too. Files that are there already are merged: what other clouds,
profiles and people have put there stays byte for byte.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret, Text, joined
from setup_tool.data import folder
from setup_tool.editors.client.aws import AWS
from setup_tool.editors.client.eucarc import EUCARC
from setup_tool.editors.client.s3cfg import S3CMD
from setup_tool.editors.client.settings import Mark, decoded
from setup_tool.editors.client.template import render, unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.credential import CloudUrls, Credential
    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.editors.client.client import Client
    from setup_tool.ports import Files

CLIENTS: tuple[Client, ...] = (EUCARC, S3CMD, AWS)
"""Whose files a bundle has. A further client is a template and an entry here."""

PATHS = tuple(file.path for client in CLIENTS for file in client.files)
"""Every file that a bundle may have, by its path in the directory."""

_MIB = 1024 * 1024
_S3CMD_CHUNK_MIB = 15
"""s3cmd's own default for the parts of an upload, in MiB; its least is 5."""

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A file of a bundle; ``path`` is relative to the directory.

    ``changed``: it does not exist yet or says something else. ``notes`` are sentences
    for the operator.
    """

    path: str
    content: Text
    changed: bool
    notes: tuple[str, ...] = ()


def profile_name(project: str) -> str:
    """Return the AWS profile for a project: its name in letters that need no quoting.

    Never ``default``, which is what programs use that were not told of a profile: it
    stays the operator's.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", project).strip("-._")
    if not name:
        return "openstack"
    return f"openstack-{name}" if name == "default" else name


def render_bundle(
    credential: Credential,
    urls: CloudUrls,
    existing: Mapping[str, Content | None],
    *,
    directory: str,
    profile: str,
    limits: GatewayLimits | None = None,
    replace: bool = False,
) -> tuple[BundleFile, ...]:
    """Return the files of a bundle in ``directory``, an absolute path.

    ``existing`` has the files that are there, by path. A file, or a profile in one,
    that is for another cloud is refused; with ``replace`` it is taken over, and the
    file as it was becomes one more file of the bundle, ``PATH.orig-DIGEST``. Clients of
    S3 alone are left out when the cloud has no S3.

    Raises `DeclarationError`: a value that the clients' files cannot hold, a profile
    that is ``default`` or needs quoting, a file that cannot be merged safely, or one
    that is for another cloud.
    """
    directory = str(PurePosixPath(directory))
    values = _values(credential, urls, directory, profile, limits)
    texts = _texts(existing, directory)
    wanted = Mark(credential.pair.access, urls.s3, urls.ec2)
    files: list[BundleFile] = []
    for client in CLIENTS:
        if client.needs_s3 and urls.s3 is None:
            continue
        held = client.mark(texts, profile, directory)
        foreign = held is not None and not held.same_cloud(wanted)
        if held is not None and foreign and not replace:
            raise _occupied(client, held, directory)
        for file in client.files:
            name = f"{directory}/{file.path}"
            template = folder("templates") / "client" / file.template
            before = texts.get(file.path)
            declared = render(template.read_text(encoding="utf-8"), values)
            content = file.merge(before or "", declared, name=name)
            changed = before is None or joined(content) != Secret(before)
            notes = _notes(file.path, before, held, wanted) if changed else ()
            files.append(BundleFile(file.path, content, changed, notes))
            if before and foreign and changed:
                files.append(_copy(file.path, before))
    return tuple(files)


def check_directory(files: Files, directory: str) -> None:
    """Raise `DeclarationError` where a bundle cannot be written; changes nothing."""
    for path in PATHS:
        files.check_writable(str(Path(directory).absolute() / path))


def existing_files(files: Files, directory: str) -> dict[str, Content | None]:
    """Return what a directory has of a bundle, by path; raises `SetupToolError`."""
    found = {path: files.read(str(Path(directory).absolute() / path)) for path in PATHS}
    return {path: None if data is None else Content(data) for path, data in found.items()}


def held_keys(
    existing: Mapping[str, Content | None], *, directory: str, profile: str
) -> frozenset[str]:
    """Return the access keys that a directory's files hold for a profile.

    Raises `DeclarationError` for a file that cannot be understood.
    """
    texts = _texts(existing, directory)
    marks = (client.mark(texts, profile, directory) for client in CLIENTS)
    return frozenset(mark.access for mark in marks if mark and mark.access)


def write_bundle(
    files: Files,
    directory: str,
    credential: Credential,
    urls: CloudUrls,
    *,
    profile: str | None = None,
    limits: GatewayLimits | None = None,
    replace: bool = False,
) -> tuple[BundleFile, ...]:
    """Write a bundle into a directory and return what `render_bundle` made.

    The profile is by default that of the project's name. Nothing is written before
    every file has been rendered. A file that already says so is handed to ``files``
    too, which then sees to its mode.

    Raises `DeclarationError` as `render_bundle` does, and `SetupToolError` for a file
    that cannot be read or written.
    """
    directory = str(Path(directory).absolute())
    if urls.ca_bundle:
        urls = dataclasses.replace(urls, ca_bundle=str(Path(urls.ca_bundle).absolute()))
    bundle = render_bundle(
        credential,
        urls,
        existing_files(files, directory),
        directory=directory,
        profile=profile_name(credential.owner.project) if profile is None else profile,
        limits=limits,
        replace=replace,
    )
    # Copies of what is replaced come first: they must be there when it goes.
    for file in sorted(bundle, key=lambda file: file.path in PATHS):
        files.write_private(str(PurePosixPath(directory) / file.path), file.content)
    return bundle


def _texts(existing: Mapping[str, Content | None], directory: str) -> dict[str, str]:
    return {
        path: decoded(content, f"{directory}/{path}")
        for path, content in existing.items()
        if content is not None and path in PATHS
    }


def _values(
    credential: Credential,
    urls: CloudUrls,
    directory: str,
    profile: str,
    limits: GatewayLimits | None,
) -> dict[str, object]:
    """Return what the templates may use, checked: every value fits on one line."""
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
    strings: dict[str, str | Secret | None] = {
        "access": credential.pair.access,
        "secret": credential.pair.secret,
        "region": urls.region,
        "s3_url": _checked_url(urls.s3, "S3", root=True),
        "ec2_url": _checked_url(urls.ec2, "EC2"),
        "ca_bundle": urls.ca_bundle,
        "directory": directory,
    }
    for name, value in strings.items():
        if value is not None and unwritable(value):
            raise DeclarationError(
                f"The client files cannot hold the {name.replace('_', ' ')}: it is empty, has"
                " blanks at an end, or a control character in it. Give another one."
            )
    s3 = urlsplit(urls.s3 or "")
    return strings | {
        "user": credential.owner.user,
        "project": credential.owner.project,
        "profile": profile,
        "s3_host": s3.netloc,
        "s3_https": s3.scheme == "https",
        "limits": limits,
        "multipart_chunk_mib": max(
            _S3CMD_CHUNK_MIB, -(-limits.min_segment_size // _MIB) if limits else 0
        ),
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


def _occupied(client: Client, held: Mark, directory: str) -> DeclarationError:
    places = " and ".join(f"{directory}/{file.path}" for file in client.files)
    return DeclarationError(
        f"There is already {held.what} in {places}. Choose another directory (or, for the AWS"
        " programs, another profile), or have it replaced with --force, which keeps a copy."
    )


def _notes(path: str, before: str | None, held: Mark | None, wanted: Mark) -> tuple[str, ...]:
    old = held.access if held else None
    if old is None or old == wanted.access or old not in (before or ""):
        return ()
    return (f"In {path} the access key {old} gave way to {wanted.access}.",)


def _copy(path: str, before: str) -> BundleFile:
    digest = Content(before.encode()).digest[:8]
    kept = f"{path}.orig-{digest}"
    return BundleFile(
        kept, (Secret(before),), changed=True, notes=(f"{path} as it was is kept as {kept}.",)
    )
