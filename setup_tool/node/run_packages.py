"""Shell text of a run: packages installed, with nothing else touched and nothing started.

While apt runs, ``/usr/sbin/policy-rc.d`` forbids every start of a service
(invoke-rc.d(8), deb-systemd-invoke(1p)); one that is there waits beside it. A second
line that names the run marks it, and ``installing`` in the run's folder, which names the
packages that come, says that it is up: a later run ends what was begun and takes it down.
"""

from __future__ import annotations

from typing import Final

from setup_tool.node.package_plan import PACKAGE_PLAN

DOWNLOAD_LIMIT: Final = 600
"""Seconds that fetching lists or packages may take."""
LOCK_PATIENCE: Final = 120
"""Seconds that another package manager at work is waited for."""

_POLICY: Final = r"""
policy=/usr/sbin/policy-rc.d
policy_mark='# put here by setup-tool for run '

is_our_policy() {
    grep -q "^$policy_mark" "$policy" 2>/dev/null
}

# forbid_starts: fails where the policy cannot be put up; `installing` is there
forbid_starts() {
    durable installing "$dir"
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
    rm -f installing
}

# settle_packages RUN: ends what a dead run left of an installation, before it is settled
settle_packages() {
    [ -e "$state/runs/$1/installing" ] || return 0
    begin "end what run $1 was installing"
    cat "$state/runs/$1/installing" >installing
    forbid_starts || return 1
    until_when=$(($(date +%s) + lock_patience))
    until managing dpkg --force-confdef --force-confold --configure -a 2>said.dpkg; do
        cat said.dpkg >>output
        grep -q 'locked by another process' said.dpkg || break
        [ "$(date +%s)" -lt "$until_when" ] || break
        nap
    done
    # what was cut off while it was unpacked can only be unpacked again
    torn=$(dpkg-query -W -f '${db:Status-Eflag} ${Package}\n' | awk '
        $1 == "reinstreq" { print $2 }' | grep -F -x -f installing)
    [ -z "$torn" ] ||
        apt apt-get -q -y --no-install-recommends --no-remove --reinstall install $torn
    rm -f "$state/runs/$1/installing" said.dpkg said.apt
    allow_starts
}
"""

_APT: Final = r"""
# managing COMMAND...: runs a package manager with the signals, mask and folder of a login
# and nobody to ask
managing() (
    trap - HUP INT PIPE TERM
    umask 022
    cd /
    DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical UCF_FORCE_CONFFOLD=1
    NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
    APT_LISTBUGS_FRONTEND=none
    export DEBIAN_FRONTEND DEBIAN_PRIORITY UCF_FORCE_CONFFOLD NEEDRESTART_SUSPEND
    export NEEDRESTART_MODE APT_LISTCHANGES_FRONTEND APT_LISTBUGS_FRONTEND
    exec "$@" </dev/null
)

# apt WORD...: apt-get that waits for its lock and gives up on a silent mirror
apt() {
    managing "$@" -o DPkg::Lock::Timeout="$lock_patience" -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        >said.apt 2>&1
    apt_status=$?
    cat said.apt >>output
    return "$apt_status"
}

# complaint: sets said to what apt or a package's script failed at, without the logins of
# mirrors
complaint() {
    said=$(awk '
        / returned error exit status / && !script { script = $0; sub(/^ +/, "", script) }
        /^E: / && !/^E: Can not write log/ && !error { error = substr($0, 4) }
        END {
            said = script ? script : error
            gsub(/\/\/[^\/@ ]*@/, "//", said)
            print said
        }' said.apt)
    rm -f said.apt
}

# may_install_apt NAME...: fails unless the simulation brings new packages only
may_install_apt() {
    plan_apt "$@" >planned
    unknown=$(awk '$1 == "unknown" { printf "%s%s", sep, $2; sep = ", " }' planned)
    harm=$(awk '
        $1 == "upgrades" { printf "%supgrade %s", sep, $2; sep = ", " }
        $1 == "removes" { printf "%sremove %s", sep, $2; sep = ", " }' planned)
    problem=$(grep -m 1 '^problem ' planned)
    [ -z "$unknown$harm$problem" ]
}

install_apt() {
    begin "try out installing $*"
    if ! may_install_apt "$@" && [ -n "$unknown" ]; then
        begin 'fetch the lists of packages'
        apt $timeout "$download_limit" apt-get -q update
        complaint
        if ! may_install_apt "$@" && [ -n "$unknown" ]; then
            fail failed "no repository of this node has $unknown${said:+ (apt-get update: $said)}"
            return 1
        fi
    fi
    if [ -n "$harm" ]; then
        fail failed "installing $* would $harm, which is never done"
        return 1
    elif [ -n "$problem" ]; then
        fail failed "apt would not install $*: ${problem#problem }"
        return 1
    fi
    new_only='-q -y --no-install-recommends --no-upgrade --no-remove'
    begin "fetch $*"
    apt $timeout "$download_limit" apt-get $new_only -d install "$@" || {
        complaint
        fail failed "the packages could not be fetched: $said"
        return 1
    }
    begin "install $*"
    awk '$1 == "arrives" { print $2 }' planned >installing
    forbid_starts || return 1
    apt apt-get $new_only --no-download install "$@"
    installed=$?
    complaint
    allow_starts
    [ "$installed" = 0 ] || fail failed "apt could not install what it fetched: $said"
}

# install_packages NAME...: those that are missing, and what they need
install_packages() {
    package_manager
    absent_packages "$@"
    [ -n "$absent" ] || return 0
    [ "$(id -u)" = 0 ] || {
        fail failed "only root installs packages:$absent"
        return 1
    }
    case $manager in
    apt) install_apt $absent ;;
    *)
        fail failed "there is no apt here to install$absent"
        return 1
        ;;
    esac
}
"""

PACKAGES: Final = (
    f"lock_patience={LOCK_PATIENCE} download_limit={DOWNLOAD_LIMIT}\n"
    + PACKAGE_PLAN
    + _POLICY
    + _APT
)
