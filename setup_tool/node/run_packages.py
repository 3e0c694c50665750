"""Shell text of a run: packages installed, new ones only.

They are tried out, fetched and installed, each apart: a mirror that hangs has a limit,
a package manager at work has none. ``installing`` in the run's folder names the packages
that come, and is there while they do: a later run ends what was begun.
"""

from __future__ import annotations

from typing import Final

from setup_tool.node.distribution import DISTRIBUTION
from setup_tool.node.package_plan import PACKAGE_PLAN
from setup_tool.node.run_apt import APT
from setup_tool.node.run_rpm import RPM

DOWNLOAD_LIMIT: Final = 600
"""Seconds that fetching lists or packages may take."""
LOCK_PATIENCE: Final = 120
"""Seconds that another package manager at work is waited for."""

_MANAGING: Final = r"""
# managing COMMAND...: runs a package manager with the signals, mask and folder of a login
# and nobody to ask; what it says is in said.packages
managing() {
    (
        trap - HUP INT PIPE TERM
        umask 022
        cd /
        DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical UCF_FORCE_CONFFOLD=1
        NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
        APT_LISTBUGS_FRONTEND=none
        export DEBIAN_FRONTEND DEBIAN_PRIORITY UCF_FORCE_CONFFOLD NEEDRESTART_SUSPEND
        export NEEDRESTART_MODE APT_LISTCHANGES_FRONTEND APT_LISTBUGS_FRONTEND
        exec "$@" </dev/null
    ) >said.packages 2>&1
    managed=$?
    cat said.packages >>output
    return "$managed"
}

# manager_complaint: sets said to what the manager or a package's script failed at, without the
# logins of mirrors
manager_complaint() {
    said=$(complaint_"$way" | awk '{ gsub(/\/\/[^\/@ ]*@/, "//"); print }')
    rm -f said.packages
}

# choose_way: fails where none of the known managers is there
choose_way() {
    package_manager
    case $manager in
    apt) way=apt lister='apt-get update' ;;
    dnf | yum) way=dnf lister="$manager makecache" ;;
    zypper) way=zypper lister='zypper refresh' ;;
    *) return 1 ;;
    esac
}
"""

_INSTALL: Final = r"""
# would_install NAME...: sets unknown, harm, problem and comes to what it would do
would_install() {
    plan_packages "$@" >planned
    unknown=$(awk '$1 == "unknown" { printf "%s%s", sep, $2; sep = ", " }' planned)
    harm=$(awk '
        $1 == "upgrades" { printf "%supgrade %s", sep, $2; sep = ", " }
        $1 == "removes" { printf "%sremove %s", sep, $2; sep = ", " }' planned)
    problem=$(grep -m 1 '^problem ' planned)
    comes=$(grep -m 1 '^arrives ' planned)
}

# brings_only_new NAME...: fails unless that is known
brings_only_new() {
    if [ -n "$unknown" ]; then
        fail failed "no repository of this node has $unknown${said:+ ($lister: $said)}"
    elif [ -n "$harm" ]; then
        fail failed "installing $* would $harm, which is never done"
    elif [ -n "$problem" ]; then
        fail failed "$manager would not install $*: ${problem#problem }"
    elif [ -z "$comes" ]; then
        fail failed "$manager did not say what installing $* would bring"
    fi
}

install_new() {
    said=
    begin "try out installing $*"
    would_install "$@"
    if [ -n "$unknown" ]; then
        begin 'fetch the lists of packages'
        list_"$way"
        manager_complaint
        would_install "$@"
    fi
    brings_only_new "$@" || return 1
    begin "fetch $*"
    fetch_"$way" "$@" || {
        manager_complaint
        fail failed "the packages could not be fetched${said:+: $said}"
        return 1
    }
    # dnf may have fetched new lists with them
    [ "$way" != dnf ] || would_install "$@"
    brings_only_new "$@" || return 1
    begin "install $*"
    awk '$1 == "arrives" { print $2 }' planned >installing
    durable installing "$dir"
    [ "$way" != apt ] || forbid_starts || return 1
    put_"$way" "$@"
    installed=$?
    manager_complaint
    [ "$way" != apt ] || allow_starts
    rm -f installing
    [ "$installed" = 0 ] || {
        fail failed "$manager could not install what it fetched${said:+: $said}"
        return 1
    }
    absent_packages "$@"
    [ -z "$absent" ] || fail failed "$manager ended well, but did not install$absent"
}

# install_packages NAME...: those that are missing, and what they need
install_packages() {
    choose_way
    absent_packages "$@"
    [ -n "$absent" ] || return 0
    [ "$(id -u)" = 0 ] || {
        fail failed "only root installs packages:$absent"
        return 1
    }
    [ -n "$manager" ] || {
        fail failed "there is no apt, dnf, yum or zypper here to install$absent"
        return 1
    }
    install_new $absent
}

# settle_packages RUN: ends what a dead run left of an installation, before it is settled
settle_packages() {
    [ -e "$state/runs/$1/installing" ] && choose_way || return 0
    begin "end what run $1 was installing"
    cat "$state/runs/$1/installing" >installing
    durable installing "$dir"
    settle_"$way" || return 1
    rm -f "$state/runs/$1/installing" said.packages installing
}
"""

PACKAGES: Final = (
    f"lock_patience={LOCK_PATIENCE} download_limit={DOWNLOAD_LIMIT}\n"
    + DISTRIBUTION
    + PACKAGE_PLAN
    + _MANAGING
    + APT
    + RPM
    + _INSTALL
)
