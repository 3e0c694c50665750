"""Shell text about processes: who lives, who listens, which instance of a service runs.

An instance is systemd's InvocationID, or ``pid:ticks:boot``: the process id, its
start in clock ticks since boot (field 22 of /proc/PID/stat, proc(5)) and the boot
id, so that neither a reused pid nor a reboot is taken for the same process.
"""

from __future__ import annotations

PROCESSES = r"""
boot=
IFS= read -r boot </proc/sys/kernel/random/boot_id
newline='
'

# birth PID: sets parent and ticks; fails where no such process lives
birth() {
    stat=
    { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null
    set -- ${stat##*) }
    [ "$#" -ge 20 ] && [ "$1" != Z ] && [ "$1" != X ] || return 1
    parent=$2
    ticks=${20}
}

# alive PID TICKS BOOT: whether that very process still lives
alive() {
    [ "$3" = "$boot" ] && birth "$1" && [ "$ticks" = "$2" ]
}

# listeners PORT (four upper-case hexadecimal digits): sets pids, those that hold a
# listening TCP socket on it, and holders, a PID=INODE for each such socket; fails where
# nobody listens. A listener whose process this user may not look at leaves both empty.
listeners() {
    pids= holders=
    set -- "$1" /proc/net/tcp
    [ -r /proc/net/tcp6 ] && set -- "$@" /proc/net/tcp6
    found=$(ls -ln /proc/[0-9]*/fd 2>/dev/null | awk -v port=":$1" '
        FILENAME ~ /^\/proc\/net\// {
            if ($4 == "0A" && substr($2, length($2) - 4) == port) {
                inode["socket:[" $10 "]"] = $10
                if (!some++) print "listening"
            }
            next
        }
        !some { exit }
        /^\/proc\// { split($0, part, "/"); pid = part[3]; next }
        ($NF in inode) && !seen[pid, $NF]++ { print pid "=" inode[$NF] }
    ' "$2" ${3:+"$3"} -)
    [ -n "$found" ] || return 1
    for held in $found; do
        [ "$held" != listening ] || continue
        holders="$holders $held"
        case "$pids " in *" ${held%=*} "*) ;; *) pids="$pids ${held%=*}" ;; esac
    done
}

# eldest: of pids, sets main to the process that the others descend from, and ticks
eldest() {
    main=
    first=
    for pid in $pids; do
        birth "$pid" || continue
        case " $pids " in *" $parent "*) continue ;; esac
        if [ -z "$main" ] || [ "$ticks" -lt "$first" ]; then
            main=$pid
            first=$ticks
        fi
    done
    ticks=$first
    [ -n "$main" ]
}

# look_at_port PORT: sets running, instance, main and ticks, and sockets, the inodes of
# those on which main listens
look_at_port() {
    running= instance= main= ticks= sockets=
    listeners "$1" || return 1
    running=yes
    eldest && instance=$main:$ticks:$boot
    for held in $holders; do
        [ "${held%=*}" != "$main" ] || sockets="$sockets ${held#*=}"
    done
}

# is_swift PID: whether it is Swift's own proxy server, run by a Python of this system.
# A script that is run by its first line has its name, cut, as the process's (execve(2));
# a container has another root; uwsgi and Apache have another name.
is_swift() {
    comm=
    { IFS= read -r comm <"/proc/$1/comm"; } 2>/dev/null
    [ "$comm" = swift-proxy-ser ] || return 1
    case $(readlink "/proc/$1/exe") in */*python*) ;; *) return 1 ;; esac
    [ "$(stat -L -c %d:%i "/proc/$1/root" 2>/dev/null)" = "$(stat -L -c %d:%i /)" ]
}

# is_seamless PID: whether it is one that takes SIGUSR1 (bit 9 of SigCgt, proc(5)) for a
# reload; with `workers = 0` it would die of it
is_seamless() {
    is_swift "$1" || return 1
    while read -r word caught; do
        [ "$word" != SigCgt: ] || break
    done <"/proc/$1/status"
    case $caught in *[2367abef]??) return 0 ;; *) return 1 ;; esac
}

# look_at_unit UNIT: sets running, instance, main and ticks, enabled to systemd's word for
# whether it is started whenever the node is, and given_up where systemd does not start it any
# more; fails where there is no such unit
look_at_unit() {
    running= instance= main= ticks= loaded= given_up= enabled=
    [ -d /run/systemd/system ] || return 1
    shown=$(systemctl show -p LoadState -p ActiveState -p MainPID -p InvocationID \
        -p UnitFileState "$1" 2>/dev/null)
    for property in $shown; do
        case $property in
        LoadState=loaded) loaded=yes ;;
        ActiveState=active | ActiveState=reloading) running=yes ;;
        ActiveState=failed) given_up=yes ;;
        MainPID=0) ;;
        MainPID=*) main=${property#*=} ;;
        InvocationID=*) instance=${property#*=} ;;
        UnitFileState=*) enabled=${property#*=} ;;
        esac
    done
    [ -n "$loaded" ] || return 1
    if [ -z "$running" ]; then
        instance= main=
    elif [ -n "$main" ] && birth "$main"; then
        instance=${instance:-$main:$ticks:$boot}
    fi
    return 0
}
"""


def port_word(port: int | None) -> str:
    """Return a TCP port as ``listeners`` wants it, empty for none."""
    return "" if port is None else f"{port:04X}"
