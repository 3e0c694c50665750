#!/bin/sh
# Install packages over an image that stays as it is; what they bring is left in FOLDER/layer.
#
#   layer.sh FOLDER MIRROR SUITE IMAGE [OFFERED...]    the names of the packages on stdin
#
# OFFERED are the names of packages that are not installed: with what they need they lie in the
# layer's /srv/repository, from which machines can install them.
# Expects a mount namespace of its own, so that what it mounts goes when it is killed.
set -eu
folder=$1 mirror=$2 suite=$3 image=$4
shift 4
packages=$(tr '\n' ' ')
root=$folder/root

mkdir "$root" "$folder/layer" "$folder/work"
mount -t overlay -o "lowerdir=$image,upperdir=$folder/layer,workdir=$folder/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# for the installation alone: on the machines the image's own stand there again
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
mkdir "$folder/apt"
for part in "debian $suite" "debian $suite-updates" "debian-security $suite-security"; do
    echo "deb $mirror/$part main"
done >"$folder/apt/sources.list"
mount --bind "$folder/apt/sources.list" "$root/etc/apt/sources.list"
mkdir "$folder/apt/lists"
mount --bind "$folder/apt/lists" "$root/var/lib/apt/lists"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
    DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} "$@" </dev/null; }

in_root apt-get -q -o Acquire::Languages=none update
# shellcheck disable=SC2086
in_root apt-get -qy -o Dpkg::Options::=--force-unsafe-io \
    -o Dpkg::Options::=--path-exclude=/usr/share/doc/* \
    -o Dpkg::Options::=--path-exclude=/usr/share/man/* \
    -o Dpkg::Options::=--path-exclude=/usr/share/locale/* \
    --no-install-recommends install $packages
in_root apt-get clean
if [ $# != 0 ]; then
    mkdir "$root/srv/repository"
    in_root apt-get -qy --no-install-recommends --download-only install "$@"
    mv "$root"/var/cache/apt/archives/*.deb "$root/srv/repository"
    in_root sh -c 'cd /srv/repository && dpkg-scanpackages -m . >Packages'
fi

rm -f "$root"/usr/sbin/policy-rc.d "$root"/var/cache/apt/*.bin
# Which machine runs what is decided when it is made.
for unit in "$root"/etc/systemd/system/*.target.wants/*; do
    [ -e "$image/${unit#"$root"}" ] || [ -h "$image/${unit#"$root"}" ] || rm "$unit"
done
umount --recursive "$root"
rm -r "$folder/apt" "$folder/work"
rmdir "$root"
