"""Shell text that looks at a node's accounts, folders and Python environments, and its reply."""

from __future__ import annotations

import re
from typing import Final

from setup_tool.core.accounts import AccountFact, ReadAccount
from setup_tool.core.environments import COMPLETE, EnvironmentsFact, ReadEnvironments
from setup_tool.core.folders import MARKER, FolderFact, ReadFolder
from setup_tool.node.shell_words import file_name, path_word, quoted

LOOK_PLACES: Final = (
    r"""
# look_at_account KEY NAME: its entry as passwd(5) has it
look_at_account() {
    entry=$(getent passwd "$2") || entry=$(grep "^$2:" /etc/passwd)
    emit "$1" "$entry"
}

# look_at_folder KEY PATH
look_at_folder() {
    what=absent meta= ours= names=
    if [ -d "$2" ]; then
        what=folder meta=$(stat -L -c '%a %U:%G' "$2")
        [ ! -e "$2/"""
    + MARKER
    + r"""" ] || ours=yes
        names=$(ls -A "$2" | head -n 50)
    elif [ -e "$2" ] || [ -L "$2" ]; then
        what=other
    fi
    emit "$1" "what $what
meta $meta
ours $ours
$names"
}

# look_at_environments KEY FOLDER PREFIX WHEELS
look_at_environments() {
    text="python $(python3 -B -E -s -S -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    for one in "$2/$3"*/; do
        one=${one%/}
        [ -d "$one" ] || continue
        how=unfinished
        [ ! -e "$one/"""
    + COMPLETE
    + r"""" ] || how=complete
        text="$text$newline$how ${one##*/}"
    done
    if [ -n "$4" ] && [ -d "$4" ] && [ -r "$4" ]; then
        text="$text${newline}listed"
        for one in "$4"/*.whl; do
            [ ! -e "$one" ] || text="$text${newline}wheel ${one##*/}"
        done
    fi
    emit "$1" "$text"
}
"""
)
"""Needs ``emit`` and ``newline``."""

_RELEASE = re.compile(r"[0-9]+\.[0-9]+")


def place_call(key: int, query: ReadAccount | ReadFolder | ReadEnvironments) -> str:
    """Return the line of a script that answers the query."""
    match query:
        case ReadAccount(name):
            return f"look_at_account {key} {quoted(file_name(name))}\n"
        case ReadFolder(path):
            return f"look_at_folder {key} {path_word(path)}\n"
        case ReadEnvironments(folder, prefix, wheels):
            words = f"{path_word(folder)} {quoted(file_name(prefix))}"
            return f"look_at_environments {key} {words} {path_word(wheels) if wheels else ''}\n"


def parse_account(text: str) -> AccountFact:
    """Return what an entry of passwd(5) says; an empty one is none."""
    if not text.strip():
        return AccountFact(exists=False)
    fields = text.splitlines()[0].split(":")
    return AccountFact(exists=True, comment=fields[4], group=fields[3])


def parse_folder(text: str) -> FolderFact:
    """Return what a record of `look_at_folder` says."""
    what, meta, ours, *names = text.split("\n")
    mode, _, owner = meta.removeprefix("meta ").partition(" ")
    return FolderFact(
        exists=what == "what folder",
        other=what == "what other",
        ours=ours == "ours yes",
        mode=int(mode, 8) if mode else 0,
        owner=owner,
        names=tuple(name for name in names if name),
    )


def parse_environments(text: str) -> EnvironmentsFact:
    """Return what a record of `look_at_environments` says."""
    lines = [line.partition(" ")[::2] for line in text.splitlines()]
    release = dict(lines)["python"].strip()

    def named(word: str) -> tuple[str, ...]:
        return tuple(value for name, value in lines if name == word)

    return EnvironmentsFact(
        python=release if _RELEASE.fullmatch(release) else None,
        complete=named("complete"),
        unfinished=named("unfinished"),
        wheels=named("wheel") if ("listed", "") in lines else None,
    )
