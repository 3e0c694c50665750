"""Who else could replace what lies in a directory."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def shared(directory: Path) -> str | None:
    """Say why somebody else could replace the entries of a directory, None if nobody can."""
    found = directory.stat()
    if found.st_uid not in (os.geteuid(), 0):
        return (
            f"{directory} belongs to user {found.st_uid}, who could replace the files in it."
            " Choose a directory of your own, or run as that user."
        )
    if others_write(found):
        return _shared_problem(directory, directory)
    return replaceable(directory, directory.parent)


def replaceable(directory: Path, above: Path) -> str | None:
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


def others_write(found: os.stat_result) -> bool:
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
