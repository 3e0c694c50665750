"""Files on the operator's machine that hold secrets."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import joined

if TYPE_CHECKING:
    from setup_tool.core.secret import Text

_PRIVATE_FILE = 0o600
_PRIVATE_DIRECTORY = 0o700


class LocalFiles:
    """Fulfils `setup_tool.ports.Files` on this machine's file systems.

    Symbolic links are followed: what they point at is read and replaced, and they
    stay. A directory in which somebody else could put a file of theirs in the place
    of ours is refused.
    """

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is none.

        Raises `SetupToolError` for what is no regular file or cannot be read.
        """
        try:
            # O_NONBLOCK: opening a pipe nobody writes to would wait for ever.
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _problem(path, "cannot be read", error) from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SetupToolError(f"{path} is not a regular file. Move it away.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read()
        except OSError as error:
            raise _problem(path, "cannot be read", error) from error
        finally:
            os.close(descriptor)

    def check_writable(self, path: str) -> None:
        """Refuse a path that `write_private` would refuse, and make nothing.

        A directory that does not exist yet is judged by the one it would be made in.
        Raises `DeclarationError`, naming the path and the reason.
        """
        target = Path(os.path.realpath(path))
        try:
            if target.exists() and not target.is_file():
                raise DeclarationError(f"{target} is not a regular file. Move it away.")
            _check_directory(target.parent)
        except OSError as error:
            raise DeclarationError(str(_problem(path, "cannot be written", error))) from error

    def write_private(self, path: str, content: Text) -> None:
        """Replace or create a file, mode 0600 from the moment it exists.

        The new bytes are in a file of their own, and on the disk, before that file
        takes the old one's name: the path shows the old content or the new, never a
        part. A file that says the same already is left in place. A mode stricter
        than 0600 is kept, a laxer one becomes 0600. Missing directories are created
        with mode 0700.

        Raises `SetupToolError`, naming the path and the reason.
        """
        target = Path(os.path.realpath(path))
        try:
            _make_directories(target.parent)
            if problem := _shared(target.parent):
                raise SetupToolError(problem)
            _put(target, joined(content).reveal().encode())
        except OSError as error:
            raise _problem(path, "cannot be written", error) from error


def _problem(path: str, what: str, error: OSError) -> SetupToolError:
    return SetupToolError(f"{path} {what}: {error.strerror or type(error).__name__}.")


def _make_directories(directory: Path) -> None:
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for new in reversed(missing):
        with suppress(FileExistsError):
            new.mkdir(mode=_PRIVATE_DIRECTORY)


def _check_directory(directory: Path) -> None:
    place = directory
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise DeclarationError(
            f"{directory} cannot be made, since {place} is not a directory. Choose another."
        )
    problem = _shared(directory) if place == directory else _replaceable(directory, place)
    if problem:
        raise DeclarationError(problem)
    if not os.access(place, os.W_OK | os.X_OK):
        raise DeclarationError(
            f"This login may not write to {place}. Choose another directory, or change its rights."
        )


def _shared(directory: Path) -> str | None:
    """Say why somebody else could replace the entries of a directory, None if nobody can."""
    found = directory.stat()
    if found.st_uid not in (os.geteuid(), 0):
        return (
            f"{directory} belongs to user {found.st_uid}, who could replace the files in it."
            " Choose a directory of your own, or run as that user."
        )
    if _others_write(found):
        return _shared_problem(directory, directory)
    return _replaceable(directory, directory.parent)


def _replaceable(directory: Path, above: Path) -> str | None:
    """Say where anybody could replace a directory below ``above``, None if nowhere.

    Everybody's right to write there lets them, unless it is sticky as /tmp is.
    """
    shared = [place for place in (above, *above.parents) if _anybody_replaces(place.stat())]
    return _shared_problem(directory, shared[0]) if shared else None


def _shared_problem(directory: Path, shared: Path) -> str:
    return (
        f"Other users can write to {shared}, so they could replace the files in {directory}."
        f" Take that right away (chmod go-w {shared}) or choose another directory."
    )


def _anybody_replaces(found: os.stat_result) -> bool:
    return bool(found.st_mode & stat.S_IWOTH) and not found.st_mode & stat.S_ISVTX


def _others_write(found: os.stat_result) -> bool:
    """Tell whether anybody but the owner can write.

    The group that a user has to itself, as Debian and Red Hat make for each, lets in
    nobody else.
    """
    import grp
    import pwd

    if not found.st_mode & stat.S_IWGRP:
        return bool(found.st_mode & stat.S_IWOTH)
    try:
        group, owner = grp.getgrgid(found.st_gid), pwd.getpwuid(found.st_uid)
    except KeyError:
        return True
    private = group.gr_name == owner.pw_name and owner.pw_gid == group.gr_gid
    return (
        bool(found.st_mode & stat.S_IWOTH)
        or not private
        or bool(set(group.gr_mem) - {owner.pw_name})
    )


def _put(target: Path, data: bytes) -> None:
    mode = _PRIVATE_FILE
    with suppress(FileNotFoundError):
        found = target.stat()
        if not stat.S_ISREG(found.st_mode):
            raise SetupToolError(f"{target} is not a regular file. Move it away.")
        mode &= stat.S_IMODE(found.st_mode)
        if target.read_bytes() == data:
            if stat.S_IMODE(found.st_mode) != mode:
                target.chmod(mode)
            return
    # mkstemp opens with O_EXCL, O_NOFOLLOW and mode 0600.
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
