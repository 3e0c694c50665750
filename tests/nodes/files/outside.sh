#!/bin/sh
# See that the machine has what booting others in namespaces needs; on Debian, install it.
set -eu
if [ "$(id -u)" != 0 ]; then
    echo 'The tests on real hosts boot machines, which takes root: run `sudo make test-nodes`.' >&2
    exit 1
fi
if [ ! -e /sys/fs/cgroup/cgroup.controllers ] && [ ! -d /sys/fs/cgroup/systemd ]; then
    echo 'The tests on real hosts need control groups: mount /sys/fs/cgroup.' >&2
    exit 1
fi
# Each machine's systemd and its services have some; the usual limit of 128 is for one machine.
instances=/proc/sys/fs/inotify/max_user_instances
[ "$(cat $instances)" -ge 1024 ] || echo 1024 >$instances

missing=
for pair in debootstrap:debootstrap systemd-nspawn:systemd-container ip:iproute2 \
    nsenter:util-linux chattr:e2fsprogs; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "The tests on real hosts need these Debian packages or their like:$missing" >&2
    exit 1
fi
apt-get -q update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install $missing
