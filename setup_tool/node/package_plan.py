"""Shell text that asks package managers what installing would do.

`plan_packages` prints lines that both an observation and a run read: ``arrives NAME
VERSION``, ``upgrades NAME ...``, ``removes NAME``, ``unknown NAME``, ``problem TEXT``. It
goes by the lists of packages that the node has, and takes no lock.

apt-get's simulation writes two things when root runs it: its cache of the package lists,
where that is older than they are, and the planner's protocol below /var/log/apt. The
options here keep both in memory (apt.conf(5), apt-get 2.6 traced).

dnf and yum print one table (dnf 4.14's and yum 3.4.3's ``listTransaction``); yum 3 breaks
its lines at 80 columns. The answer no is given on stdin, since yum before 3.4 has no
``--assumeno``, and ``tsflags=test`` stands behind it. Without ``-C`` they would fetch lists.
zypper fetches those it has none of, in spite of ``--no-refresh``: aside it cannot.
"""

from __future__ import annotations

from typing import Final

_ABSENT: Final = r"""
# absent_packages NAME...: sets absent to those that are not installed
absent_packages() {
    absent=
    for package in "$@"; do
        if [ "$database" = dpkg ]; then
            installed=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null)
            case $newline$installed$newline in *"${newline}installed$newline"*) continue ;; esac
        else
            try_out rpm -q --whatprovides "$package" >/dev/null 2>&1 && continue
        fi
        absent="$absent $package"
    done
}

# plan_packages NAME...
plan_packages() {
    case $manager in
    apt) plan_apt "$@" ;;
    dnf | yum) plan_dnf "$@" ;;
    zypper) plan_zypper "$@" ;;
    esac
}
"""

_APT: Final = r"""
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

_DNF: Final = r"""
# plan_dnf NAME...: for yum as well
plan_dnf() {
    echo N | try_out "$manager" -C --setopt=assumeyes=0 --setopt=alwaysprompt=1 \
        --setopt=exit_on_lock=1 --setopt=tsflags=test --setopt=install_weak_deps=0 \
        install "$@" 2>&1 | awk -v wanted="$*" '
        function row(name, version) {
            if (part == "arrives") { print part, name, version; comes++ }
            else print part, name
        }
        /^No match for argument: / { print "unknown", $NF; known = 1; next }
        /^No package .* available\.$/ { print "unknown", $3; known = 1; next }
        /[Cc]ach(e-only|ing) enabled but no / { unlisted = 1; next }
        /Read-only file system/ { hidden = 1 }
        / filtered out by .* for argument: / && problem == "" { problem = $0 }
        /^Command line error: / { problem = $0 }
        /^You have enabled checking of packages via GPG keys/ {
            problem = "packages are to be checked, but no key is there or named"
        }
        /^Error: ./ && problem == "" { problem = substr($0, 8) }
        /^ *Problem( [0-9]+)?: / && problem == "" {
            problem = $0
            sub(/^ *Problem[^:]*: /, "", problem)
        }
        /^ +(- |Requires: )/ && why == "" { why = $0; sub(/^ +(- )?/, "", why) }
        /^Installing( dependencies| weak dependencies| group.* packages| for dependencies)?:$/ {
            part = "arrives"
            next
        }
        /^(Upgrading|Updating|Downgrading|Reinstalling)( for dependencies)?:$/ {
            part = "upgrades"
            next
        }
        /^(Removing|Erasing)( [a-z ]+)?:$/ { part = "removes"; next }
        /^[^ ]/ || NF == 0 { part = ""; next }
        part == "" { next }
        $1 == "replacing" {
            name = $2
            if (NF == 3) sub(/\.[^.]*$/, "", name)
            if (part == "arrives") print "removes", name
            next
        }
        broken != "" { row(broken, NF > 1 ? $2 : $1); broken = ""; next }
        /^ [^ ]/ && NF < 3 { broken = $1; next }
        /^ [^ ]/ { row($1, $3) }
        END {
            if (unlisted && !comes && !known) {
                count = split(wanted, names, " ")
                for (i = 1; i <= count; i++) print "unknown", names[i]
            } else if (problem != "" && !known && !hidden)
                print "problem", problem (why != "" ? " (" why ")" : "")
        }'
}
"""

_ZYPPER: Final = r"""
# plan_zypper NAME...
plan_zypper() {
    try_out zypper --non-interactive --no-refresh --xmlout install --dry-run --no-recommends \
        --no-force-resolution "$@" 2>&1 </dev/null | awk '
        function plain(text) {
            gsub(/<[^>]*>/, "", text)
            gsub(/&apos;|&quot;/, "\047", text)
            gsub(/&lt;/, "<", text)
            gsub(/&gt;/, ">", text)
            gsub(/&amp;/, "\\&", text)
            return text
        }
        function value(name) {
            if (!match($0, " " name "=\"[^\"]*\"")) return ""
            return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
        }
        /<to-install>/ { part = "arrives" }
        /<to-(upgrade|downgrade|reinstall|change)/ { part = "upgrades" }
        /<to-remove>/ { part = "removes" }
        /<\/to-/ { part = "" }
        /<solvable / && part != "" {
            comes++
            print part, value("name") (part == "arrives" ? " " value("edition") : "")
            next
        }
        /No provider of .* found\.|^<message type="error">Package .* not found\./ {
            name = plain($0)
            sub(/^[^\047]*\047/, "", name)
            sub(/\047.*/, "", name)
            print "unknown", name
            known = 1
            next
        }
        /Problem: / && problem == "" { problem = plain($0); sub(/.*Problem: /, "", problem) }
        /<message type="error">/ && error == "" { error = plain($0) }
        END {
            if (problem == "") problem = error
            if (problem != "" && !known && !comes) print "problem", problem
        }'
}
"""

PACKAGE_PLAN: Final = _ABSENT + _APT + _DNF + _ZYPPER
"""Needs ``newline`` and the functions of `distribution`; `package_manager` is called first."""
