"""Shell text that asks package managers what installing would do.

`plan_apt` and its like print lines that both an observation and a run read: ``arrives
NAME VERSION``, ``upgrades NAME OLD NEW``, ``removes NAME``, ``unknown NAME``, ``problem
TEXT``. They take no lock.

apt-get's simulation writes two things nevertheless when root runs it: its cache of the
package lists, where that is older than they are, and the planner's protocol below
/var/log/apt. The options here keep both in memory (apt.conf(5), apt-get 2.6 traced).
dnf, yum and zypper write logs and caches whatever they are asked, so an observation
does not ask them.
"""

from __future__ import annotations

from typing import Final

PACKAGE_PLAN: Final = r"""
# package_manager: sets manager to the one this node installs with
package_manager() {
    manager=
    for program in apt-get dnf yum zypper; do
        command -v "$program" >/dev/null || continue
        manager=${program%-get}
        return 0
    done
}

# absent_packages NAME...: sets absent to those that are not installed
absent_packages() {
    absent=
    for package in "$@"; do
        if [ "$manager" = apt ]; then
            installed=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null)
            case $newline$installed$newline in *"${newline}installed$newline"*) continue ;; esac
        else
            rpm -q "$package" >/dev/null 2>&1 && continue
        fi
        absent="$absent $package"
    done
}

# plan_apt NAME...
plan_apt() {
    apt-get -s -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o Dir::Log::Planner= -o Dir::Log::Solver= \
        --no-install-recommends install "$@" 2>&1 </dev/null | awk '
        function bare(word) { gsub(/[][()]/, "", word); return word }
        $1 == "Inst" && $3 ~ /^\[/ { print "upgrades", $2, bare($3), bare($4); next }
        $1 == "Inst" { print "arrives", $2, bare($3); next }
        $1 == "Remv" { print "removes", $2; next }
        / (Pre)?Depends: / && !why { why = $0; sub(/^ +/, "", why); gsub(/  +/, " ", why) }
        /^E: Unable to locate package / { print "unknown", $NF; known = 1; next }
        /^E: Package .* has no installation candidate/ {
            name = $3
            gsub(/[^A-Za-z0-9+._:-]/, "", name)
            print "unknown", name
            known = 1
            next
        }
        /^E: / && !known && !said++ { print "problem", substr($0, 4) (why ? " (" why ")" : "") }'
}
"""
