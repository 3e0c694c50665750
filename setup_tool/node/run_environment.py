"""Shell text of a run: a Python environment built from pinned wheels, others removed."""

from __future__ import annotations

from typing import Final

from setup_tool.core.environments import COMPLETE

BUILD_LIMIT: Final = 900
"""Seconds that pip may take to fetch and install all of an environment."""

ENVIRONMENT: Final = (
    f"build_limit={BUILD_LIMIT} complete={COMPLETE}\n"
    r"""
# said_last: sets said to what Python or pip failed at, without the logins of indexes
said_last() {
    said=$(awk '
        /[^ \t]/ { last = $0 }
        /^ERROR: / { error = substr($0, 8) }
        /Retrying \(Retry\(total=/ { unreached = "the index could not be reached; " }
        END {
            last = unreached (error ? error : last)
            gsub(/:\/\/[^\/@ ]*@/, "://", last)
            gsub(/[^ -~]/, " ", last)
            print substr(last, 1, 300)
        }' said.build)
    said=${said:+: $said}
    rm -f said.build
}

# building COMMAND...: with the signals, mask and folder of a login and nobody to ask
building() {
    (
        trap - HUP INT PIPE TERM
        umask 022
        cd /
        unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
        exec "$@" </dev/null
    ) >said.build 2>&1
    built=$?
    cat said.build >>output
    return "$built"
}

# build_environment PATH REQUIREMENTS SYSTEM WHEELS INDEX: what has no mark is built anew
build_environment() {
    [ ! -e "$1/$complete" ] || return 0
    path=$1 requirements=$dir/$2 system=$3 wheels=$4 index=$5
    begin "build $path"
    rm -rf "$path" && (umask 022 && mkdir -p "${path%/*}") 2>>output || {
        complaint
        fail failed "$path could not be made$complaint"
        return 1
    }
    building python3 -m venv ${system:+--system-site-packages} "$path" || {
        said_last
        rm -rf "$path"
        fail failed "no Python environment could be made in $path$said"
        return 1
    }
    set -- install --no-deps --ignore-installed --require-hashes --only-binary :all:
    set -- "$@" --no-input --no-cache-dir --disable-pip-version-check -r "$requirements"
    [ -z "$wheels" ] || set -- "$@" --no-index --find-links "$wheels"
    [ -z "$index" ] || set -- "$@" --index-url "$index"
    building $timeout "$build_limit" "$path/bin/python3" -m pip "$@" || {
        said_last
        rm -rf "$path"
        fail failed "pip could not install what $path is made of$said"
        return 1
    }
    rm -f said.build
    sync
    true >"$path/$complete" && chmod 644 "$path/$complete" && durable "$path/$complete" "$path"
}

# remove_environment PATH: the mark goes first, so that what was cut short is not taken for whole
remove_environment() {
    [ -d "$1" ] || return 0
    begin "remove $1"
    rm -f "$1/$complete" && rm -rf "$1" 2>>output || {
        complaint
        note "# $1 stays$complaint"
    }
    durable "${1%/*}/"
}
"""
)
"""Needs the texts of the journal and of the files."""
