#!/bin/sh
# Make the installed package swift-proxy anew, as its next version would come: with another
# proxy-server.conf, read from stdin. Writes its path.
set -eu
cd "$(mktemp -d)"
mkdir -p new/DEBIAN
cp /var/lib/dpkg/info/swift-proxy.conffiles new/DEBIAN/conffiles
for script in preinst postinst prerm postrm; do
    cp "/var/lib/dpkg/info/swift-proxy.$script" "new/DEBIAN/$script"
done
dpkg-query --status swift-proxy | sed '/^Status:/d; /^Conffiles:/,/^[^ ]/{/^Conffiles:/d; /^ /d}
    s/^Version: .*/&+next/' >new/DEBIAN/control
while read -r path; do
    if [ -f "$path" ]; then echo ".$path"; fi
done </var/lib/dpkg/info/swift-proxy.list | tar -C / -cf - -T - | tar -C new -xf -
cat >new/etc/swift/proxy-server.conf
dpkg-deb --root-owner-group -Znone --build new next.deb >/dev/null
echo "$PWD/next.deb"
