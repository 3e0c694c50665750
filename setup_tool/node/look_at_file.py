"""Shell text that looks at a node's files: bytes, metadata, and which are mount points."""

from __future__ import annotations

from typing import Final

FILE_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of the largest file that is read."""

LOOK_AT_FILE: Final = (
    r"""
reals= checkouts=
# look_for_checkout FILE: notes the folder above it that a repository is checked out to;
# etckeeper's in /etc follows the files and never leads them
look_for_checkout() {
    above=${1%/*}
    while [ -n "$above" ]; do
        if [ -e "$above/.git" ] || [ -d "$above/.hg" ] || [ -d "$above/.svn" ]; then
            [ -e "$above/.etckeeper" ] || checkouts=$checkouts$above$newline$1$newline
            return
        fi
        above=${above%/*}
    done
}

# look_at_file KEY PATH: a line with what it is, a line with the file itself, a line
# of metadata, and the content
look_at_file() {
    real=$2
    if [ -L "$2" ]; then
        real=$(readlink -f "$2") || real=$2
    else
        parent=${2%/*}
        if cd -P "${parent:-/}"; then
            real=${PWD%/}/${2##*/}
            cd /
        fi
    fi
    kind=file meta= data=
    if [ ! -e "$real" ]; then
        kind=absent
        above=${real%/*}
        until [ -e "${above:-/}" ]; do above=${above%/*}; done
        [ ! -d "${above:-/}" ] || [ -x "${above:-/}" ] || kind="hidden $above"
    elif [ -d "$real" ]; then
        kind=directory
    elif [ ! -f "$real" ]; then
        kind=special
    elif [ ! -r "$real" ]; then
        kind=unreadable
    else
        meta=$(stat -L -c '%s %a %U:%G %Y %Z' "$real")
        if [ "${meta%% *}" -gt """
    + str(FILE_LIMIT)
    + r""" ]; then
            kind=large
        else
            data=$(base64 <"$real") || kind=unreadable data=
        fi
        look_for_checkout "$real"
    fi
    reals=$reals$real$newline
    emit "$1" "$kind
$real
$meta
$data"
}

# look_at_mounts KEY: which of the files are mount points (proc_pid_mountinfo(5), field
# 5); sets boot_time as well, which costs nothing more here
look_at_mounts() {
    mounts=$(REALS="$reals" awk '
        BEGIN {
            n = split(ENVIRON["REALS"], real, "\n")
            for (i = 1; i <= n; i++) asked[real[i]] = 1
        }
        FILENAME == "/proc/stat" { if ($1 == "btime") print "boot " $2; next }
        {
            point = $5
            gsub(/\\040/, " ", point); gsub(/\\134/, "\\", point)
            if (point in asked) print point
        }' /proc/stat /proc/self/mountinfo)
    case $mounts in
    'boot '*)
        boot_time=${mounts#'boot '}
        boot_time=${boot_time%%"$newline"*}
        ;;
    esac
    emit "$1" "$mounts"
}
"""
)
