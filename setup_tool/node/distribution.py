"""Shell text that tells which package manager a node lives by, and asks it aside.

Programs of other families are no sign: Fedora has a package of apt, Debian has dnf, rpm
and zypper. os-release(5) says what a system is like; where it is not there (Red Hat 6) or
says nothing known, the first manager found is taken.

dnf, yum and zypper write logs, caches and locks whatever they are asked, and root's
``rpm -q`` writes to rpm's database (rpm 4.18 on SQLite traced). `aside` gives them a
mount namespace in which the folders they write to are overlays in memory and the rest is
read-only, and no network. Needs ``newline``.
"""

from __future__ import annotations

from typing import Final

DISTRIBUTION: Final = r"""
database=
# package_manager: sets manager to what this node installs with, database to what knows the
# packages that it has (dpkg or rpm), and apart where the latter can be asked aside
package_manager() {
    [ -z "$database" ] || return 0
    likes=$(awk -F= '$1 == "ID" || $1 == "ID_LIKE" {
        gsub(/["'\'']/, "", $2)
        printf " %s ", $2
    }' /etc/os-release 2>/dev/null)
    database=rpm
    case $likes in
    *' debian '* | *' ubuntu '*) set -- apt-get && database=dpkg ;;
    *' rhel '* | *' fedora '* | *' centos '*) set -- dnf yum ;;
    *' suse '* | *' opensuse '* | *' sles '*) set -- zypper ;;
    *)
        set -- apt-get dnf yum zypper
        ! command -v dpkg-query >/dev/null || database=dpkg
        ;;
    esac
    manager= apart=
    for installer in "$@"; do
        command -v "$installer" >/dev/null || continue
        manager=${installer%-get}
        break
    done
    [ "$database" != rpm ] || [ "$(id -u)" != 0 ] || ! aside true 2>/dev/null || apart=yes
}

# aside COMMAND...: what it writes stays in memory and goes with it
aside() {
    unshare -m -n sh -c '
        mount -n --make-rprivate / && mount -n -t tmpfs -o mode=1777 tmpfs /tmp || exit 125
        for folder in /etc /root /run /var/cache /var/lib /var/log /var/run /var/tmp \
            /usr/lib/sysimage; do
            [ -d "$folder" ] && [ ! -L "$folder" ] || continue
            layer=/tmp/layers$folder
            mkdir -p "$layer/upper" "$layer/work" || exit 125
            layers=lowerdir=$folder,upperdir=$layer/upper,workdir=$layer/work
            mount -n -t overlay -o "$layers" overlay "$folder" || exit 125
        done
        for folder in / /usr /opt /home /srv /boot; do
            mount -n -o remount,bind,ro "$folder" 2>/dev/null
        done
        # another manager at work is not waited for
        rm -f /var/run/yum.pid /var/run/zypp.pid /var/cache/dnf/*_lock.pid \
            /var/lib/dnf/*_lock.pid /var/log/log_lock.pid
        exec "$@"' sh "$@"
}

# try_out COMMAND...: aside where that can be
try_out() {
    if [ -n "$apart" ]; then aside "$@"; else "$@"; fi
}
"""
