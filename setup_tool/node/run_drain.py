"""Shell text of a run: a service is taken out of its balancer and put back.

Swift's health check answers 503 while the file of its ``disable_path`` is there. Such a
file of ours says ``setup-tool RUN``; before it is made, its path goes to ``drain`` in the
run's folder, so that whoever settles a dead run finds it. Any other is an operator's own.
"""

from __future__ import annotations

from typing import Final

NOTICE_LIMIT: Final = 10
"""Seconds after which a health check that is well despite the file has not read its path."""

DRAIN: Final = (
    r"""
# lift PATH RUN: ends the drain of a run; somebody else's stays
lift() {
    mark=
    { [ ! -r "$1" ] || IFS= read -r mark <"$1"; } 2>/dev/null
    [ "$mark" = "setup-tool $2" ] || return 0
    rm -f "$1" 2>>output && durable "${1%/*}/"
}

# lift_all FOLDER RUN: ends all drains of a run; fails where a file is still there
lift_all() {
    [ -r "$1/drain" ] || return 0
    kept=
    while IFS= read -r one; do lift "$one" "$2" || kept="$kept $one"; done <"$1/drain"
    [ -z "$kept" ] && rm -f "$1/drain"
}

# connected: sets connections, how many are open on the service's port
connected() {
    set -- /proc/net/tcp
    [ -r /proc/net/tcp6 ] && set -- "$@" /proc/net/tcp6
    connections=$(awk -v port=":$port" '
        $4 == "01" && substr($2, length($2) - 4) == port { count++ }
        END { print count + 0 }' "$@")
}

# let_balancer_notice
let_balancer_notice() {
    [ "$drain_wait" -gt 0 ] || return 0
    begin "wait $drain_wait s for the balancer of $name"
    sleep "$drain_wait"
}

# drain: no new requests come to the service any more, and those under way have ended, as
# far as that can be had; it goes on without where it cannot
drain() {
    [ -n "$healthy_before" ] || return 0
    if [ -e "$disable" ]; then
        note "$name is drained by $disable, which is not ours and stays"
        return 0
    fi
    begin "drain $name"
    printf '%s\n' "$disable" >>drain || {
        note "$name was not drained: $dir could not be written"
        return 0
    }
    durable drain "$dir"
    if ! (set -C; printf 'setup-tool %s\n' "$run" >"$disable") 2>>output; then
        note "$name was not drained: $disable could not be made"
        return 0
    fi
    durable "$disable" "${disable%/*}/"
    until_when=$(($(date +%s) + """
    + str(NOTICE_LIMIT)
    + r"""))
    until answer get "$health" 5 && [ "$status" = 503 ]; do
        if [ "$(date +%s)" -ge "$until_when" ]; then
            note "$name was not drained: it has not read its disable_path"
            lift "$disable" "$run"
            return 0
        fi
        nap
    done
    drained="$drained $service"
    let_balancer_notice
    until_when=$(($(date +%s) + drain_timeout))
    connected
    [ "$connections" = 0 ] || begin "wait for the connections of $name to end"
    while [ "$connections" != 0 ]; do
        if [ "$(date +%s)" -ge "$until_when" ]; then
            note "it goes on with $connections connections of $name still open"
            return 0
        fi
        nap
        connected
    done
}

# undrain: the balancer gets the service back, which must answer as when it is well
undrain() {
    case " $drained " in *" $service "*) ;; *) return 0 ;; esac
    begin "undrain $name"
    lift "$disable" "$run" || {
        fail failed "$disable could not be removed"
        return 1
    }
    until_when=$(($(date +%s) + patience))
    until healthy; do
        [ "$(date +%s)" -lt "$until_when" ] || {
            fail failed "$name answered its health check with $status for $patience s undrained"
            return 1
        }
        nap
    done
    let_balancer_notice
}
"""
)
"""What drains and undrains; it needs the texts of the files and of the service."""
