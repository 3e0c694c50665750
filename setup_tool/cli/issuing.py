"""From a login to a directory of client files that work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool import wiring
from setup_tool.core.credential import CloudUrls, Credential, KeyPair
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.identity import Whereabouts
    from setup_tool.credentials.bundle import BundleFile
    from setup_tool.credentials.issue import Issued

_NOBODY = KeyPair("not-issued-yet", Secret("not-issued-yet"))
"""Stands for the key while it is tried whether the files can take one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom keys are wanted, and where their files go; None: ourselves, a default."""

    user: str | None = None
    project: str | None = None
    domain: str | None = None
    region: str | None = None
    directory: str | None = None
    profile: str | None = None
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
    directory's files have been seen to take what will be written. The region
    written is the one the gateway answers to. Raises `SetupToolError`.
    """
    from setup_tool.credentials.bundle import (
        check_directory,
        existing_files,
        held_keys,
        profile_name,
        render_bundle,
        write_bundle,
    )
    from setup_tool.credentials.issue import issue
    from setup_tool.verify.gateway import limits, probe_region

    keys = wiring.open_keys(login)
    owner = keys.owner(wanted.user, wanted.project, wanted.domain)
    ourselves = wiring.open_identity(login).whereabouts()
    s3 = _public_url(ourselves, "s3", wanted.region)
    if s3 is None:
        raise DeclarationError(_no_s3(ourselves, wanted.region))
    web = wiring.open_web(login.ca_bundle)
    urls = CloudUrls(
        auth=login.auth_url,
        catalogue_region=_catalogue_region(ourselves, wanted.region),
        region=_catalogue_region(ourselves, wanted.region),
        s3=s3,
        ec2=_public_url(ourselves, "ec2", wanted.region),
        ca_bundle=login.ca_bundle,
    )
    told = limits(web, s3)
    directory = Path(wanted.directory or f"{owner.user}-{owner.project}").absolute()
    profile = wanted.profile or profile_name(owner.project)
    local = wiring.open_files()
    check_directory(local, str(directory))
    there = existing_files(local, str(directory))
    render_bundle(
        Credential(owner, _NOBODY),
        urls,
        there,
        directory=str(directory),
        profile=profile,
        limits=told,
        replace=wanted.force,
    )
    held = held_keys(there, directory=str(directory), profile=profile)
    issued = issue(keys, owner, new=wanted.new, held=held)
    region = probe_region(web, wiring.open_signer(), s3, issued.credential.pair)
    files = write_bundle(
        local,
        str(directory),
        issued.credential,
        replace(urls, region=region),
        profile=profile,
        limits=told,
        replace=wanted.force,
    )
    return Bundle(issued, replace(urls, region=region), directory, files)


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
    found = {
        url
        for service, interface, where, url in ourselves.endpoints
        if service == kind and interface == "public" and region in {None, where}
    }
    if len(found) > 1:
        raise DeclarationError(
            f"The catalogue has several public {kind} endpoints. Say which --region is meant."
        )
    return found.pop() if found else None


def _catalogue_region(ourselves: Whereabouts, region: str | None) -> str:
    return region or next(where for service, _, where, _ in ourselves.endpoints if service == "s3")
