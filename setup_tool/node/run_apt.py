"""Shell text of a run: apt installs packages with nothing else touched and nothing started.

While apt runs, ``/usr/sbin/policy-rc.d`` forbids every start of a service
(invoke-rc.d(8), deb-systemd-invoke(1p)); one that is there waits beside it. A second
line that names the run marks it.
"""

from __future__ import annotations

from typing import Final

_POLICY: Final = r"""
policy=/usr/sbin/policy-rc.d
policy_mark='# put here by setup-tool for run '

is_our_policy() {
    grep -q "^$policy_mark" "$policy" 2>/dev/null
}

# forbid_starts: fails where the policy cannot be put up
forbid_starts() {
    {
        printf '#!/bin/sh\n%s%s\nexit 101\n' "$policy_mark" "$run" >"$policy.new.setup-tool" &&
            chmod 755 "$policy.new.setup-tool"
    } 2>>output || {
        rm -f "$policy.new.setup-tool" installing
        fail failed "$policy could not be written, so that installed services might start"
        return 1
    }
    if { [ -e "$policy" ] || [ -L "$policy" ]; } && ! is_our_policy; then
        mv -f "$policy" "$policy.kept.setup-tool"
    fi
    mv -f "$policy.new.setup-tool" "$policy"
    durable "${policy%/*}"
}

# allow_starts: takes down what this run or a dead one put up, and puts back what was there
allow_starts() {
    rm -f "$policy.new.setup-tool"
    ! is_our_policy || rm -f "$policy"
    if [ -e "$policy.kept.setup-tool" ] || [ -L "$policy.kept.setup-tool" ]; then
        [ -e "$policy" ] || mv -f "$policy.kept.setup-tool" "$policy"
    fi
    durable "${policy%/*}"
}
"""

APT: Final = (
    _POLICY
    + r"""
new_only='-q -y --no-install-recommends --no-upgrade --no-remove'

# apt WORD...: apt-get that waits for its lock and gives up on a silent mirror
apt() {
    managing "$@" -o DPkg::Lock::Timeout="$lock_patience" -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
}

list_apt() {
    apt $timeout "$download_limit" apt-get -q update
}

fetch_apt() {
    apt $timeout "$download_limit" apt-get $new_only -d install "$@"
}

put_apt() {
    apt apt-get $new_only --no-download install "$@"
}

# settle_apt: what was cut off while it was unpacked can only be unpacked again
settle_apt() {
    forbid_starts || return 1
    until_when=$(($(date +%s) + lock_patience))
    until managing dpkg --force-confdef --force-confold --configure -a; do
        grep -q 'locked by another process' said.packages || break
        [ "$(date +%s)" -lt "$until_when" ] || break
        nap
    done
    torn=$(dpkg-query -W -f '${db:Status-Eflag} ${Package}\n' | awk '
        $1 == "reinstreq" { print $2 }' | grep -F -x -f installing)
    [ -z "$torn" ] ||
        apt apt-get -q -y --no-install-recommends --no-remove --reinstall install $torn
    allow_starts
}

complaint_apt() {
    awk '
        / returned error exit status / && !script { script = $0; sub(/^ +/, "", script) }
        /^E: / && !/^E: Can not write log/ && !error { error = substr($0, 4) }
        END { print script ? script : error }' said.packages
}
"""
)
"""Needs what `run_packages` has before it."""
