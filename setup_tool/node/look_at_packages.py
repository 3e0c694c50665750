"""Shell text of an observation: how services were installed, what installing would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from setup_tool.core.queries import PlanInstall, ReadInstallation
from setup_tool.node.package_plan import PACKAGE_PLAN
from setup_tool.node.processes import port_word
from setup_tool.node.shell_words import file_name, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.queries import NodeQuery

_LOOK: Final = r"""
sources=

# find_installation SERVICE DISTRIBUTION PORT UNIT...: sets source, owner, program,
# interpreter, front, engine and release, and keeps the first for look_at_install
find_installation() {
    service=$1 distribution=$2 port=$3 unit= main= source= owner= release=
    program= interpreter= front= engine= keeper=
    shift 3
    for unit in "$@" ''; do
        [ -n "$unit" ] && look_at_unit "$unit" && break
    done
    [ -n "$unit" ] || [ -z "$port" ] || look_at_port "$port"
    if [ -n "$main" ] && ! program_of "$main"; then
        main= program= interpreter=
    elif [ -n "$main" ]; then
        if container_of "$main" || [ -n "$keeper" ]; then
            source=container
            engine=${engine:-$keeper}
        elif [ -n "$interpreter" ]; then
            owner_of "$program"
            source=other
            [ -z "$owner" ] || source=package
            [ -n "$owner" ] || [ -z "$distribution" ] ||
                release=$(python_finds "$main" "$interpreter" "$distribution")
        fi
    fi
    sources=$sources$service' '${source:--}' '${main:--}' '$interpreter$newline
}

# look_at_installation KEY SERVICE DISTRIBUTION PORT UNIT...
look_at_installation() {
    key=$1
    shift
    find_installation "$@"
    emit "$key" "source $source
owner $owner
program $program
interpreter $interpreter
front $front
engine $engine
$release"
}

# known_source SERVICE: sets source, main and interpreter as they were found
known_source() {
    source= main= interpreter=
    case $newline$sources in
    *"$newline$1 "*) ;;
    *) return 0 ;;
    esac
    found=$newline$sources
    found=${found#*"$newline$1 "}
    found=${found%%"$newline"*}
    source=${found%% *} found=${found#* }
    main=${found%% *} interpreter=${found#* }
    [ "$source" != - ] || source=
    [ "$main" != - ] || main=
}

# python_of SERVICE: sets python to the one that its script asks for, `SERVICE-server` or
# `SERVICE`, where it does not run; releases up to 2019 have one for Python 2
python_of() {
    python=
    for script in "$1-server" "$1"; do
        script=$(command -v "$script") && [ -r "$script" ] || continue
        IFS= read -r line <"$script"
        case $line in '#!'*python*) ;; *) continue ;; esac
        for word in ${line#'#!'}; do
            case $word in
            -*) ;;
            *python*) python=$(command -v "$word") ;;
            esac
        done
        [ -z "$python" ] || return 0
    done
    python=$(command -v python3 || command -v python2 || command -v python)
}

# look_at_install KEY SERVICE 'MODULE...' 'PACKAGE OF THE SERVICE...' 'DEBIAN...' 'REDHAT...'
# 'SUSE...'
look_at_install() {
    key=$1 text= absent=
    known_source "$2"
    package_manager
    case $manager in
    apt) wanted=$5 ;;
    zypper) wanted=$7 ;;
    *) wanted=$6 ;;
    esac
    [ -z "$manager" ] || [ -z "$wanted" ] || absent_packages $wanted
    if [ -n "$absent" ] && [ "$source" != container ]; then
        python=$interpreter
        [ -n "$python" ] || python_of "$2"
        [ -z "$python" ] || text=$(python_finds "$main" "$python" '' $3)
    fi
    case $newline$text in
    *"${newline}lacks "*) ;;
    *"${newline}finds "*) absent= ;;
    esac
    if [ -n "$absent" ] && [ -z "$source" ]; then
        for package in $4; do
            wanted=$absent
            absent_packages "$package"
            [ -n "$absent" ] || source=package
            absent=$wanted
        done
    fi
    if [ -n "$absent" ] && [ "$source" = package ]; then
        case $manager:$apart in
        apt:* | *:yes) text="$text$newline$(plan_packages $absent)" ;;
        esac
    fi
    emit "$key" "source $source
manager $manager
missing$absent
$text"
}
"""


def look_at_packages(queries: Mapping[NodeQuery, int]) -> str:
    """Return the shell text that answers those of the queries that are about installing.

    The queries are given with the keys of their records. Installations come first: what
    they find, the plans to install build upon. Needs the functions of `installation`.
    """
    installations = [
        f"look_at_installation {key} {_name(query.service)} "
        f"{quoted(query.distribution or '')} '{port_word(query.port)}' "
        f"{' '.join(map(_name, query.units))}\n"
        for query, key in queries.items()
        if isinstance(query, ReadInstallation)
    ]
    found = {query.service for query in queries if isinstance(query, ReadInstallation)}
    plans = [
        text
        for query, key in queries.items()
        if isinstance(query, PlanInstall)
        for text in (*_found_first(query, found), _install(key, query))
    ]
    if not installations and not plans:
        return ""
    return PACKAGE_PLAN + _LOOK + "".join([*installations, *plans])


def _found_first(query: PlanInstall, found: set[str]) -> tuple[str, ...]:
    """Return the call that finds a plan's service, unless it was found in the same breath."""
    if query.service in found or not (query.units or query.port):
        return ()
    found.add(query.service)
    units = " ".join(map(_name, query.units))
    return (f"find_installation {_name(query.service)} '' '{port_word(query.port)}' {units}\n",)


def _install(key: int, query: PlanInstall) -> str:
    return (
        f"look_at_install {key} {_name(query.service)} {_list(query.modules)} "
        f"{_list(query.beside)} {_list(query.debian)} {_list(query.redhat)} {_list(query.suse)}\n"
    )


def _name(name: str) -> str:
    return quoted(file_name(name))


def _list(names: tuple[str, ...]) -> str:
    return quoted(" ".join(map(file_name, names)))
