#!/bin/sh
# Make the root folder of a Debian machine that has what any of the test hosts runs.
#
#   image.sh FOLDER MIRROR SUITE [SCRIPT FILE...]    the names of the packages on stdin
#
# SCRIPT is run in the new machine while that still has a way out, with the paths of the FILEs
# (or folders) there and, in CERTIFICATES, of a file with the authorities that this machine trusts.
# Expects a mount namespace of its own, so that what it mounts goes when it is killed.
set -eu
root=$1 mirror=$2 suite=$3
shift 3
packages=$(tr '\n' ' ')

debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror/debian"

cat >"$root/etc/apt/sources.list" <<END
deb $mirror/debian $suite main
deb $mirror/debian $suite-updates main
deb $mirror/debian-security $suite-security main
END
# The image can be made again at any time, so nothing has to wait for the disk.
cat >"$root/etc/dpkg/dpkg.cfg.d/image" <<END
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
END
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
# Read already when the package makes its first database: small, and quick rather than safe.
mkdir -p "$root/etc/mysql/mariadb.conf.d"
cat >"$root/etc/mysql/mariadb.conf.d/90-cloud.cnf" <<END
[mysqld]
bind-address = 0.0.0.0
skip-name-resolve
innodb_log_file_size = 4M
innodb_buffer_pool_size = 32M
innodb_flush_log_at_trx_commit = 0
END
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"

in_image() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
    DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} "$@" </dev/null; }

echo 'keystone keystone/configure_db boolean false' | chroot "$root" debconf-set-selections
in_image apt-get -q -o Acquire::Languages=none update
# shellcheck disable=SC2086
in_image apt-get -qy --no-install-recommends install $packages
in_image apt-get clean
if [ $# != 0 ]; then
    certificates=/etc/ssl/certs/ca-certificates.crt
    [ -e "$certificates" ] || certificates=/etc/pki/tls/certs/ca-bundle.crt
    mkdir "$root/tmp/more"
    cp -r "$@" "$root/tmp/more"
    cp "$certificates" "$root/tmp/more/certificates"
    for file; do
        shift
        set -- "$@" "/tmp/more/${file##*/}"
    done
    in_image CERTIFICATES=/tmp/more/certificates \
        ${PIP_INDEX_URL:+"PIP_INDEX_URL=$PIP_INDEX_URL"} /bin/sh "$@"
    rm -r "$root/tmp/more"
fi

rm "$root/usr/sbin/policy-rc.d" "$root/etc/dpkg/dpkg.cfg.d/image" "$root"/etc/ssh/ssh_host_*
rm -rf "$root"/var/lib/apt/lists/*
# Nodes have no way out: there is nothing to fetch packages from.
: >"$root/etc/apt/sources.list"
: >"$root/etc/resolv.conf"

# Which machine runs what is decided when it is made; what nobody needs only costs time.
cd "$root/etc/systemd/system"
for unit in multi-user.target.wants/* timers.target.wants/*; do
    case $unit in */ssh.service) ;; *) rm "$unit" ;; esac
done
rm -f getty.target.wants/*
for unit in console-getty.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-pstore.service user@.service; do
    ln -sf /dev/null "$unit"
done
sed -i '/pam_motd/d' "$root/etc/pam.d/sshd"
touch "$root/etc/.updated" "$root/var/.updated"

in_image useradd --create-home --shell /bin/bash ops
echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ops"
in_image useradd --create-home --shell /bin/bash asked
echo 'asked ALL=(ALL:ALL) ALL' >"$root/etc/sudoers.d/asked"
chmod 440 "$root/etc/sudoers.d/ops" "$root/etc/sudoers.d/asked"
