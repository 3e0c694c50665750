"""What a transaction's own process does on the node: the text of ``run.sh``.

Its folder, ``<state>/runs/<run>/`` (root only), holds ``run.sh``, ``payload/N`` (new
bytes), ``backup/N`` (old bytes), ``real/N`` (the file itself, after symlinks),
``temps`` (temporary files it may leave), ``canary/`` (requests, removed at the
end), ``owner`` (the process: pid, start, boot, run), ``journal``, ``output`` (what
commands printed) and at last ``result`` (ending, step, detail), which appears by
a rename: a run without it has not ended.

The lock is the highest ``<state>/lock.N``, a hard link to its holder's ``owner``.
A holder that has a result or no longer lives holds nothing, and whoever links
N + 1 first is the next; linking is atomic and the highest is never removed, so two
can not both believe to be it, however many find a dead holder at once.
"""

from __future__ import annotations

from typing import Final

KEPT_RUNS: Final = 20
"""Ended runs whose folders (backups, journals) are kept."""
COMMAND_LIMIT: Final = 120
"""Seconds a restart or reload command may take."""
BEFORE_PATIENCE: Final = 3
"""Seconds a canary is tried before the change."""
AFTER_PATIENCE: Final = 15
"""Seconds a canary is tried after it: a proxy's first requests fetch tokens and maps."""

_JOURNAL = r"""
cd "$dir" || exit 1
ending=done step='start' detail= number=0 written= bounced= healthy_before=yes

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

# close_run FOLDER ENDING STEP DETAIL
close_run() {
    rm -rf "$1/canary" "$1/payload"
    printf '%s\n%s\n%s\n' "$2" "$3" "$4" >"$1/result.new"
    durable "$1/result.new" "$1"
    mv -f "$1/result.new" "$1/result"
    durable "$1"
}

nap() {
    sleep 0.2 2>/dev/null || sleep 1
}
"""

_LOCK = (
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

# take_lock: fails while another run is at work
take_lock() {
    highest
    if [ "$last" -gt 0 ]; then
        read -r pid began when holder <"$state/lock.$last" || return 1
        if [ ! -e "$state/runs/$holder/result" ] && alive "$pid" "$began" "$when"; then
            return 1
        fi
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

# settle RUN: closes a dead run's journal and removes the temporary files it left
settle() {
    [ -d "$state/runs/$1" ] && [ ! -e "$state/runs/$1/result" ] || return 0
    begin "settle run $1"
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

_FILES = r"""
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
    printf '%s\n' "$real" >"real/$1"
    [ -n "$4" ] || printf '%s\n' "${folder}/.${real##*/}.setup-tool.$run" >>temps
    [ -n "$3" ] || return 0
    [ -f "$real" ] || {
        fail failed "$2 is not a regular file"
        return 1
    }
    cat "$real" >"backup/$1" && digest_of "backup/$1"
    [ "$digest" = "$3" ] || {
        fail failed "$2 could not be backed up"
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

# replace REAL SOURCE MODE DIGEST: REAL gets the bytes of SOURCE by a rename, keeping
# owner, mode, attributes and label; MODE is for a new file, which gets its folder's
# owner. Nothing happens when its digest is not DIGEST any more.
replace() {
    folder=${1%/*}
    temp=$folder/.${1##*/}.setup-tool.$run
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
        chown "$(stat -c '%u:%g' "${folder:-/}")" "$temp"
        chmod "$3" "$temp" || return 1
    fi
    durable "$temp"
    unchanged "$1" "$4" || return 1
    mv -f "$temp" "$1" || return 1
    command -v restorecon >/dev/null && [ -z "$4" ] && restorecon "$1"
    durable "${folder:-/}"
    return 0
}

# overwrite REAL SOURCE: through the inode that is there, for mount points
overwrite() {
    cat "$2" >"$1" && durable "$1"
}

# write INDEX PATH OLD_DIGEST NEW_DIGEST MODE IN_PLACE
write() {
    IFS= read -r real <"real/$1"
    begin "write $2"
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
    if [ -n "$6" ]; then
        overwrite "$real" "payload/$1" 2>>output
    else
        replace "$real" "payload/$1" "$5" "$3" 2>>output
    fi && digest_of "$real" && [ "$digest" = "$4" ] || {
        rm -f "${real%/*}/.${real##*/}.setup-tool.$run"
        fail failed "$2 could not be written; $dir/output on the node says more"
        return 1
    }
    note "# wrote $1 $4 $real"
}

# restore INDEX OLD_DIGEST NEW_DIGEST IN_PLACE: fails where the old bytes are not back
restore() {
    IFS= read -r real <"real/$1"
    unchanged "$real" "$2" && [ -z "$4" ] && return 0
    note "restore $real"
    durable journal
    if [ -z "$2" ]; then
        unchanged "$real" "$3" && rm -f "$real" && durable "${real%/*}"
    elif [ -n "$4" ]; then
        overwrite "$real" "backup/$1" 2>>output
    else
        unchanged "$real" "$3" && replace "$real" "backup/$1" 0600 "$3" 2>>output
    fi
}
"""

_SERVICE = (
    r"""
# answer COMMAND...: sets status (000: none) and code, the S3 error code if any
answer() {
    code=
    status=$("$@" 2>&1 </dev/null | head -c 81920 | awk '
        !status && match($0, /HTTP\/[0-9.]+ [0-9][0-9][0-9]/) {
            status = substr($0, RSTART + RLENGTH - 3, 3)
            if (status ~ /^1/) status = ""
        }
        !code && match($0, /<Code>[A-Za-z]+<\/Code>/) {
            code = substr($0, RSTART + 6, RLENGTH - 13)
        }
        END { print (status ? status : "000") " " substr(code, 1, 64) }')
    code=${status#* }
    status=${status%% *}
}

# healthy: whether the service answers its health URL with 2xx or 3xx
healthy() {
    [ -n "$health" ] || return 0
    answer get "$health" 5
    case $status in 2?? | 3??) return 0 ;; *) return 1 ;; esac
}

# look: sets instance and workers (listening processes besides the main one)
look() {
    running= instance= main= workers= pids=
    if [ -n "$unit" ]; then
        look_at_unit "$unit"
        [ -z "$port" ] || listeners "$port"
    elif [ -n "$port" ]; then
        look_at_port "$port"
    fi
    for pid in $pids; do
        [ "$pid" = "$main" ] || workers="$workers $pid"
    done
    return 0
}

# took_over RELOAD INSTANCE WORKERS: whether what runs now was started since; where
# nothing tells instances apart, health alone has to do
took_over() {
    look
    if [ -z "$unit$port" ]; then
        return 0
    fi
    [ -n "$running" ] || return 1
    if [ -z "$1" ]; then
        [ -z "$instance" ] || [ "$instance" != "$2" ]
        return
    fi
    for pid in $workers; do
        case " $3 " in *" $pid "*) return 1 ;; esac
    done
    return 0
}

# tell KIND: runs the service's command with the signals, mask and folder of a login
tell() {
    case $1 in
    reload) command=${reload:-systemctl reload $unit} ;;
    # a unit that crashed over and over is not started again before its count is reset
    *) command=${restart:-systemctl reset-failed $unit 2>/dev/null; systemctl restart $unit} ;;
    esac
    (
        trap - HUP INT PIPE TERM
        umask 022
        cd /
        exec $timeout """
    + str(COMMAND_LIMIT)
    + r""" sh -c "$command"
    ) >>output 2>&1 </dev/null
}

# bounce KIND: fails unless a new instance is healthy in time
bounce() {
    look
    old_instance=$instance old_workers=$workers
    digests_"$service" >"read.$service"
    begin "$1 $name"
    case " $bounced " in *" $service "*) ;; *) bounced="$bounced $service" ;; esac
    tell "$1" || {
        fail failed "the $1 command of $name failed; $dir/output on the node says more"
        return 1
    }
    await "$1"
}

# await KIND: waits until a new instance answers
await() {
    begin "wait for $name"
    reloaded=
    [ "$1" = reload ] && reloaded=yes
    until_when=$(($(date +%s) + patience))
    while :; do
        if took_over "$reloaded" "$old_instance" "$old_workers"; then
            new=yes
            healthy && return 0
        else
            new=
        fi
        [ "$(date +%s)" -lt "$until_when" ] || break
        nap
    done
    if [ -z "$new" ] && [ -z "$running" ]; then
        fail failed "$name did not run within $patience s of the $1"
    elif [ -z "$new" ]; then
        fail failed "$name was not taken over by a new instance within $patience s of the $1"
    elif [ "$status" = 000 ]; then
        fail failed "$name did not answer its health check within $patience s of the $1"
    else
        fail failed "$name answered its health check with $status for $patience s after the $1"
    fi
}

# stamp: the running instance has read those files that are as they were before it started
stamp() {
    begin "stamp $name"
    look
    digests_"$service" >"now.$service"
    [ -e "read.$service" ] || cp "now.$service" "read.$service"
    mkdir -p "$state/stamps"
    {
        printf 'instance %s\n' "$instance"
        grep -F -x -f "read.$service" "now.$service"
    } >"$state/stamps/.$name.new"
    durable "$state/stamps/.$name.new"
    mv -f "$state/stamps/.$name.new" "$state/stamps/$name"
    durable "$state/stamps"
}

# read_digest PATH REAL: a line of a stamp, nothing where there is no file
read_digest() {
    digest_of "$2"
    [ -z "$digest" ] || printf '%s %s\n' "$digest" "$1"
}

# prove SECONDS INDEX NAME STATUS...: asks a canary until it answers as expected
prove() {
    until_when=$(($(date +%s) + $1)) index=$2 canary=$3
    shift 3
    while :; do
        answer ask "canary/$index"
        case " $* " in *" $status "*) return 0 ;; esac
        [ "$(date +%s)" -lt "$until_when" ] || break
        nap
    done
    said="answered $status${code:+ ($code)}"
    [ "$status" != 000 ] || said='was not answered'
    note "canary $canary $said, expected $*"
    return 1
}

# need_client: refuses what this node could not ask
need_client() {
    choose_client
    if [ -z "$client" ]; then
        fail failed 'the node has none of curl, wget, busybox wget and python3 to ask with'
    elif [ -n "$1" ] && [ -z "$private_client" ]; then
        fail failed 'the node has no HTTP client that keeps a token secret: install curl'
    fi
}
"""
)

_END = r"""
# undo: puts back what was there, if the service was well before
undo() {
    [ -n "$written$bounced" ] || return 0
    failed_step=$step why=$detail
    if [ -n "$bounced" ] && [ -z "$healthy_before" ]; then
        detail="$why. It did not work before either, so the new files stay"
        return 0
    fi
    begin 'restore'
    incomplete=
    for index in $written; do
        restore_"$index" || incomplete=yes
    done
    for service in $bounced; do
        service_"$service"
        look
        old_instance=$instance old_workers=$workers
        kind=restart
        [ -n "$restart$unit" ] || kind=reload
        begin "$kind $name"
        tell "$kind" && await "$kind" || incomplete=yes
    done
    step=$failed_step detail=$why
    if [ -n "$incomplete" ]; then
        ending=failed
        detail="$why. The old state is not wholly back: see $dir/journal on the node"
    else
        ending=restored
    fi
}

cannot_lock=
copy_attributes=
keeps_attributes && copy_attributes=yes
timeout=timeout
timeout 1 true 2>/dev/null || timeout='timeout -t'

# the owner first, then whether a later run has settled this one in the meantime
birth $$
printf '%s %s %s %s\n' "$$" "$ticks" "$boot" "$run" >owner.new
mv -f owner.new owner
[ ! -e result ] || exit 0
mkdir -p backup real
begin 'check'
if take_lock; then
    main || undo
    prune
elif [ -n "$cannot_lock" ]; then
    fail failed "no lock could be made in $state; $dir/output on the node says more"
else
    fail locked 'another run is at work on this node'
fi
[ "$ending" != done ] || step=
close_run "$dir" "$ending" "$step" "$detail"
"""

RUN_FUNCTIONS: Final = DURABLE + _JOURNAL + _LOCK + _FILES + _SERVICE
"""What the steps of a run call; before it: prelude, ``run``, ``state``, ``dir``, processes,
the HTTP client."""
RUN_END: Final = _END
"""Runs ``main`` and ends; after the steps' own functions."""
