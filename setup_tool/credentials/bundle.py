"""Bundles: the client files written for one credential.

A bundle directory is laid out like a home directory, so that one can be written into a
home directory, too. Files that are there already are merged: what other clouds,
profiles and people have put there stays byte for byte.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import Secret, Text, joined
from setup_tool.credentials.clients import CLIENTS, paths, usable
from setup_tool.credentials.values import check_place, profile_name, template_values
from setup_tool.data import folder
from setup_tool.editors.client.settings import Mark, decoded
from setup_tool.editors.client.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from setup_tool.core.credential import CloudUrls, Credential
    from setup_tool.core.gateway import GatewayLimits
    from setup_tool.editors.client.client import Client, ClientFile
    from setup_tool.ports import Files


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A file of a bundle; ``path`` is relative to the directory.

    ``changed``: it does not exist yet or says something else. ``before`` is what it says
    now where that is not all ours and changes, ``secrets`` what a difference of the two must
    not show; ``whole``: nothing of it stays. ``copy``: it keeps what another file said
    before. ``notes`` are sentences for the operator.
    """

    path: str
    content: Text
    changed: bool
    before: Secret | None = None
    secrets: tuple[Secret, ...] = ()
    whole: bool = False
    copy: bool = False
    notes: tuple[str, ...] = ()


def render_bundle(
    credential: Credential,
    urls: CloudUrls,
    existing: Mapping[str, Content | None],
    *,
    directory: str,
    profile: str,
    clients: Sequence[Client] = CLIENTS,
    limits: GatewayLimits | None = None,
    replace: bool = False,
    keep: bool = True,
) -> tuple[BundleFile, ...]:
    """Return the files of a bundle in ``directory``, an absolute path.

    ``existing`` has the files that are there, by path. A file, or a profile in one,
    that is for another cloud is refused, and so is a file in the place of one that is
    wholly ours; with ``replace`` it is taken over. A file that is not wholly ours and
    changes becomes, as it was, one more file of the bundle, ``PATH.orig-DIGEST``; without
    ``keep`` only one that is taken over does. Clients of a service that the cloud does not
    have are left out.

    Raises `DeclarationError`: a value that the clients' files cannot hold, a profile
    that is ``default`` or needs quoting, a file that cannot be merged safely, or one
    that is for another cloud.
    """
    directory = str(PurePosixPath(directory))
    clients = usable(clients, urls)
    rendering = _Rendering(
        template_values(
            credential, urls, directory=directory, profile=profile, limits=limits, clients=clients
        ),
        _texts(existing, directory, paths(clients, profile)),
        Mark(credential.pair.access, urls.s3, urls.ec2),
        credential.pair.secret,
        directory,
        profile,
        has_ca=urls.ca_certificates is not None,
        replace=replace,
        keep=keep,
    )
    return tuple(file for client in clients for file in rendering.files_of(client))


@dataclass(frozen=True, slots=True)
class _Rendering:
    """What the files of one bundle are made from: ``texts`` are there, ``wanted`` is ours."""

    values: Mapping[str, object]
    texts: Mapping[str, str]
    wanted: Mark
    secret: Secret
    directory: str
    profile: str
    has_ca: bool
    replace: bool
    keep: bool

    def files_of(self, client: Client) -> Iterator[BundleFile]:
        """Yield a client's files, with copies of those that are to be kept as they were."""
        held = _held(client, self.texts, self.profile, self.directory)
        foreign = held is not None and not held.same_cloud(self.wanted)
        if held is not None and foreign and not self.replace:
            raise _occupied(client, held, self.directory, self.profile)
        for file in client.files:
            if self.has_ca or not file.for_ca:
                yield from self._file(file, held, foreign=foreign)

    def _file(self, file: ClientFile, held: Mark | None, *, foreign: bool) -> Iterator[BundleFile]:
        path = file.at(self.profile)
        before = self.texts.get(path)
        declared = render(_template(file.template), self.values, markup=file.markup, load=_template)
        name = f"{self.directory}/{path}"
        content = file.merge(before or "", declared, name=name) if file.merge else declared
        changed = before is None or joined(content) != Secret(before)
        if not changed or not before:
            yield BundleFile(path, content, changed)
            return
        shared = foreign or file.merge is not None
        yield BundleFile(
            path,
            content,
            changed,
            before=Secret(before) if shared else None,
            secrets=(self.secret, *(file.secrets(before) if file.secrets else ())),
            whole=foreign and joined(content) == joined(declared),
            notes=_notes(path, before, held, self.wanted),
        )
        if foreign or (shared and self.keep):
            yield _copy(path, before)


def check_directory(
    files: Files, directory: str, profile: str, clients: Sequence[Client] = CLIENTS
) -> None:
    """Raise `DeclarationError` where a bundle cannot be written; changes nothing."""
    check_place(directory, profile)
    place = files.directory(directory)
    for path in paths(clients, profile):
        files.check_writable(f"{place}/{path}")


def existing_files(
    files: Files, directory: str, profile: str, clients: Sequence[Client] = CLIENTS
) -> dict[str, Content | None]:
    """Return what a directory has of a bundle, by path; raises `SetupToolError`."""
    place = files.directory(directory)
    found = {path: files.read(f"{place}/{path}") for path in paths(clients, profile)}
    return {path: None if data is None else Content(data) for path, data in found.items()}


def held_keys(
    existing: Mapping[str, Content | None],
    *,
    directory: str,
    profile: str,
    clients: Sequence[Client] = CLIENTS,
) -> frozenset[str]:
    """Return the access keys that a directory's files hold for a profile.

    Raises `DeclarationError` for a file that cannot be understood.
    """
    texts = _texts(existing, directory, paths(clients, profile))
    marks = (client.mark(texts, profile, directory) for client in clients if client.mark)
    return frozenset(mark.access for mark in marks if mark and mark.access)


def write_bundle(
    files: Files,
    directory: str,
    credential: Credential,
    urls: CloudUrls,
    *,
    profile: str | None = None,
    clients: Sequence[Client] = CLIENTS,
    limits: GatewayLimits | None = None,
    replace: bool = False,
    keep: bool = True,
    seen: Mapping[str, Content | None] | None = None,
) -> tuple[BundleFile, ...]:
    """Write a bundle into a directory and return what `render_bundle` made.

    The profile is by default that of the project's name. Nothing is written before
    every file has been rendered, and no other run writes into the directory meanwhile. A
    file that already says so is handed to ``files`` too, which then sees to its mode. With
    ``seen``, only files that still are as they were then may change.

    Raises `DeclarationError` as `render_bundle` does, and `SetupToolError` for a file
    that cannot be read or written.
    """
    directory = str(Path(directory).absolute())
    place = files.directory(directory)
    if urls.ca_bundle:
        urls = dataclasses.replace(urls, ca_bundle=str(Path(urls.ca_bundle).absolute()))
    profile = profile_name(credential.owner.project) if profile is None else profile
    clients = usable(clients, urls)
    check_directory(files, directory, profile, clients)
    with files.locked(place):
        existing = existing_files(files, directory, profile, clients)
        bundle = render_bundle(
            credential,
            urls,
            existing,
            directory=directory,
            profile=profile,
            clients=clients,
            limits=limits,
            replace=replace,
            keep=keep,
        )
        if seen is not None:
            _check_unchanged(bundle, existing, seen, directory)
        # Copies of what is replaced come first: they must be there when it goes.
        for file in sorted(bundle, key=lambda file: not file.copy):
            files.write_private(f"{place}/{file.path}", file.content)
    return bundle


def _check_unchanged(
    bundle: Sequence[BundleFile],
    existing: Mapping[str, Content | None],
    seen: Mapping[str, Content | None],
    directory: str,
) -> None:
    for file in bundle:
        if file.before is not None and existing.get(file.path) != seen.get(file.path):
            raise SetupToolError(
                f"{directory}/{file.path} was changed by somebody else meanwhile, so no file was"
                " written. Run the command again, which then shows what would change now."
            )


def _texts(
    existing: Mapping[str, Content | None], directory: str, known: Sequence[str]
) -> dict[str, str]:
    return {
        path: decoded(content, f"{directory}/{path}")
        for path, content in existing.items()
        if content is not None and path in known
    }


def _template(name: str) -> str:
    return (folder("templates") / "client" / name).read_text(encoding="utf-8")


def _held(client: Client, texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    """Return what the client's place is for, None when it is free."""
    if any(file.is_foreign(texts.get(file.at(profile), "")) for file in client.files):
        return Mark(None, what="a file that setup-tool did not write")
    return client.mark(texts, profile, directory) if client.mark else None


def _occupied(client: Client, held: Mark, directory: str, profile: str) -> DeclarationError:
    places = " and ".join(f"{directory}/{file.at(profile)}" for file in client.files)
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
    note = f"{path} as it was is kept as {kept}."
    return BundleFile(kept, (Secret(before),), changed=True, copy=True, notes=(note,))
