"""From a login to a directory of client files that work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool import wiring
from setup_tool.core.credential import CloudUrls, Credential, KeyPair
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.credential import Owner
    from setup_tool.core.identity import Whereabouts
    from setup_tool.credentials.bundle import BundleFile
    from setup_tool.credentials.issue import Issued
    from setup_tool.ports import Keys, Web

_NOBODY = KeyPair("not-issued-yet", Secret("not-issued-yet"))
"""Stands for the key while it is tried whether the files can take one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom keys are wanted, and where their files go; None: ourselves, a default.

    ``clients`` are the names of those that get files; none: all.
    """

    user: str | None = None
    project: str | None = None
    domain: str | None = None
    region: str | None = None
    directory: str | None = None
    profile: str | None = None
    clients: tuple[str, ...] = ()
    new: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """The credential, where it is used, and the files that were written."""

    issued: Issued
    urls: CloudUrls
    directory: Path
    files: tuple[BundleFile, ...]


def issue_bundle(login: CloudLogin, wanted: Wanted) -> Bundle:
    """Issue a credential and write its client files.

    Nothing is made in Keystone before the catalogue has told where S3 is and the
    directory's files have been seen to take what will be written; where the gateway then
    turns out to be none, a key that was made is removed. The region written is the one
    the gateway answers to. Raises `SetupToolError`.
    """
    from setup_tool.credentials.bundle import (
        check_directory,
        existing_files,
        held_keys,
        render_bundle,
        write_bundle,
    )
    from setup_tool.credentials.clients import chosen
    from setup_tool.credentials.values import profile_name
    from setup_tool.verify.gateway import limits

    clients = chosen(wanted.clients)
    keys = wiring.open_keys(login)
    owner = keys.owner(wanted.user, wanted.project, wanted.domain)
    urls, s3 = _urls(login, wanted.region)
    web = wiring.open_web(login.ca_bundle)
    told = limits(web, s3)
    directory = Path(wanted.directory or f"{owner.user}-{owner.project}").absolute()
    place = str(directory)
    profile = wanted.profile or profile_name(owner.project)
    local = wiring.open_files()
    check_directory(local, place, profile, clients)
    there = existing_files(local, place, profile, clients)
    render_bundle(
        Credential(owner, _NOBODY),
        urls,
        there,
        directory=place,
        profile=profile,
        clients=clients,
        limits=told,
        replace=wanted.force,
    )
    held = held_keys(there, directory=place, profile=profile, clients=clients)
    issued, region = _issue(keys, owner, held, wanted, partial(_region, web, s3))
    urls = replace(urls, region=region)
    files = write_bundle(
        local,
        place,
        issued.credential,
        urls,
        profile=profile,
        clients=clients,
        limits=told,
        replace=wanted.force,
    )
    return Bundle(issued, urls, directory, files)


def _issue(
    keys: Keys,
    owner: Owner,
    held: frozenset[str],
    wanted: Wanted,
    region_for: Callable[[KeyPair], str],
) -> tuple[Issued, str]:
    """Issue a credential; return it with the region that requests are signed for with it."""
    from setup_tool.credentials.issue import issue

    issued = issue(keys, owner, new=wanted.new, held=held)
    try:
        return issued, region_for(issued.credential.pair)
    except BaseException:
        if issued.created:  # nobody has seen it
            with suppress(SetupToolError):
                keys.delete(issued.credential)
        raise


def _region(web: Web, s3: str, pair: KeyPair) -> str:
    from setup_tool.verify.gateway import probe_region

    return probe_region(web, wiring.open_signer(), s3, pair)


def _urls(login: CloudLogin, region: str | None) -> tuple[CloudUrls, str]:
    """Return where the cloud's services are, with the catalogue's region, and S3's URL again."""
    ourselves = wiring.open_identity(login).whereabouts()
    s3 = _public_url(ourselves, "s3", region)
    if s3 is None:
        raise DeclarationError(_no_s3(ourselves, region))
    known_region = _catalogue_region(ourselves, region)
    urls = CloudUrls(
        auth=login.auth_url,
        catalogue_region=known_region,
        region=known_region,
        s3=s3,
        ec2=_public_url(ourselves, "ec2", region),
        ca_bundle=login.ca_bundle,
    )
    return urls, s3


def _no_s3(ourselves: Whereabouts, region: str | None) -> str:
    regions = sorted(
        where for kind, face, where, _ in ourselves.endpoints if (kind, face) == ("s3", "public")
    )
    if region is not None and regions:
        return (
            f"The catalogue has no public s3 endpoint in region '{region}'; it has one in "
            f"{', '.join(regions)}. Name that with --region."
        )
    return (
        "The catalogue has no public s3 endpoint, so there is nothing the keys could be used "
        "for. Run `setup-tool apply` first."
    )


def _public_url(ourselves: Whereabouts, kind: str, region: str | None) -> str | None:
    found = ourselves.urls(kind, "public", region)
    if len(found) > 1:
        raise DeclarationError(
            f"The catalogue has several public {kind} endpoints. Say which --region is meant."
        )
    return found[0] if found else None


def _catalogue_region(ourselves: Whereabouts, region: str | None) -> str:
    return region or next(where for service, _, where, _ in ourselves.endpoints if service == "s3")
