"""Queries become one shell script; what it prints becomes facts (see `reply`).

The script changes nothing: no lock, no temporary file, no here-document (bash
keeps those in files), the state directory only looked at. It answers in records
``NONCE KEY LENGTH``, a line end, LENGTH bytes, a line end; the record ``end`` is
the last. A record's key is the query's position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from setup_tool.core.accounts import ReadAccount
from setup_tool.core.environments import ReadEnvironments
from setup_tool.core.firewall import ReadFirewall
from setup_tool.core.folders import ReadFolder
from setup_tool.core.oslo_files import ReadOsloFiles
from setup_tool.core.queries import (
    FetchHttp,
    NodeQuery,
    PlanInstall,
    ReadBackup,
    ReadFile,
    ReadHistory,
    ReadInstallation,
    ReadPackage,
    ReadRuns,
    ReadService,
    ReadStamp,
    ReadSystem,
)
from setup_tool.node.distribution import DISTRIBUTION
from setup_tool.node.history import HISTORY, past_call
from setup_tool.node.http_client import BODY_LIMIT, HEAD_ALLOWANCE, HTTP_CLIENT
from setup_tool.node.installation import INSTALLATION
from setup_tool.node.look_at_file import LOOK_AT_FILE
from setup_tool.node.look_at_packages import look_at_packages
from setup_tool.node.look_firewall import LOOK_FIREWALL
from setup_tool.node.look_places import LOOK_PLACES, place_call
from setup_tool.node.oslo_files import look_at_oslo
from setup_tool.node.processes import PROCESSES, port_word
from setup_tool.node.reply import parse_reply
from setup_tool.node.shell_words import block, file_name, path_word, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NEEDED_PROGRAMS", "observe_script", "parse_reply"]

NEEDED_PROGRAMS: Final = (
    *("awk", "base64", "cat", "chmod", "chown", "cp", "date", "grep", "head", "id", "ln", "ls"),
    *(
        "mkdir",
        "mv",
        "readlink",
        "rm",
        "setsid",
        "sha256sum",
        "sleep",
        "stat",
        "sync",
        "timeout",
        "tr",
    ),
)
"""Programs that observing or a transaction runs on a node, HTTP clients apart."""

SWIFT_RUN: Final = "/var/run/swift"
"""Where swift-init keeps the process ids (``RUN_DIR`` of ``swift.common.manager``)."""

_EMIT = r"""
exec 2>/dev/null
uid=
emit() {
    printf '%s %s %s\n%s\n' "$nonce" "$1" "${#2}" "$2"
}
"""

_SYSTEM = (
    r"""
# look_at_system KEY STATE_DIR
look_at_system() {
    missing=
    for program in """
    + " ".join(NEEDED_PROGRAMS)
    + r"""; do
        command -v "$program" >/dev/null || missing="$missing $program"
    done
    base=$2
    until [ -e "$base" ] || [ -z "$base" ]; do base=${base%/*}; done
    trouble=
    if [ ! -d "${base:-/}" ]; then
        trouble="$base is not a directory"
    elif [ ! -w "${base:-/}" ] && [ "$(id -u)" = 0 ]; then
        trouble="its file system is read-only"
    elif [ ! -w "${base:-/}" ] || [ ! -x "${base:-/}" ]; then
        trouble="${base:-/} may not be written"
    elif [ -e "$2" ] && [ ! -O "$2" ]; then
        trouble="$2 belongs to somebody else"
    fi
    systemd=
    [ -d /run/systemd/system ] && systemd=yes
    release=
    if [ -r /etc/os-release ]; then
        while IFS= read -r line || [ -n "$line" ]; do
            case $line in ID=* | VERSION_ID=*) release="${release}os $line$newline" ;; esac
        done </etc/os-release
    fi
    choose_client
    said=$(id)
    uid=${said#uid=}
    uid=${uid%%[!0-9]*}
    emit "$1" "id $said
home $HOME
clock $(date +%s)
systemd $systemd
client $client
missing $missing
trouble $trouble
$release"
}
"""
)

_SERVICE = r"""
boot_time=
# same_listener PORT STAMP: whether the instance that was stamped still holds a socket on
# which it listened then, so that neither all sockets nor all processes need be looked at;
# sets running, instance and ticks. A socket's inode is its own for as long as it is open.
same_listener() {
    [ -r "$2" ] || return 1
    {
        IFS=' :' read -r word main ticks when
        read -r listens where sockets
    } <"$2"
    [ "$word $listens $where" = "instance listens $1" ] || return 1
    alive "$main" "$ticks" "$when" || return 1
    held=$(ls -ln "/proc/$main/fd")
    for socket in $sockets; do
        case $held in
        *"socket:[$socket]"*)
            running=yes instance=$main:$ticks:$when
            return 0
            ;;
        esac
    done
    return 1
}

# by_swift_init PID: whether swift-init started it, and would stop it
by_swift_init() {
    for file in "$swift_run"/proxy-server*.pid "$swift_run"/proxy-server*/*.pid; do
        pid=
        [ ! -r "$file" ] || IFS= read -r pid <"$file"
        [ "$pid" != "$1" ] || return 0
    done
    return 1
}

# look_at_service KEY PORT STAMP UNIT...
look_at_service() {
    key=$1 port=$2 stamp=$3 unit= running= instance= ticks= main= seamless= init= enabled=
    shift 3
    for unit in "$@" ''; do
        [ -n "$unit" ] && look_at_unit "$unit" && break
    done
    [ -n "$unit" ] || [ -z "$port" ] || same_listener "$port" "$stamp" || look_at_port "$port"
    if [ -n "$ticks" ] && [ -z "$boot_time" ]; then
        boot_time=$(awk '$1 == "btime" { print $2 }' /proc/stat)
    fi
    [ -z "$running" ] || [ -z "$main" ] || ! is_seamless "$main" || seamless=yes
    if [ -z "$unit" ] && command -v swift-init >/dev/null; then
        init=yes
        [ -z "$running" ] || { [ -n "$main" ] && is_swift "$main" && by_swift_init "$main"; } ||
            init=
    fi
    emit "$key" "running $running
instance $instance
ticks $ticks
boot $boot_time
unit $unit
seamless $seamless
init $init
enabled $enabled"
}
"""

_STATE = r"""
# look_at_stamp KEY FILE
look_at_stamp() {
    text=
    if [ -r "$2" ]; then
        while IFS= read -r line; do text=$text$line$newline; done <"$2"
    fi
    emit "$1" "$text"
}

# look_at_runs KEY STATE_DIR
look_at_runs() {
    text=
    for folder in "$2"/runs/*/; do
        folder=${folder%/}
        [ -d "$folder" ] || continue
        [ ! -e "$folder/result" ] || [ -e "$folder/drain" ] || continue
        pid= began= when=
        [ -r "$folder/owner" ] && read -r pid began when other <"$folder/owner"
        how=dead
        [ -n "$when" ] && alive "$pid" "$began" "$when" && how=running
        # it may have ended between the two looks
        [ ! -e "$folder/result" ] || [ -e "$folder/drain" ] || continue
        text="$text$how ${folder##*/}$newline"
    done
    emit "$1" "$text"
}
"""

_PACKAGE = r"""
# look_at_packages KEY NAME...: lines of name, version, state
look_at_packages() {
    key=$1 text=
    shift
    package_manager
    if [ "$database" = dpkg ]; then
        text=$(dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' "$@")
    elif command -v rpm >/dev/null; then
        form='%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} installed\n'
        text=$(try_out rpm -q --qf "$form" "$@")
    fi
    emit "$key" "$text"
}
"""

_FETCH = (
    r"""
# fetch KEY URL SECONDS [verify]: the answer, and after the nonce what the client complained of
fetch() {
    emit "$1" "$({
        trouble=$({ get "$2" "$3" "$4" | head -c """
    + str(BODY_LIMIT + HEAD_ALLOWANCE)
    + r""" >&3; } 2>&1)
        printf '\n%s %s' "$nonce" "$trouble"
    } 3>&1 | base64)"
}
"""
)

MOUNTS_KEY = "mounts"
CHECKOUTS_KEY = "checkouts"
PACKAGES_KEY = "packages"
END_KEY = "end"


def observe_script(queries: Sequence[NodeQuery], nonce: str) -> bytes:
    """Return the script that answers the queries; ``nonce`` (hexadecimal) marks its records.

    Raises `DeclarationError` for a path, name or URL that cannot be asked about.
    """
    calls = [f"nonce={quoted(nonce)} swift_run={quoted(SWIFT_RUN)}\n"]
    stamps = {
        query.service: _stamp_word(query) for query in queries if isinstance(query, ReadStamp)
    }
    packages: dict[str, None] = {}
    files: list[str] = []
    clients = False
    for key, query in enumerate(dict.fromkeys(queries)):
        match query:
            case ReadFile(path):
                files.append(f"look_at_file {key} {path_word(path)}\n")
            case ReadPackage(names):
                packages |= dict.fromkeys(file_name(name) for name in names)
            case _:
                clients = clients or isinstance(query, FetchHttp)
                calls.append(_call(key, query, stamps))
    keys = {query: key for key, query in enumerate(dict.fromkeys(queries))}
    oslo = look_at_oslo(keys)
    if files or oslo:
        calls[1:1] = [*files, oslo, f"look_at_mounts {MOUNTS_KEY}\n"]
        calls.append(f'emit {CHECKOUTS_KEY} "$checkouts"\n')
    if packages:
        calls.append(f"look_at_packages {PACKAGES_KEY} {' '.join(map(quoted, packages))}\n")
    firewall = any(isinstance(query, ReadFirewall) for query in queries)
    if firewall:
        calls.append("look_at_firewall\n")
    calls += [look_at_packages(keys), f"emit {END_KEY} ''\n"]
    if clients:
        calls.insert(1, "choose_client\n")
    return block(_functions(queries) + "".join(calls))


def _functions(queries: Sequence[NodeQuery]) -> str:
    """Return the functions that the answers to these queries need."""
    text = (
        _EMIT
        + PROCESSES
        + HTTP_CLIENT
        + DISTRIBUTION
        + _SYSTEM
        + LOOK_AT_FILE
        + _SERVICE
        + _STATE
        + _PACKAGE
        + _FETCH
    )
    if any(isinstance(query, ReadHistory | ReadBackup) for query in queries):
        text += HISTORY
    if any(isinstance(query, ReadFirewall) for query in queries):
        text += LOOK_FIREWALL
    if any(isinstance(query, ReadInstallation | PlanInstall | ReadOsloFiles) for query in queries):
        text += INSTALLATION
    if any(isinstance(query, ReadAccount | ReadFolder | ReadEnvironments) for query in queries):
        text += LOOK_PLACES
    return text


def _call(  # noqa: PLR0911 - one for each kind of query
    key: int, query: NodeQuery, stamps: Mapping[str, str]
) -> str:
    match query:
        case ReadSystem(state_dir):
            return f"look_at_system {key} {path_word(state_dir)}\n"
        case ReadService(name, units, port):
            words = " ".join(quoted(file_name(unit)) for unit in units)
            stamp = stamps.get(name, "''")
            return f"look_at_service {key} '{port_word(port)}' {stamp} {words}\n"
        case ReadStamp():
            return f"look_at_stamp {key} {_stamp_word(query)}\n"
        case ReadRuns(state_dir):
            return f"look_at_runs {key} {path_word(state_dir)}\n"
        case ReadHistory() | ReadBackup():
            return past_call(key, query)
        case ReadAccount() | ReadFolder() | ReadEnvironments():
            return place_call(key, query)
        case FetchHttp(url, timeout, verify):
            return f"fetch {key} {quoted(url)} {timeout:d} {'verify' if verify else ''}\n"
        case ReadFirewall() | ReadInstallation() | PlanInstall() | ReadOsloFiles():
            return ""
        case _:
            raise TypeError(f"{type(query).__name__} is asked about together with its like")


def _stamp_word(query: ReadStamp) -> str:
    return f"{path_word(query.state_dir)}/stamps/{file_name(query.service)}"
