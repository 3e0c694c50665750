"""Shell text of a run: services told to read their files, awaited, proven and stamped."""

from __future__ import annotations

from typing import Final

COMMAND_LIMIT: Final = 120
"""Seconds a restart or reload command may take."""
BEFORE_PATIENCE: Final = 3
"""Seconds a canary is tried before the change."""
AFTER_PATIENCE: Final = 15
"""Seconds a canary is tried after it: a proxy's first requests fetch tokens and maps."""

SERVICE: Final = (
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
        /DISABLED BY FILE/ { code = "DISABLED" }
        END { print (status ? status : "000") " " substr(code, 1, 64) }')
    code=${status#* }
    status=${status%% *}
}

# healthy: whether the service answers its health URL with one of its good statuses, or
# as one that is well and drained
healthy() {
    [ -n "$health" ] || return 0
    answer get "$health" 5
    case " $good " in *" $status "*) return 0 ;; esac
    [ "$status" = 503 ] && [ -n "$disable" ] && [ -e "$disable" ] || return 1
    # which does not show what an error says
    [ "$code" = DISABLED ] || [ "$client" = 'busybox wget' ]
}

# look: sets instance and workers (listening processes besides the main one)
look() {
    running= instance= main= workers= pids= given_up= loaded=
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
# nothing tells instances apart, health alone has to do. While the main process of a
# reload starts anew it listens on nothing, and the eldest of its workers passes for it.
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
    for pid in $main $workers; do
        case " $3 " in *" $pid "*) return 1 ;; esac
    done
    return 0
}

# can_reload: whether what runs now can be told to read its files without a gap
can_reload() {
    [ -n "$reload" ] || { [ -n "$seamless" ] && [ -n "$main" ] && is_seamless "$main"; }
}

# tell KIND: runs the service's command with the signals, mask and folder of a login
tell() {
    case $1 in
    reload) command=${reload:-kill -USR1 $main} ;;
    # a unit that crashed over and over is not started again before its count is reset
    restart)
        command=${restart:-systemctl reset-failed $unit 2>/dev/null; systemctl restart $unit}
        [ -z "$own_unit" ] || [ -n "$restart" ] ||
            command="systemctl daemon-reload && systemctl enable $unit && { $command; }"
        ;;
    stop) command=${stop:-systemctl disable --now $unit} ;;
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

# bounce KIND: fails unless a new instance is healthy in time; a reload becomes a restart
# where what runs cannot do it and a restart can
bounce() {
    look
    if [ "$1" = reload ] && [ -n "$restart$unit" ] && ! can_reload; then
        set -- restart
    fi
    old_instance=$instance old_workers=$workers
    digests_"$service" >"read.$service"
    more=
    begin "$1 $name"
    case " $bounced " in *" $service "*) ;; *) bounced="$bounced $service" ;; esac
    tell "$1" || {
        [ -z "$own_unit" ] || more="journalctl -u $unit"
        fail failed "the $1 command of $name failed; ${more:-$dir/output} on the node says more"
        return 1
    }
    await "$1" || return 1
    well="$well $service"
}

# bring_back: the service reads its old files again: by a reload where the one with the new
# files went well, so that nobody is cut off, else or when that fails by a restart
bring_back() {
    for kind in reload restart; do
        look
        old_instance=$instance old_workers=$workers
        if [ "$kind" = restart ]; then
            [ -n "$restart$unit" ] || return 1
        elif [ -n "$restart$unit" ]; then
            case " $well " in *" $service "*) can_reload || continue ;; *) continue ;; esac
        fi
        begin "$kind $name"
        tell "$kind" && await "$kind" && return 0
    done
    return 1
}

# end_service: fails where it still runs in the end
end_service() {
    look
    [ -n "$running" ] || [ -n "$stop$loaded" ] || return 0
    begin "stop $name"
    bounced="$bounced $service"
    tell stop || {
        fail failed "$name could not be stopped; $dir/output on the node says more"
        return 1
    }
    until_when=$(($(date +%s) + patience))
    while look; do
        [ -n "$running" ] || return 0
        [ "$(date +%s)" -lt "$until_when" ] || break
        nap
    done
    fail failed "$name still runs $patience s after it was stopped"
}

# forget_service: what systemd and the stamps know of one whose files are gone
forget_service() {
    rm -f "$state/stamps/$name"
    [ -z "$own_unit" ] || [ ! -d /run/systemd/system ] || {
        systemctl daemon-reload
        systemctl reset-failed "$unit"
    } >>output 2>&1
    return 0
}

# await KIND: waits until a new instance answers
await() {
    begin "wait for $name"
    reloaded=
    [ "$1" = reload ] && reloaded=yes
    until_when=$(($(date +%s) + patience)) pause=0.2
    while :; do
        if took_over "$reloaded" "$old_instance" "$old_workers"; then
            new=yes
            healthy && return 0
        else
            new=
        fi
        [ -z "$given_up" ] && [ "$(date +%s)" -lt "$until_when" ] || break
        # a look costs a process that starts meanwhile more than it tells
        nap $pause
        pause=0.5
    done
    if [ -n "$given_up" ]; then
        fail failed "$name ended after the $1, and systemd has given it up: journalctl -u $unit \
on the node says why"
    elif [ -z "$new" ] && [ -z "$running" ]; then
        fail failed "$name did not run within $patience s of the $1"
    elif [ -z "$new" ]; then
        fail failed "$name was not taken over by a new instance within $patience s of the $1"
    elif [ "$status" = 000 ]; then
        fail failed "$name did not answer its health check within $patience s of the $1"
    else
        fail failed "$name answered its health check with $status for $patience s after the $1"
    fi
}

# stamp [DUE]: the running instance has read those files that are as they were before it
# started, or with DUE has to read all of them again
stamp() {
    begin "stamp $name"
    look
    digests_"$service" >"now.$service"
    [ -e "read.$service" ] || cp "now.$service" "read.$service"
    mkdir -p "$state/stamps"
    {
        printf 'instance %s\n' "$instance"
        [ -n "$unit" ] || [ -z "$port" ] || printf 'listens %s%s\n' "$port" "$sockets"
        if [ -n "$1" ]; then
            sed "s/^[^ ]*/$1/" "now.$service"
        else
            grep -F -x -f "read.$service" "now.$service"
        fi
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
