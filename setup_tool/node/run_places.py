"""Shell text of a run: accounts and folders made and removed."""

from __future__ import annotations

from typing import Final

from setup_tool.core.folders import MARKER

PLACES: Final = (
    f"folder_mark={MARKER}\n"
    r"""
# account_entry NAME: sets entry to its line of passwd(5); fails where there is none
account_entry() {
    entry=$(getent passwd "$1" 2>/dev/null) || entry=$(grep "^$1:" /etc/passwd)
}

has_group() {
    getent group "$1" >/dev/null 2>&1 || grep -q "^$1:" /etc/group
}

# make_account NAME HOME COMMENT
make_account() {
    ! account_entry "$1" || return 0
    begin "make user $1"
    shell=$(command -v nologin) || shell=/bin/false
    (
        umask 022
        if command -v useradd >/dev/null; then
            group=--user-group
            ! has_group "$1" || group="--gid $1"
            exec useradd --system $group --no-create-home --home-dir "$2" --shell "$shell" \
                --comment "$3" "$1"
        fi
        has_group "$1" || addgroup -S "$1" || exit 1
        exec adduser -S -D -H -h "$2" -s "$shell" -g "$3" -G "$1" "$1"
    ) >>output 2>&1 || {
        complaint
        fail failed "user $1 could not be made$complaint"
        return 1
    }
    note "# made user $1"
}

# remove_account NAME COMMENT: one that says something else is not ours
remove_account() {
    account_entry "$1" || return 0
    comment=${entry#*:*:*:*:}
    [ "${comment%%:*}" = "$2" ] || return 0
    begin "remove user $1"
    {
        if command -v userdel >/dev/null; then userdel "$1"; else deluser "$1"; fi &&
            { ! has_group "$1" || groupdel "$1" || delgroup "$1"; }
    } >>output 2>&1 || {
        complaint
        fail failed "user $1 could not be removed$complaint"
    }
}

# make_folder PATH MODE OWNER MARKED: under its name it has its owner, mode and mark at once
make_folder() {
    [ ! -d "$1" ] || return 0
    begin "make folder $1"
    above=${1%/*}
    new=$above/.${1##*/}.new.setup-tool
    {
        (umask 022 && mkdir -p "${above:-/}") && rm -rf "$new" && mkdir "$new" &&
            { [ -z "$4" ] || true >"$new/$folder_mark"; } &&
            { [ -z "$3" ] || chown "$3" "$new"; } && chmod "$2" "$new" && durable "$new" &&
            mv "$new" "$1" && durable "${above:-/}"
    } 2>>output || {
        complaint
        fail failed "folder $1 could not be made$complaint"
    }
}

# remove_folder PATH: the mark goes last, so that what was cut short is known for ours
remove_folder() {
    [ -d "$1" ] && [ ! -L "$1" ] || return 0
    begin "remove folder $1"
    if [ -e "$1/$folder_mark" ]; then
        for one in "$1"/* "$1"/.[!.]* "$1"/..?*; do
            [ "$one" = "$1/$folder_mark" ] || rm -rf "$one" 2>>output
        done
        rm -f "$1/$folder_mark" 2>>output
    fi
    rmdir "$1" 2>>output || {
        complaint
        note "# $1 stays$complaint"
    }
    durable "${1%/*}/"
}
"""
)
"""Needs the texts of the journal and of the files."""
