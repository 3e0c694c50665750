"""Shell text of a run: files checked, backed up, replaced and put back."""

from __future__ import annotations

from typing import Final

FILES: Final = r"""
digest_of() {
    digest=$(sha256sum <"$1" 2>/dev/null) || digest=
    digest=${digest%% *}
}

# unchanged REAL DIGEST ('' where there must be no file)
unchanged() {
    if [ -z "$2" ]; then
        [ ! -e "$1" ] && [ ! -L "$1" ]
    else
        digest_of "$1"
        [ "$digest" = "$2" ]
    fi
}

is_mount_point() {
    POINT=$1 awk '
        { point = $5; gsub(/\\040/, " ", point); gsub(/\\134/, "\\", point) }
        point == ENVIRON["POINT"] { found = 1 }
        END { exit !found }' /proc/self/mountinfo
}

# keeps_attributes: whether cp can copy owner, mode, xattrs and label onto another file
keeps_attributes() {
    cp --help 2>&1 | grep -q -e --attributes-only
}

# has_more_attributes FILE: xattrs, access lists or a label that a plain copy would lose
has_more_attributes() {
    case $(ls -ld "$1") in ??????????[+.]*) return 0 ;; esac
    command -v getfattr >/dev/null && [ -n "$(getfattr -h -m - -- "$1" 2>/dev/null)" ]
}

# check INDEX PATH DIGEST IN_PLACE: whether the file may be replaced; backs it up
check() {
    real=$(readlink -f "$2") || real=$2
    unchanged "$real" "$3" || {
        fail stale "$2 changed after it was looked at"
        return 1
    }
    folder=${real%/*}
    [ -d "${folder:-/}" ] || {
        fail failed "there is no folder ${folder:-/} for $2"
        return 1
    }
    printf '%s\n' "$real" >"real/$1" &&
        printf '%s\n' "${folder}/.${real##*/}.setup-tool.$run" >>temps || {
        fail failed "$dir could not be written; see whether the disk is full"
        return 1
    }
    [ -n "$3" ] || return 0
    [ -f "$real" ] || {
        fail failed "$2 is not a regular file"
        return 1
    }
    digest=
    stat -c '%u:%g %a' "$real" >>"real/$1" && cat "$real" >"backup/$1" 2>>output &&
        digest_of "backup/$1"
    [ "$digest" = "$3" ] || {
        complaint
        fail failed "$2 could not be backed up to $dir$complaint"
        return 1
    }
    [ -z "$4" ] || return 0
    if is_mount_point "$real"; then
        fail failed "$2 is a mount point, so nothing can be renamed over it"
        return 1
    fi
    if [ -z "$copy_attributes" ] && has_more_attributes "$real"; then
        fail failed "$2 has extended attributes or an access list that this node's cp cannot keep"
        return 1
    fi
}

# beside REAL: sets temp, where the finished file stands before it is renamed over REAL
beside() {
    folder=${1%/*}
    temp=$folder/.${1##*/}.setup-tool.$run
}

# finish REAL SOURCE MODE [OWNER]: the bytes of SOURCE beside REAL, with its owner, mode,
# attributes and label; MODE and OWNER are for a new file, which gets its folder's owner
# without
finish() {
    beside "$1"
    rm -f "$temp"
    cat "$2" >"$temp" || return 1
    if [ -e "$1" ]; then
        if [ -n "$copy_attributes" ]; then
            cp --attributes-only --preserve=all --no-preserve=timestamps "$1" "$temp" || return 1
        else
            chown "$(stat -c '%u:%g' "$1")" "$temp"
            chmod "$(stat -c '%a' "$1")" "$temp" || return 1
        fi
        [ "$(stat -c '%u:%g %a' "$1")" = "$(stat -c '%u:%g %a' "$temp")" ] || return 1
    else
        chown "${4:-$(stat -c '%u:%g' "${folder:-/}")}" "$temp"
        chmod "$3" "$temp" || return 1
    fi
    durable "$temp"
}

# go_live REAL DIGEST: the finished file is renamed over REAL; nothing happens when its
# digest is not DIGEST any more
go_live() {
    beside "$1"
    unchanged "$1" "$2" || return 1
    mv -f "$temp" "$1" || return 1
    command -v restorecon >/dev/null && [ -z "$2" ] && restorecon "$1"
    durable "${folder:-/}"
    return 0
}

# overwrite REAL SOURCE: through the inode that is there, for mount points
overwrite() {
    cat "$2" >"$1" && durable "$1"
}

# remove REAL DIGEST: nothing happens when its digest is not DIGEST any more
remove() {
    unchanged "$1" "$2" && rm -f "$1" && durable "${1%/*}/"
}

# complaint: sets complaint to what the last command wrote of its failure, led in; on a
# full disk there is nothing of it
complaint() {
    complaint=$(tail -n 1 output 2>/dev/null)
    complaint=": ${complaint:-see whether the disk is full}"
    case $complaint in *'not permitted'*)
        complaint="$complaint (lsattr tells whether it is immutable)" ;;
    esac
}

# prepare INDEX PATH MODE IN_PLACE OWNER: the finished file beside the one it is for; a
# folder that takes no other file is no hindrance to one that is written in place
prepare() {
    IFS= read -r real <"real/$1"
    finish "$real" "payload/$1" "$3" "$5" 2>>output && return 0
    rm -f "$temp"
    [ -z "$4" ] || return 0
    step="write $2"
    complaint
    fail failed "$2 could not be written$complaint. Nothing was changed"
}

# clear_away: the finished files that did not go live
clear_away() {
    [ -r temps ] || return 0
    while IFS= read -r temp; do rm -f "$temp"; done <temps
}

# write INDEX PATH OLD_DIGEST NEW_DIGEST IN_PLACE: without NEW_DIGEST the file is removed
write() {
    IFS= read -r real <"real/$1"
    if [ -n "$4" ]; then begin "write $2"; else begin "remove $2"; fi
    written="$1 $written"
    unchanged "$real" "$3" || {
        written=${written#"$1 "}
        if [ -z "$written" ]; then
            fail stale "$2 changed after it was looked at"
        else
            fail failed "$2 changed after it was looked at"
        fi
        return 1
    }
    if [ -z "$4" ]; then
        remove "$real" "$3" 2>>output
    elif [ -n "$5" ]; then
        overwrite "$real" "payload/$1" 2>>output
    else
        go_live "$real" "$3" 2>>output
    fi && digest_of "$real" && [ "$digest" = "$4" ] || {
        complaint
        fail failed "$2 could not be written$complaint"
        return 1
    }
    note "# wrote $1 ${4:--} $real"
}

# restore INDEX OLD_DIGEST NEW_DIGEST IN_PLACE: fails where the old bytes are not back
restore() {
    owner= mode=
    { IFS= read -r real && IFS=' ' read -r owner mode; } <"real/$1"
    unchanged "$real" "$2" && [ -z "$4" ] && return 0
    note "restore $real"
    durable journal
    if [ -z "$2" ]; then
        remove "$real" "$3"
    elif [ -n "$4" ]; then
        overwrite "$real" "backup/$1" 2>>output
    else
        {
            unchanged "$real" "$3" &&
                finish "$real" "backup/$1" "${mode:-0600}" "$owner" && go_live "$real" "$3"
        } 2>>output
    fi
}
"""
