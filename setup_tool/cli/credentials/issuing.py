"""From a login to a directory of client files that work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool import wiring
from setup_tool.core.credential import CloudUrls, Credential
from setup_tool.core.errors import DeclarationError, SetupToolError

if TYPE_CHECKING:
    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.credential import KeyPair, Owner
    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.core.identity import Whereabouts
    from setup_tool.core.key_record import KeyRecord
    from setup_tool.credentials.bundle import BundleFile
    from setup_tool.credentials.issue import Issued
    from setup_tool.credentials.issue_many import Regions
    from setup_tool.ports import Keys, Web


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom keys are wanted, and where their files go; None: ourselves, a default.

    ``clients`` are the names of those that get files; none: all. ``yes``: files that are
    there are changed without asking. ``record`` is kept with a key that is made.
    """

    user: str | None = None
    project: str | None = None
    domain: str | None = None
    region: str | None = None
    directory: str | None = None
    profile: str | None = None
    clients: tuple[str, ...] = ()
    secret_in_page: bool = False
    new: bool = False
    force: bool = False
    yes: bool = False
    record: KeyRecord | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The credential, where it is used, and the files that were written."""

    issued: Issued
    urls: CloudUrls
    directory: Path
    files: tuple[BundleFile, ...]


def issue_bundle(login: CloudLogin, wanted: Wanted) -> Bundle:
    """Issue a credential and write its client files.

    Nothing is made in Keystone before the catalogue has told where S3 or EC2 is, the
    directory's files have been seen to take what will be written, and it was agreed to change
    those that are not wholly ours; where the gateway of S3 then turns out to be none, a key
    that was made is removed. The region written is the one that gateway answers to, without
    S3 the catalogue's. Raises `SetupToolError`.
    """
    from setup_tool.credentials.clients import chosen
    from setup_tool.credentials.shelf import Shelf

    clients = chosen(wanted.clients, secret_in_page=wanted.secret_in_page)
    keys = wiring.open_keys(login)
    owner = keys.owner(wanted.user, wanted.project, wanted.domain)
    urls = cloud_urls(login, wanted.region)
    told, region_for = gateway_facts(wiring.open_web(login.ca_bundle), urls)
    directory = Path(wanted.directory or f"{owner.user}-{owner.project}").absolute()
    shelf = Shelf(wiring.open_files(), urls, told, clients, wanted.profile, wanted.force)
    place = str(directory)
    held = shelf.try_out(owner, place)
    seen = shelf.look(owner, place)
    if any(seen.values()) and not _agree(
        shelf.preview(*_expected(keys, owner, held, wanted, region_for, urls), seen, place),
        yes=wanted.yes,
    ):
        raise SetupToolError("Nothing was changed, and no key was made.")
    issued, region = _issue(keys, owner, held, wanted, region_for)
    files = shelf.put(issued.credential, region, place, None if wanted.yes else seen)
    return Bundle(issued, replace(urls, region=region), directory, files)


def _expected(
    keys: Keys,
    owner: Owner,
    held: frozenset[str],
    wanted: Wanted,
    region_for: Regions,
    urls: CloudUrls,
) -> tuple[Credential, str]:
    """Return the credential and the region that will be written, as far as they are known."""
    from setup_tool.credentials.issue import choose
    from setup_tool.credentials.shelf import NOBODY

    chosen = None if wanted.new else choose(owner, keys.find(owner), held=held)[0]
    credential = chosen or Credential(owner, NOBODY)
    try:
        return credential, region_for(credential.pair)
    except SetupToolError:
        if chosen:
            raise
        return credential, urls.region  # the gateway wants to know the key first


def _agree(lines: tuple[str, ...], *, yes: bool) -> bool:
    """Show what would change and ask whether it may; nothing to change needs no answer."""
    from setup_tool.cli.console import Progress, agreed

    if not lines:
        return True
    progress = Progress()
    for line in lines:
        progress.say(line)
    return agreed("Change these files, keeping a copy of each?", yes=yes)


def issue_alone(login: CloudLogin, wanted: Wanted) -> Issued:
    """Issue a credential without any files; raises `SetupToolError`."""
    from setup_tool.credentials.issue import issue

    keys = wiring.open_keys(login)
    owner = keys.owner(wanted.user, wanted.project, wanted.domain)
    return issue(keys, owner, new=wanted.new, record=wanted.record)


def _issue(
    keys: Keys,
    owner: Owner,
    held: frozenset[str],
    wanted: Wanted,
    region_for: Regions,
) -> tuple[Issued, str]:
    """Issue a credential; return it with the region that requests are signed for with it."""
    from setup_tool.credentials.issue import issue

    issued = issue(keys, owner, new=wanted.new, held=held, record=wanted.record)
    try:
        return issued, region_for(issued.credential.pair)
    except BaseException:
        if issued.created:  # nobody has seen it
            with suppress(SetupToolError):
                keys.delete(issued.credential)
        raise


def gateway_facts(web: Web, urls: CloudUrls) -> tuple[GatewayLimits | None, Regions]:
    """Return what the gateway of S3 can do, and what tells the region that a key signs for.

    Without S3 that is the catalogue's: services of EC2 do not look at it.
    """
    from setup_tool.verify.s3.gateway import limits, probe_region

    if urls.s3 is None:
        return None, partial(_known, urls.catalogue_region)
    signer = wiring.open_signer()
    return limits(web, urls.s3), partial(probe_region, web, signer, urls.s3)


def _known(region: str, pair: KeyPair) -> str:
    del pair
    return region


def cloud_urls(login: CloudLogin, region: str | None) -> CloudUrls:
    """Return where the cloud's services are, with the catalogue's region.

    Raises `DeclarationError` where the catalogue has neither S3 nor EC2, or several of one,
    and for a file of certificates that has none.
    """
    ourselves = wiring.open_identity(login).whereabouts()
    s3, ec2 = (_public_url(ourselves, kind, region) for kind in ("s3", "ec2"))
    if s3 is None and ec2 is None:
        raise DeclarationError(_neither(ourselves, region))
    known_region = region or _catalogue_region(ourselves, "ec2" if s3 is None else "s3")
    return CloudUrls(
        auth=_auth_url(ourselves, login.auth_url, region),
        catalogue_region=known_region,
        region=known_region,
        s3=s3,
        ec2=ec2,
        ca_bundle=login.ca_bundle,
        ca_certificates=_certificates(login.ca_bundle),
    )


def _auth_url(ourselves: Whereabouts, ours: str, region: str | None) -> str:
    """Return Keystone's URL for users, versioned: an operator's own login may be by another.

    That is the catalogue's public one; where it has none or several, the operator's.
    """
    from setup_tool.declare.urls import without_version

    found = ourselves.urls("identity", "public", region)
    if len(found) != 1:
        return ours
    version = ours.rpartition("/")[2]
    return f"{without_version(found[0])}/{version}"


def _certificates(path: str | None) -> str | None:
    """Return the certificates in the file that the login names, None when it names none."""
    from setup_tool.core.content import Content
    from setup_tool.editors.client.certificates import certificates

    data = wiring.open_files().read(path) if path else None
    return certificates(Content(data), name=path) if path and data is not None else None


def _neither(ourselves: Whereabouts, region: str | None) -> str:
    places = [
        f"{kind} in {where}"
        for kind, face, where, _ in sorted(ourselves.endpoints)
        if kind in {"s3", "ec2"} and face == "public"
    ]
    if region is not None and places:
        return (
            f"The catalogue has no public s3 or ec2 endpoint in region '{region}'; it has "
            f"{', '.join(places)}. Name that region with --region."
        )
    return (
        "The catalogue has no public s3 or ec2 endpoint, so there is nothing the keys could be "
        "used for. Run `setup-tool apply` first."
    )


def _public_url(ourselves: Whereabouts, kind: str, region: str | None) -> str | None:
    found = ourselves.urls(kind, "public", region)
    if len(found) > 1:
        raise DeclarationError(
            f"The catalogue has several public {kind} endpoints. Say which --region is meant."
        )
    return found[0] if found else None


def _catalogue_region(ourselves: Whereabouts, kind: str) -> str:
    return next(where for service, _, where, _ in ourselves.endpoints if service == kind)
