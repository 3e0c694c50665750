"""Shell text that tells of past runs and prints their copies, and what it prints as facts."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from setup_tool.core.content import Content
from setup_tool.core.history import BackupFact, HistoryFact, PastFile, PastRun
from setup_tool.core.queries import ReadBackup, ReadHistory
from setup_tool.node.shell_words import file_name, path_word

if TYPE_CHECKING:
    from collections.abc import Mapping


HISTORY: Final = r"""
# look_at_history KEY STATE_DIR: lines of what each run is, was to write, found and wrote,
# and of the files' digests as they are now
look_at_history() {
    text= seen=$newline
    for folder in "$2"/runs/*/; do
        folder=${folder%/}
        [ -r "$folder/journal" ] || continue
        how= last=$folder/journal
        if [ -r "$folder/result" ]; then
            last=$folder/result
            IFS= read -r how <"$last"
        fi
        text="${text}run $(stat -c %Y "$last") ${how:--} ${folder##*/}$newline"
        while IFS= read -r line; do
            case $line in '# wrote '*) text="$text${line#??}$newline" ;; esac
        done <"$folder/journal"
        [ -r "$folder/files" ] || continue
        while IFS= read -r line; do
            text="${text}is $line$newline"
            number=${line%% *}
            real=
            [ -r "$folder/real/$number" ] && IFS= read -r real <"$folder/real/$number"
            [ -n "$real" ] || continue
            text="${text}real $number $real$newline"
            [ ! -f "$folder/backup/$number" ] || text="${text}kept $number$newline"
            case $seen in *"$newline$real$newline"*) continue ;; esac
            seen=$seen$real$newline
            digest=$(sha256sum <"$real") || digest=-
            [ ! -e "$real" ] || [ "$digest" != - ] || digest=unreadable
            text="${text}now ${digest%% *} $real$newline"
        done <"$folder/files"
    done
    emit "$1" "$text"
}

# look_at_backup KEY FOLDER INDEX: owner and mode the file had, and its bytes
look_at_backup() {
    had= data=
    [ -r "$2/real/$3" ] && { IFS= read -r real && IFS= read -r had; } <"$2/real/$3"
    kind=absent
    [ -r "$2/backup/$3" ] && data=$(base64 <"$2/backup/$3") && kind=file
    emit "$1" "$kind
$had
$data"
}
"""

NO_FILE: Final = "-"
"""Stands for the digest of a file that is not there."""

_ATTRIBUTES = re.compile(r"(\d+:\d+) ([0-7]{3,4})")


def past_call(key: int, query: ReadHistory | ReadBackup) -> str:
    """Return the line of a script that answers the query."""
    state = path_word(query.state_dir)
    if isinstance(query, ReadHistory):
        return f"look_at_history {key} {state}\n"
    return f"look_at_backup {key} {state}/runs/{file_name(query.run)} {query.index:d}\n"


def parse_history(text: str) -> HistoryFact:
    """Return what the node told of its runs; raises `ValueError` for what is garbled."""
    lines = [line.split(" ", 1) for line in text.split("\n") if line]
    now: dict[str, str] = {}
    for word, rest in lines:
        if word == "now":
            digest, _, path = rest.partition(" ")
            now[path] = digest
    starts = [number for number, (word, _) in enumerate(lines) if word == "run"]
    blocks = pairwise([*starts, len(lines)])
    runs = [_run(lines[start:end], now) for start, end in blocks]
    return HistoryFact(tuple(sorted(runs, key=lambda run: (run.at, run.name))))


def parse_backup(record: bytes) -> BackupFact:
    """Return the copy of a file; raises `ValueError` for what is garbled."""
    kind, had, armoured = record.split(b"\n", 2)
    if kind != b"file":
        return BackupFact()
    try:
        content = Content(base64.b64decode(armoured.replace(b"\n", b""), validate=True))
    except binascii.Error as problem:
        raise ValueError("not base64") from problem
    attributes = _ATTRIBUTES.fullmatch(had.decode("ascii", "replace"))
    if attributes is None:
        return BackupFact(content)
    return BackupFact(content, int(attributes[2], 8), attributes[1])


def _run(lines: list[list[str]], now: Mapping[str, str]) -> PastRun:
    at, ending, name = lines[0][1].split(" ", 2)
    said: dict[str, list[str]] = {}
    for word, rest in lines[1:]:
        said.setdefault(word, []).append(rest)
    wrote = {int(line.split(" ", 1)[0]) for line in said.get("wrote", [])}
    kept = {int(line) for line in said.get("kept", [])}
    reals = {int(number): path for number, path in _pairs(said.get("real", []))}
    manifest = _pairs(said.get("is", []))
    files = []
    for number, rest in manifest[1:]:
        before, after, path = rest.split(" ", 2)
        index = int(number)
        real = reals.get(index)
        files.append(
            PastFile(
                index=index,
                path=path,
                real=real,
                before=_digest(before),
                after=_digest(after),
                now=_digest(now.get(real, NO_FILE)) if real else None,
                written=index in wrote,
                kept=index in kept,
            )
        )
    command = manifest[0][1] if manifest else None
    return PastRun(
        name, command, None if ending == NO_FILE else ending, int(at), tuple(files), bool(wrote)
    )


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    found = (line.partition(" ") for line in lines)
    return [(first, rest) for first, _, rest in found]


def _digest(word: str) -> str | None:
    return None if word == NO_FILE else word
