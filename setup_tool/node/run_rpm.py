"""Shell text of a run: dnf, yum or zypper installs packages, with nothing else touched.

dnf and yum fetch new lists by themselves when the old ones have expired, which is why what
was fetched is installed with ``-C``. yum of Red Hat 6 has no ``--downloadonly`` without a
plugin: there it is told to fetch its lists, and fetches the packages when it installs.

A scriptlet that fails after its package was unpacked is a warning to rpm, and no failure.
rpm's packages do not start their services (Fedora's packaging guidelines, "Scriptlets"),
so nothing here forbids it.

rpm knows no half-installed packages: one whose run was cut off is not registered at all, or
wholly, though its last scriptlets did not run and its bytes may not have reached the disk.
Those that are registered are installed once more. What expired locks a dead dnf left, the
next one takes over.
"""

from __future__ import annotations

from typing import Final

_WAYS: Final = r"""
# patiently STATUS COMMAND...: again while it ends with the status that tells of a lock
patiently() {
    held=$1
    shift
    until_when=$(($(date +%s) + lock_patience))
    while :; do
        managing "$@"
        ended=$?
        [ "$ended" = "$held" ] && [ "$(date +%s)" -lt "$until_when" ] || return "$ended"
        nap
    done
}

# dnf_or_yum COMMAND WORD...
dnf_or_yum() {
    patiently 200 "$@" -y --setopt=install_weak_deps=0 --setopt=exit_on_lock=1
}

list_dnf() {
    if [ "$manager" = dnf ]; then
        dnf_or_yum $timeout "$download_limit" dnf --refresh makecache
    else
        dnf_or_yum yum clean expire-cache
        dnf_or_yum $timeout "$download_limit" yum makecache
    fi
}

fetch_dnf() {
    offline=-C
    dnf_or_yum $timeout "$download_limit" "$manager" --downloadonly install "$@" ||
        grep -q '^exiting because ' said.packages || {
        grep -q 'no such option: --downloadonly' said.packages || return 1
        offline=
        list_dnf
    }
}

put_dnf() {
    dnf_or_yum "$manager" $offline install "$@"
}

# zypp COMMAND WORD...: a needed restart, a skipped repository and a failed last scriptlet
# are no failures
zypp() {
    patiently 7 "$@"
    case $? in 0 | 102 | 103 | 106 | 107) ;; *) return 1 ;; esac
}

list_zypper() {
    zypp $timeout "$download_limit" zypper --non-interactive refresh
}

fetch_zypper() {
    zypp $timeout "$download_limit" zypper --non-interactive --no-refresh install \
        --no-recommends --no-force-resolution --download-only "$@"
}

put_zypper() {
    zypp zypper --non-interactive --no-refresh install --no-recommends --no-force-resolution "$@"
}
"""

_DEAD: Final = r"""
# registered: sets came to those of the packages in `installing` that rpm has
registered() {
    came=
    for package in $(cat installing); do
        ! rpm -q "$package" >/dev/null 2>&1 || came="$came $package"
    done
    [ -n "$came" ]
}

settle_dnf() {
    registered || return 0
    dnf_or_yum "$manager" -C reinstall $came || dnf_or_yum "$manager" reinstall $came
    return 0
}

settle_zypper() {
    ! registered || put_zypper --force $came
    return 0
}
"""

_COMPLAINT: Final = r"""
complaint_dnf() {
    awk '
        function first(text) { if (error == "") error = text }
        /Error in [A-Z]+ scriptlet in rpm package / && script == "" {
            script = $0
            sub(/^ +/, "", script)
        }
        /Curl error / && why == "" { why = substr($0, index($0, "Curl error ")) }
        /^Public key for .* is not installed| is not signed$/ && why == "" { why = $0 }
        /^(Error: )?Unable to find a match|^Error: Nothing to do/ { next }
        broken { first($0); broken = 0 }
        /^Error:.*: *$|^Error: *$/ { broken = 1; next }
        /^Error: / { first(substr($0, 8)) }
        /^failure: |^Cannot find a valid baseurl / { first($0) }
        END {
            if (script != "") error = script
            else if (why != "" && error != "") error = error " (" why ")"
            sub(/^ *(Problem[^:]*: )?/, "", error)
            print error
        }' said.packages
}

complaint_zypper() {
    awk '
        /^Error message: / && error == "" { error = substr($0, 16) }
        /^(Problem|Error): / && error == "" { error = $0; sub(/^[A-Za-z]*: /, "", error) }
        /Signature verification failed/ && error == "" { error = $0; sub(/^[ -]*/, "", error) }
        /^error: .* scriptlet failed/ && script == "" { script = substr($0, 8) }
        END { print script != "" ? script : error }' said.packages
}
"""

RPM: Final = _WAYS + _DEAD + _COMPLAINT
"""Needs what `run_packages` has before it."""
