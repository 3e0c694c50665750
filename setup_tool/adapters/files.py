"""Files on the operator's machine that hold secrets."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.adapters import links
from setup_tool.adapters.sharing import replaceable, shared
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setup_tool.core.secret import Text

_LOCK = ".setup-tool.lock"
_PRIVATE_FILE = 0o600
_PRIVATE_DIRECTORY = 0o700


class LocalFiles:
    """Fulfils `setup_tool.ports.Files` on this machine's file systems.

    What is written is found as `setup_tool.adapters.links` says: a symbolic link stays,
    and what it points at is replaced, or it is refused. A directory in which somebody else
    could put a file of theirs in the place of ours is refused.
    """

    def directory(self, path: str) -> str:
        """Return where the path of a directory leads; see `links.directory`."""
        try:
            return links.directory(path)
        except OSError as error:
            raise DeclarationError(str(_problem(path, "cannot be used", error))) from error

    @contextmanager
    def locked(self, directory: str) -> Iterator[None]:
        """Keep other runs of this program from writing into a directory; made where missing.

        The lock is a file in it, gone afterwards. Waits for whoever has it; the system frees
        the lock of a process that dies. Raises `SetupToolError`.
        """
        place = Path(directory)
        try:
            _make_directories(place)
            if problem := shared(place):
                raise SetupToolError(problem)
            descriptor = _lock(place / _LOCK)
        except OSError as error:
            raise _problem(directory, "cannot be written", error) from error
        try:
            yield
        finally:
            # Removed while it is ours: whoever waits for it sees that, and makes a new one.
            (place / _LOCK).unlink(missing_ok=True)
            os.close(descriptor)

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
        try:
            target = links.file(path)
            if target.exists() and not target.is_file():
                raise DeclarationError(f"{target} is not a regular file. Move it away.")
            links.check_owner(target)
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
        try:
            target = links.file(path)
            links.check_owner(target)
            _make_directories(target.parent)
            if problem := shared(target.parent):
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
    problem = shared(directory) if place == directory else replaceable(directory, place)
    if problem:
        raise DeclarationError(problem)
    if not os.access(place, os.W_OK | os.X_OK):
        raise DeclarationError(
            f"This login may not write to {place}. Choose another directory, or change its rights."
        )


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock of a file, which is the one at the path."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, _PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.lstat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


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
