"""Shell text of a run: its journal, its lock, and the runs before it.

The lock is the highest ``<state>/lock.N``, a hard link to its holder's ``owner``.
A holder that has a result or no longer lives holds nothing, and whoever links
N + 1 first is the next; linking is atomic and the highest is never removed, so two
can not both believe to be it, however many find a dead holder at once.
"""

from __future__ import annotations

from typing import Final

KEPT_RUNS: Final = 20
"""Ended runs whose folders (backups, journals) are kept."""

DURABLE: Final = r"""
# durable FILE...: those that are there are on disk, folders with their names; a sync
# that knows no files (coreutils before 8.24) syncs everything
durable() {
    for one in "$@"; do
        shift
        [ ! -e "$one" ] || set -- "$@" "$one"
    done
    [ "$#" = 0 ] || sync "$@" 2>/dev/null || sync
}
"""

JOURNAL: Final = r"""
cd "$dir" || exit 1
ending=done step='start' detail= number=0 written= bounced= well= drained= healthy_before=yes

note() {
    printf '%s\n' "$*" >>journal
}

# begin TEXT: a step's marker is on disk before its effect
begin() {
    number=$((number + 1))
    step=$1
    note "$number $1"
    durable journal
}

# fail ENDING DETAIL
fail() {
    ending=$1 detail=$2
    note "failed: $2"
    return 1
}

# close_run FOLDER ENDING STEP DETAIL: fails on a full disk, where half a result would do
# for a whole one; the run counts as dead then
close_run() {
    rm -rf "$1/canary" "$1/payload" "$1"/requirements.*
    printf '%s\n%s\n%s\n' "$2" "$3" "$4" >"$1/result.new" || return 1
    durable "$1/result.new" "$1"
    mv -f "$1/result.new" "$1/result"
    durable "$1"
}

# nap [SECONDS]
nap() {
    sleep "${1:-0.2}" 2>/dev/null || sleep 1
}
"""

LOCK: Final = (
    r"""
# highest: sets last to the highest lock's number, 0 where there is none
highest() {
    last=0
    for lock in "$state"/lock.*; do
        candidate=${lock##*.}
        [ "$candidate" -gt "$last" ] 2>/dev/null && last=$candidate
    done
    return 0
}

# take_lock: fails while another run is at work. A lock that says nothing, after a power
# cut or on a full disk, is nobody's: who takes one has seen to it that it speaks.
take_lock() {
    highest
    if [ "$last" -gt 0 ]; then
        pid=
        { read -r pid began when holder <"$state/lock.$last"; } 2>/dev/null ||
            [ -e "$state/lock.$last" ] || return 1
        [ -z "$pid" ] || [ -e "$state/runs/$holder/result" ] || ! alive "$pid" "$began" "$when" ||
            return 1
    fi
    mine=$((last + 1))
    if ! ln owner "$state/lock.$mine" 2>>output; then
        [ -e "$state/lock.$mine" ] || cannot_lock=yes
        return 1
    fi
    highest
    if [ "$last" != "$mine" ]; then
        rm -f "$state/lock.$mine"
        return 1
    fi
    for lock in "$state"/lock.*; do
        [ "${lock##*.}" -ge "$mine" ] 2>/dev/null || rm -f "$lock"
    done
}

# settle RUN: closes a dead run's journal, removes the temporary files it left and ends its
# drain, which may have outlived a run that ended too
settle() {
    [ -d "$state/runs/$1" ] || return 0
    [ ! -e "$state/runs/$1/result" ] || [ -e "$state/runs/$1/drain" ] || return 0
    begin "settle run $1"
    lift_all "$state/runs/$1" "$1"
    [ ! -e "$state/runs/$1/result" ] || return 0
    if [ -r "$state/runs/$1/temps" ]; then
        while IFS= read -r temp; do rm -f "$temp"; done <"$state/runs/$1/temps"
    fi
    printf '%s\n' "settled by run $run" >>"$state/runs/$1/journal"
    close_run "$state/runs/$1" settled '' "a later run, $run, settled it"
}

prune() {
    ended=0
    for name in $(ls -1t "$state/runs"); do
        [ -e "$state/runs/$name/result" ] || continue
        ended=$((ended + 1))
        [ "$ended" -lt """
    + str(KEPT_RUNS)
    + r""" ] || rm -rf "$state/runs/$name"
    done
    # what a stager left that was cut off; its name ends in its pid
    for folder in "$state"/runs/.[!.]*.*; do
        [ -d "$folder" ] && [ ! -d "/proc/${folder##*.}" ] && rm -rf "$folder"
    done
    return 0
}
"""
)
