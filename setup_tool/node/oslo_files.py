"""Which files a service with oslo.config reads: shell text that looks, and what it answers.

Its rules (``oslo_config.cfg``: ``find_config_files``, ``ConfigOpts._parse_config_files``): the
command line's ``--config-file`` and ``--config-dir`` are read in their order, a directory's
``*.conf`` sorted. Without the former it looks in ``~/.PROJECT``, ``~``, ``/etc/PROJECT`` and
``/etc`` for PROJECT.conf, then for PROGRAM.conf, one of each; without the latter, since 3.20.0,
for the directories PROJECT.conf.d and PROGRAM.conf.d there. RDO's packages patch it to read
``/usr/share/PROJECT/NAME-dist.conf`` before each NAME.conf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from setup_tool.core.oslo_files import OsloFilesFact, ReadOsloFiles
from setup_tool.node.processes import port_word
from setup_tool.node.shell_words import file_name, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.core.facts import FileFact
    from setup_tool.core.queries import NodeQuery

_ALONE: Final = {"file", "found"}
"""Kinds of files that stand for themselves; others belong to the directory named last."""

_LOOK: Final = r"""
# list_file KIND PATH: notes a file that is read, and its content unless that is known
list_file() {
    case $newline$reals in
    *"$newline$2$newline"*)
        listed=$listed$1' - '$2$newline
        return
        ;;
    esac
    count=$((count + 1))
    listed=$listed$1' '$count' '$2$newline
    look_at_file "$key.$count" "$2"
}

# list_folder KIND FOLDER
list_folder() {
    listed=$listed$1$newline
    for file in "$2"/*.conf; do
        [ ! -e "$file" ] || list_file "$1" "$file"
    done
}

# list_told OPTION VALUE: what a command line names
list_told() {
    case $2 in
    /*) named=$2 ;;
    '~/'*) named=$home/${2#'~/'} ;;
    *) named=$folder/$2 ;;
    esac
    case $1 in
    --config-file) list_file file "$named" ;;
    --config-dir) list_folder within "${named%/}" ;;
    esac
}

# read_words WORD...: of a command line
read_words() {
    option=
    for word in "$@"; do
        if [ -n "$option" ]; then
            list_told "$option" "$word"
            option=
            continue
        fi
        case $word in
        --config-file | --config-dir) option=$word ;;
        --config-file=* | --config-dir=*) list_told "${word%%=*}" "${word#*=}" ;;
        esac
    done
}

# first_there NAME: sets there to the first place where oslo.config finds it
first_there() {
    for there in ${home:+"$home/.$project/$1" "$home/$1"} "/etc/$project/$1" "/etc/$1"; do
        [ ! -e "$there" ] || return 0
    done
    return 1
}

# look_at_oslo KEY PROJECT PROGRAM 'PORT...' UNIT...
look_at_oslo() {
    key=$1 project=$2 program=$3 ports=$4
    shift 4
    listed= count=0 chosen= process= words= name= home= folder=
    for unit in "$@"; do
        look_at_unit "$unit" || continue
        chosen=${chosen:-$unit}
        [ -n "$main" ] || continue
        chosen=$unit process=$main
        break
    done
    for port in $ports; do
        [ -z "$chosen$process" ] || break
        ! look_at_port "$port" || process=$main
    done
    default=$program
    if [ -n "$process" ] && program_of "$process"; then
        name=${program##*/}
        [ -z "$front" ] || name=wsgi
        if container_of "$process" || [ -n "$keeper" ]; then name=; fi
        words=$(tr '\0' '\n' <"/proc/$process/cmdline")
        home=$(tr '\0' '\n' <"/proc/$process/environ" | grep '^HOME=' | head -n 1)
        home=${home#HOME=} folder=$(readlink "/proc/$process/cwd")
    elif [ -n "$chosen" ]; then
        words=$(systemctl show -p ExecStart "$chosen" | tr ' ' '\n')
        name=${words#*path=}
        name=${name%%"$newline"*}
        name=${name##*/}
        case $name in uwsgi* | apache2 | httpd) name=wsgi ;; esac
    fi
    if [ -n "$name" ] && [ "$name" != wsgi ]; then
        separators=$IFS IFS=$newline
        set -f
        set -- $words
        set +f
        IFS=$separators
        read_words "$@"
        default=$name
    fi
    for each in "$project" "$default"; do
        [ ! -e "/usr/share/$project/$each-dist.conf" ] ||
            list_file found "/usr/share/$project/$each-dist.conf"
        ! first_there "$each.conf" || list_file found "$there"
        ! first_there "$each.conf.d" || list_folder inside "$there"
    done
    emit "$key" "unit $chosen
program $name
$listed"
}
"""


def look_at_oslo(queries: Mapping[NodeQuery, int]) -> str:
    """Return the shell text that answers those of the queries, given with their records' keys.

    It lists files, so it must stand before `look_at_mounts` and after what `ReadFile` asked.
    Needs the functions of `installation`.
    """
    calls = [
        f"look_at_oslo {key} {quoted(file_name(query.project))} "
        f"{quoted(file_name(query.program))} '{' '.join(map(port_word, query.ports))}' "
        f"{' '.join(quoted(file_name(unit)) for unit in query.units)}\n"
        for query, key in queries.items()
        if isinstance(query, ReadOsloFiles)
    ]
    return _LOOK + "".join(calls) if calls else ""


def parse_oslo(
    key: int, records: Mapping[str, bytes], read: Callable[[bytes], FileFact]
) -> tuple[OsloFilesFact, dict[str, FileFact]]:
    """Return what a record of `look_at_oslo` says, and the files that came with it, by path.

    ``read`` makes a fact of a file's record. Raises `ValueError` or `KeyError` for what is no
    such record.
    """
    text = records[str(key)].decode("utf-8", "surrogateescape")
    unit, program, *lines = text.splitlines()
    groups: list[tuple[str, list[str]]] = []
    files: dict[str, FileFact] = {}
    for line in lines:
        kind, *said = line.split(" ", 2)
        if not said:
            groups.append((kind, []))
            continue
        number, path = said
        if kind in _ALONE:
            groups.append((kind, [path]))
        else:
            groups[-1][1].append(path)
        if number != "-":
            files[path] = read(records[f"{key}.{number}"])

    def listed(*kinds: str) -> tuple[str, ...]:
        # oslo.config sorts by bytes, whatever the order of the node's shell
        return tuple(path for kind, paths in groups if kind in kinds for path in sorted(paths))

    kinds = {kind for kind, _ in groups}
    fact = OsloFilesFact(
        unit=unit.removeprefix("unit ").strip() or None,
        program=program.removeprefix("program ").strip() or None,
        told=listed("file", "within"),
        told_files="file" in kinds,
        told_dirs="within" in kinds,
        found=listed("found"),
        found_in_dirs=listed("inside"),
    )
    return fact, files
