"""Shell text that tells how a service was installed and what its Python finds.

Nothing here writes: Python keeps no byte code, and is asked as the service's own user.
Needs ``newline`` and the functions of `processes` and `distribution`.
"""

from __future__ import annotations

from typing import Final

PYTHON_LIMIT: Final = 10
"""Seconds that a service's Python may take to say what it finds."""

# The first entry of sys.path is the current folder; Python 2 knows neither importer, and
# pkg_resources, slow and not always there, is asked only where a release is.
FINDS: Final = """\
import sys
sys.path.pop(0)
try:
    from importlib.util import find_spec as found
except ImportError:
    from pkgutil import find_loader as found
def version(name):
    try:
        from importlib.metadata import version
        return version(name)
    except ImportError:
        from pkg_resources import get_distribution
        return get_distribution(name).version
def finds(name):
    try:
        return found(name)
    except ImportError:
        return None
if sys.argv[1]:
    print("release " + version(sys.argv[1]))
for name in sys.argv[2:]:
    print(("finds " if finds(name) else "lacks ") + name)
"""
"""What a service's Python, of any release from 2.6 on, runs to say what it finds."""

INSTALLATION: Final = (
    r"""
# program_of PID: sets program, the script or executable that it runs; interpreter, the
# Python that runs it, as it was called; front, what runs Python within itself; keeper,
# what keeps a container; fails for one that ends meanwhile, which has no words any more
program_of() {
    program= interpreter= front= keeper=
    exe=$(readlink "/proc/$1/exe") || return 1
    exe=${exe%' (deleted)'}
    case ${exe##*/} in
    python*) interpreter=$exe ;;
    uwsgi*) front=uwsgi ;;
    apache2 | httpd) front=apache ;;
    docker | docker-proxy | podman | conmon | rootlessport | nerdctl | lxc-start | systemd-nspawn)
        keeper=${exe##*/}
        ;;
    esac
    program=$exe
    [ -n "$interpreter" ] || return 0
    words=$(tr '\0' '\n' <"/proc/$1/cmdline") separators=$IFS
    [ -n "$words" ] || return 1
    IFS=$newline
    set -f
    set -- $words
    set +f
    IFS=$separators
    case $1 in /*) interpreter=$1 ;; esac
    while [ "$#" -gt 1 ]; do
        shift
        case $1 in
        -W | -X) [ "$#" -lt 2 ] || shift ;;
        -m | -c) break ;;
        -*) ;;
        *)
            program=$1
            break
            ;;
        esac
    done
}

# container_of PID: sets engine where the process has another root directory than this
# one (own mounts alone are no container); fails where it has the same, or hides it
container_of() {
    engine=
    roots=$(stat -L -c '%d:%i' / "/proc/$1/root") || return 1
    [ "${roots%%"$newline"*}" != "${roots##*"$newline"}" ] || return 1
    groups=$(cat "/proc/$1/cgroup")
    case $groups in
    *kubepods*) engine=kubernetes ;;
    *docker*) engine=docker ;;
    *libpod*) engine=podman ;;
    *lxc*) engine=lxc ;;
    *machine* | *nspawn*) engine=systemd-nspawn ;;
    esac
}

# owner_of FILE: sets owner to the package that holds it; dpkg takes long to tell, so it is asked
# only where packages have files by the Filesystem Hierarchy Standard
owner_of() {
    owner=
    case $1 in
    /usr/local/*) return 0 ;;
    /usr/* | /opt/* | /etc/* | /var/* | /srv/* | /bin/* | /sbin/* | /lib*) ;;
    *) return 0 ;;
    esac
    package_manager
    if [ "$database" = dpkg ]; then
        owner=$(dpkg-query -S "$1" 2>/dev/null) || owner=
        owner=${owner%%"$newline"*}
        owner=${owner%%:*}
    elif command -v rpm >/dev/null; then
        owner=$(try_out rpm -qf --qf '%{NAME}\n' "$1" 2>/dev/null) || owner=
        owner=${owner%%"$newline"*}
    fi
}

# run_as_owner PID COMMAND...: runs a command with the user and groups of a process, with
# nothing in its environment but the process's own PYTHONPATH
run_as_owner() {
    rights=$(awk '
        $1 == "Uid:" { user = $3 }
        $1 == "Gid:" { group = $3 }
        $1 == "Groups:" { for (i = 2; i <= NF; i++) groups = groups (i > 2 ? "," : "") $i }
        END { print user " " group " " groups }' "/proc/$1/status")
    imports=$(tr '\0' '\n' <"/proc/$1/environ" | grep '^PYTHONPATH=' | head -n 1)
    shift
    set -- env -i PATH="$PATH" HOME=/ LC_ALL=C ${imports:+"$imports"} "$@"
    user=${rights%% *} group=${rights#* } groups=${rights##* }
    group=${group%% *}
    if [ "$user" = "$(id -u)" ]; then
        "$@"
    elif setpriv --help 2>&1 | grep -q -e --reuid; then
        if [ -n "$groups" ]; then
            setpriv --reuid="$user" --regid="$group" --groups="$groups" "$@"
        else
            setpriv --reuid="$user" --regid="$group" --clear-groups "$@"
        fi
    elif chroot --help 2>&1 | grep -q -e --userspec; then
        chroot --userspec="$user:$group" --groups="$groups" / "$@"
    else
        return 126
    fi
}

# python_finds PID INTERPRETER DISTRIBUTION MODULE...: prints lines of `release VERSION`,
# `finds MODULE` and `lacks MODULE`; nothing where that Python cannot be asked
python_finds() {
    process=$1 python=$2 limited=timeout
    shift 2
    timeout 1 true 2>/dev/null || limited='timeout -t'
    set -- $limited """
    + str(PYTHON_LIMIT)
    + r""" "$python" -B -s -c "$finds" "$@"
    if [ -n "$process" ]; then run_as_owner "$process" "$@"; else "$@"; fi 2>/dev/null </dev/null
}
finds='"""
    + FINDS
    + """'
"""
)
