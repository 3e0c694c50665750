"""Which symbolic links are followed on the way to a file that holds secrets.

A link decides which file is replaced, so it counts only where nobody else can have put it
there: it is ours or root's, in a directory that only we and root can write to, or in a
sticky one, as /tmp. ``docs/decisions/links.md`` says why.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from setup_tool.adapters.sharing import others_write
from setup_tool.core.errors import DeclarationError

_MOST = 40
"""Links on one path that Linux follows, too."""


def directory(path: str) -> str:
    """Return where the path of a directory that an operator named leads.

    Links in it are followed wherever they lead, once they are known to be nobody else's.
    Raises `DeclarationError` for another link, and `OSError` for a circle of them.
    """
    return str(_resolved(Path(path).absolute(), inside=False))


def file(path: str) -> Path:
    """Return where the path of a file leads.

    A link in it is followed only to what lies below the link's own directory, or below our
    home directory where the link does, too, and only to a file of ours. Raises as
    `directory` does.
    """
    return _resolved(Path(path).absolute(), inside=True)


def check_owner(path: Path) -> None:
    """Raise `DeclarationError` for a file there that is neither ours nor root's."""
    try:
        owner = path.stat().st_uid
    except (FileNotFoundError, NotADirectoryError):
        return
    if owner not in (os.geteuid(), 0):
        raise DeclarationError(
            f"{path} belongs to user {owner}, who may have put anything in it. Move it away."
        )


def _resolved(path: Path, *, inside: bool) -> Path:
    place, todo, links = Path(path.root), list(path.parts[1:]), 0
    bounds: list[tuple[Path, Path]] = []
    while todo:
        part = todo.pop(0)
        if part == "..":
            place = place.parent
            continue
        step = place / part
        try:
            found = step.lstat()
        except (FileNotFoundError, NotADirectoryError):
            place = step
            continue
        if not stat.S_ISLNK(found.st_mode):
            place = step
            continue
        links += 1
        if links > _MOST:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        _check_link(step, found)
        if inside and not _is_systems(found):
            bounds.append((step, place))
        target = step.readlink()
        todo[:0] = target.parts[1:] if target.is_absolute() else target.parts
        place = Path(target.root) if target.is_absolute() else place
    for link, around in bounds:
        _check_inside(link, around, place)
    return place


def _is_systems(found: os.stat_result) -> bool:
    """Tell whether a link is root's and we are not: whoever made it may do anything anyway."""
    return found.st_uid == 0 and os.geteuid() != 0


def _check_link(link: Path, found: os.stat_result) -> None:
    if found.st_uid not in (os.geteuid(), 0):
        raise DeclarationError(
            f"{link} is a symbolic link of user {found.st_uid}, who could have it lead anywhere."
            " Remove it, or name the directory that it leads to."
        )
    above = link.parent.stat()
    others = above.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not above.st_mode & stat.S_ISVTX
    if above.st_uid not in (os.geteuid(), 0) or (others and others_write(above)):
        raise DeclarationError(
            f"{link} is a symbolic link in a directory that other users can write to, so they"
            " could have it lead anywhere. Remove it, or name the directory that it leads to."
        )


def _check_inside(link: Path, around: Path, target: Path) -> None:
    home = _home()
    rooms = [around, *([home] if home and around.is_relative_to(home) else [])]
    if not any(target.is_relative_to(room) for room in rooms):
        raise DeclarationError(
            f"{link} is a symbolic link to {target}, which lies outside of {rooms[-1]}. Links are"
            " followed within it only: put the file there, or remove the link."
        )
    if target.exists() and target.stat().st_uid != os.geteuid():
        raise DeclarationError(
            f"{link} is a symbolic link to {target}, which belongs to another user. Remove the"
            " link."
        )


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # a user that no table of users names, as in some containers
        return None
