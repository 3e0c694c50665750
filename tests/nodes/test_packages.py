"""A proxy that lacks a package gets it from its node's repository, and nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.node.repository import Repository
from tests.nodes.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nodes.hosts import Hosts
    from tests.nodes.machine import Machine

NEEDED = "python3-keystonemiddleware"
CONF = "/etc/swift/proxy-server.conf"
POLICY = "#!/bin/sh\n# the operator's own\nexit 0\n"
UNIT = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
START = "deb-systemd-helper enable daemon.service\ndeb-systemd-invoke start daemon.service"
WAITS = "touch /var/tmp/begun; until [ -e /var/tmp/go ]; do sleep 0.1; done"

# The package as it was installed, built anew, so that it can be taken away and come back.
REPACK = f"""
set -e
tree=/srv/repository/tree
mkdir -p $tree/DEBIAN
dpkg -L {NEEDED} | while IFS= read -r path; do
    [ -f "$path" ] || continue
    mkdir -p "$tree${{path%/*}}"
    cp -a "$path" "$tree$path"
done
dpkg-query -s {NEEDED} | grep -v -e ^Status: -e ^Conffiles: -e '^ /' >$tree/DEBIAN/control
sed -i 's/^Depends: /Depends: daemon, /' $tree/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip --build $tree /srv/repository/{NEEDED}_10.1.0-4_all.deb
rm -r $tree
"""
# All that apt and dpkg could write to, with the times of its last changes.
TRACES = "find /var/lib /var/cache /var/log/apt /etc /usr/sbin -printf '%p %C@ %s\\n' | sort"

# Swift of another release in an environment that sees the system's modules as well.
ENVIRONMENT = """
set -e
python3 -m venv --without-pip --system-site-packages /opt/swift
site=$(echo /opt/swift/lib/python3*/site-packages)
cp -a /usr/lib/python3/dist-packages/swift /usr/lib/python3/dist-packages/swift-*.egg-info $site/
sed -i 's/^Version: .*/Version: 2.31.7/' $site/swift-*.egg-info/PKG-INFO
sed '1s,.*,#!/opt/swift/bin/python3,' /usr/bin/swift-proxy-server >/opt/swift/bin/swift-proxy-server
chmod 755 /opt/swift/bin/swift-proxy-server
settings=/etc/systemd/system/swift-proxy.service.d
mkdir -p $settings
program='/opt/swift/bin/swift-proxy-server /etc/swift/proxy-server.conf'
printf '[Service]\\nExecStart=\\nExecStart=%s\\n' "$program" >$settings/own.conf
systemctl daemon-reload
"""
OVERLAY = "lowerdir=/,upperdir=/run/other/upper,workdir=/run/other/work"
CONTAINED = "RootDirectory=/run/other/root\nMountAPIVFS=yes\n"
SANDBOXED = "PrivateMounts=yes\nPrivateTmp=yes\nProtectSystem=full\n"


def stock(proxy: Machine, **daemon: str) -> Repository:
    """Give the node a repository of the needed package, which brings a daemon with it."""
    repository = Repository(proxy.root / "srv/repository", "/srv/repository")
    repository.folder.mkdir(parents=True)
    proxy.sh(REPACK)
    proxy.sh("cd /srv/repository && dpkg-scanpackages -m . >Packages 2>/dev/null")
    repository.add(
        "daemon",
        files={"/lib/systemd/system/daemon.service": UNIT, "/etc/daemon.conf": "maintainer's\n"},
        conffiles=("/etc/daemon.conf",),
        scripts={"postinst": START, **daemon},
    )
    (proxy.root / "etc/apt/sources.list").write_text(repository.source)
    return repository


def bereave(proxy: Machine) -> None:
    """Take the package away, as where nobody ever installed what is only recommended."""
    proxy.start_once("swift-proxy")
    proxy.sh(f"apt-get -qy --no-auto-remove remove {NEEDED} && systemctl restart swift-proxy")


def installed(proxy: Machine, package: str) -> bool:
    status = proxy.sh(f"dpkg-query -W -f '${{db:Status-Status}}' {package}", status=None)
    return status == "installed"


@pytest.fixture
def proxy(hosts: Hosts) -> Iterator[Machine]:
    """One proxy, in its first state."""
    if "proxy1" in hosts.running:
        hosts.renew("proxy1")
    else:
        hosts.up("proxy1")
    return hosts["proxy1"]


def works(hosts: Hosts) -> bool:
    answer = hosts.user("demo").s3("GET", "/", at="http://10.77.0.21:8080")
    return answer.status == 200


def test_a_proxy_that_died_of_a_missing_package_gets_it_and_lives(
    hosts: Hosts, proxy: Machine
) -> None:
    cloud = Cloud(hosts)
    stock(proxy)
    bereave(proxy)
    proxy.sh("apt-get update")
    (proxy.root / "etc/daemon.conf").write_text("the operator's\n")
    policy = proxy.root / "usr/sbin/policy-rc.d"
    policy.write_text(POLICY)
    before = proxy.sh(TRACES)
    planned = cloud.plan()
    assert proxy.sh(TRACES) == before
    [first, *_] = [change for change in planned["changes"] if change["target"] == "proxy1"]
    assert first["summary"] == f"install {NEEDED}"
    assert first["diff"] == ["+daemon 1.0", f"+{NEEDED} 10.1.0-4"]
    cloud.apply()
    assert cloud.plan()["converged"]
    assert works(hosts)
    assert proxy.sh("systemctl is-active daemon", status=None).strip() == "inactive"
    assert (proxy.root / "etc/daemon.conf").read_text() == "the operator's\n"
    assert policy.read_text() == POLICY
    assert not proxy.sh("ls /usr/sbin | grep setup-tool", status=None)


def test_a_package_in_no_repository_is_looked_for_anew_and_the_file_stays(
    hosts: Hosts, proxy: Machine
) -> None:
    cloud = Cloud(hosts)
    repository = stock(proxy)
    sources = proxy.root / "etc/apt/sources.list"
    sources.write_text("")
    bereave(proxy)
    conf = (proxy.root / CONF.lstrip("/")).read_bytes()
    [change] = [c for c in cloud.plan()["changes"] if NEEDED in c["summary"]]
    assert "fetched anew" in " ".join(change["reasons"])
    told = cloud.apply(status=1).err
    assert f"no repository of this node has {NEEDED}" in told
    assert (proxy.root / CONF.lstrip("/")).read_bytes() == conf
    sources.write_text(repository.source)
    cloud.apply()
    assert cloud.plan()["converged"]


def test_what_would_upgrade_or_remove_something_is_refused_before_anything_is_touched(
    hosts: Hosts, proxy: Machine
) -> None:
    cloud = Cloud(hosts)
    repository = stock(proxy)
    bereave(proxy)
    repository.add("old")
    repository.add("other")
    proxy.sh("apt-get update && apt-get install -y old other")
    repository.add("old", "2.0")
    harm = {"Depends": "old (>= 2.0)", "Conflicts": "other"}
    repository.add(NEEDED, "99", fields=harm)
    proxy.sh("apt-get update")
    told = cloud.run("plan", "-i", cloud.inventory(), status=2).err
    assert "would upgrade old and remove other" in told
    cloud.apply(status=2)
    assert proxy.sh("dpkg-query -W -f '${Version}' old") == "1.0"
    assert installed(proxy, "other")


@pytest.mark.parametrize("script", ["preinst", "postinst"])
def test_a_node_that_lost_its_power_while_it_installed_is_mended_by_the_next_run(
    hosts: Hosts, proxy: Machine, script: str
) -> None:
    cloud = Cloud(hosts)
    stock(proxy, **{script: WAITS})
    bereave(proxy)
    (proxy.root / "usr/sbin/policy-rc.d").write_text(POLICY)
    running = cloud.start("apply", "-i", cloud.inventory(), "--yes")
    wait_until((proxy.root / "var/tmp/begun").exists, seconds=60)
    assert "setup-tool" in (proxy.root / "usr/sbin/policy-rc.d").read_text()
    proxy.power_off()
    running.communicate()
    (proxy.root / "var/tmp/go").touch()
    proxy.boot()
    cloud.apply()
    assert cloud.plan()["converged"]
    assert works(hosts)
    assert installed(proxy, "daemon")
    assert (proxy.root / "usr/sbin/policy-rc.d").read_text() == POLICY
    assert not proxy.sh("dpkg --audit")


def test_a_package_that_fails_to_install_is_told_in_its_words(hosts: Hosts, proxy: Machine) -> None:
    cloud = Cloud(hosts)
    stock(proxy, postinst="echo no; exit 7")
    bereave(proxy)
    told = cloud.apply(status=1).err
    assert "daemon package post-installation script subprocess returned error exit status 7" in told
    assert not (proxy.root / "usr/sbin/policy-rc.d").exists()


def test_a_swift_in_an_environment_of_its_own_is_told_by_its_python_and_left_alone(
    hosts: Hosts, proxy: Machine
) -> None:
    cloud = Cloud(hosts)
    stock(proxy)
    proxy.sh(ENVIRONMENT)
    proxy.sh("systemctl restart swift-proxy")
    hosts.await_service("proxy1")
    proxy.sh(f"apt-get update; apt-get -qy --no-auto-remove remove {NEEDED}")
    before = proxy.sh(TRACES + "; find /opt -printf '%p %C@ %s\\n' | sort")
    planned = cloud.plan()
    assert proxy.sh(TRACES + "; find /opt -printf '%p %C@ %s\\n' | sort") == before
    reasons = " ".join(reason for change in planned["changes"] for reason in change["reasons"])
    assert "Swift 2.31.7 has S3 built in." in reasons
    assert not [c for c in planned["changes"] if c["summary"].startswith("install")]
    [told] = [note["text"] for note in planned["notes"] if "package" in note["text"]]
    assert "its Python does not find keystonemiddleware" in told


@pytest.mark.parametrize(("settings", "expected"), [(CONTAINED, (0, 1)), (SANDBOXED, (1, 0))])
def test_another_root_directory_is_a_container_and_own_mounts_are_none(
    hosts: Hosts, proxy: Machine, settings: str, expected: tuple[int, int]
) -> None:
    cloud = Cloud(hosts)
    stock(proxy)
    proxy.sh("mkdir -p /etc/systemd/system/swift-proxy.service.d /run/other/upper /run/other/work")
    proxy.sh("mkdir /run/other/root && mount -t overlay overlay /run/other/root -o " + OVERLAY)
    drop_in = proxy.root / "etc/systemd/system/swift-proxy.service.d/own.conf"
    drop_in.write_text(f"[Service]\n{settings}")
    proxy.sh("systemctl daemon-reload && systemctl restart swift-proxy")
    hosts.await_service("proxy1")
    proxy.sh(f"apt-get update; apt-get -qy --no-auto-remove remove {NEEDED}")
    planned = cloud.plan(swift_version="2.30.1")
    comes = [c for c in planned["changes"] if c["summary"] == f"install {NEEDED}"]
    notes = [n for n in planned["notes"] if "runs in a container" in n["text"]]
    assert (len(comes), len(notes)) == expected
