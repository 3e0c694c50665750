"""A proxy of rpm's family gets what it lacks by dnf or zypper, and nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.nodes.cloud import Cloud
from tests.nodes.rpms import NEEDED, Rpms, tools

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nodes.hosts import Hosts
    from tests.nodes.machine import Machine

CONF = "etc/swift/proxy-server.conf"
WAITS = "touch /var/tmp/begun; until [ -e /var/tmp/go ]; do sleep 0.1; done"
# All that dnf, rpm, zypper and Python could write to, with the times of its last changes.
TRACES = (
    "{ find /var/lib /var/cache /etc /usr /root /srv /boot /var/tmp -printf '%p %C@ %s\\n'; "
    "find /var/log /run -name '*dnf*' -o -name 'hawkey*' -o -name '*zyp*' -o -name '*rpm*'; "
    "} | sort"
)
KEY = (
    "gpg --batch --quiet --passphrase '' --quick-generate-key cloud rsa2048 && "
    "gpg --armor --export cloud >/srv/key"
)
UNSIGNED = {
    "dnf": "is not signed",
    "zypper": f"no repository of this node has {NEEDED} (zypper refresh: Signature verification",
}
FAILED = {
    "dnf": "Error in PREIN scriptlet in rpm package daemon",
    "zypper": "%prein(daemon-1.0-1.noarch) scriptlet failed, exit status 7",
}


@pytest.fixture(scope="session")
def layer() -> Path:
    return tools()


@pytest.fixture(params=["dnf", "zypper"])
def manager(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def proxy(layer: Path, hosts: Hosts) -> Hosts:
    """A cloud with one proxy, which has what makes packages for it."""
    hosts.layers["proxy1"] = layer
    hosts.up("proxy1")
    # what is published does not have to wait then until the balancer sees the proxy again
    Cloud(hosts).apply()
    return hosts


@pytest.fixture(scope="module")
def disks() -> dict[str, Path]:
    """The disks of bereft proxies, by the manager that they live by."""
    return {}


@pytest.fixture
def rpms(proxy: Hosts, manager: str) -> Rpms:
    """The proxy as it was at first."""
    proxy.renew("proxy1")
    return Rpms(proxy["proxy1"], manager)


@pytest.fixture
def bereft(proxy: Hosts, manager: str, disks: dict[str, Path]) -> Rpms:
    """The proxy, which does not start for lack of a package that its repository has."""
    found = Rpms(proxy["proxy1"], manager)
    if manager not in disks:
        proxy.renew("proxy1")
        found.adopt()
        found.bereave()
        disks[manager] = proxy.keep_disk("proxy1", manager)
    proxy.boot("proxy1", disks[manager])
    # folders of the disk below cannot be renamed, as createrepo does
    found.machine.sh("cp -r /srv/mirror /srv/anew && rm -r /srv/mirror && mv /srv/anew /srv/mirror")
    return found


def works(hosts: Hosts) -> bool:
    answer = hosts.user("demo").s3("GET", "/", at="http://10.77.0.21:8080")
    return answer.status == 200


def conf(machine: Machine) -> bytes:
    return (machine.root / CONF).read_bytes()


def test_a_proxy_that_died_of_a_missing_package_gets_it_and_lives(
    hosts: Hosts, bereft: Rpms
) -> None:
    cloud = Cloud(hosts)
    bereft.serve()
    bereft.refresh()
    before = bereft.machine.sh(TRACES)
    planned = cloud.plan()
    assert bereft.machine.sh(TRACES) == before
    [first, *_] = [change for change in planned["changes"] if change["target"] == "proxy1"]
    assert first["summary"] == f"install {NEEDED}"
    assert set(first["diff"]) == {"+daemon 1.0-1", f"+{NEEDED} 10.1.0-1"}
    cloud.apply()
    assert cloud.plan()["converged"]
    assert works(hosts)
    assert bereft.installed(NEEDED, "daemon", "weak") == {f"{NEEDED} 10.1.0", "daemon 1.0"}


def test_a_package_in_no_repository_is_looked_for_anew_and_the_file_stays(
    hosts: Hosts, bereft: Rpms
) -> None:
    cloud = Cloud(hosts)
    bereft.machine.sh(f"mv /srv/mirror/noarch/{NEEDED}-* /srv && createrepo_c -q /srv/mirror")
    bereft.serve()
    bereft.refresh()
    before = conf(bereft.machine)
    [change] = [c for c in cloud.plan()["changes"] if NEEDED in c["summary"]]
    assert "fetched anew" in " ".join(change["reasons"])
    told = cloud.apply(status=1).err
    assert "proxy1" in told
    assert f"no repository of this node has {NEEDED}" in told
    assert conf(bereft.machine) == before
    bereft.machine.sh(f"mv /srv/{NEEDED}-* /srv/mirror/noarch && createrepo_c -q /srv/mirror")
    cloud.apply()
    assert cloud.plan()["converged"]


def test_a_repository_that_cannot_be_reached_is_told_and_the_file_stays(
    hosts: Hosts, bereft: Rpms
) -> None:
    cloud = Cloud(hosts)
    bereft.serve()
    bereft.silence()
    before = conf(bereft.machine)
    assert "fetched anew" in cloud.run("plan", "-i", cloud.inventory()).out
    told = cloud.apply(status=1).err
    assert f"no repository of this node has {NEEDED} ({bereft.manager} " in told
    assert "connect to" in told
    bereft.serve()
    bereft.refresh()
    bereft.silence()
    told = cloud.apply(status=1).err
    assert "the packages could not be fetched: " in told
    assert conf(bereft.machine) == before
    assert not bereft.installed(NEEDED, "daemon")


def test_what_would_upgrade_or_remove_something_is_refused_before_anything_is_touched(
    hosts: Hosts, bereft: Rpms
) -> None:
    cloud = Cloud(hosts)
    bereft.add("old")
    bereft.add("other")
    bereft.machine.sh("rpm -i --nodeps /srv/mirror/noarch/old-* /srv/mirror/noarch/other-*")
    bereft.add("old", "2.0")
    bereft.add(NEEDED, "99", {"Requires": "old >= 2.0", "Obsoletes": "other"})
    bereft.serve()
    bereft.refresh()
    told = cloud.run("plan", "-i", cloud.inventory(), status=2).err
    assert "would upgrade old and remove other" in told
    cloud.apply(status=2)
    assert bereft.installed("old", "other", NEEDED) == {"old 1.0", "other 1.0"}


def test_packages_are_checked_as_the_repository_s_file_says(hosts: Hosts, bereft: Rpms) -> None:
    cloud = Cloud(hosts)
    before = conf(bereft.machine)
    bereft.machine.sh(KEY)
    bereft.serve("gpgcheck=1\ngpgkey=file:///srv/key")
    told = cloud.apply(status=1).err
    assert UNSIGNED[bereft.manager] in told
    assert not bereft.installed(NEEDED, "daemon")
    assert conf(bereft.machine) == before


@pytest.mark.parametrize("manager", ["dnf"])
def test_a_check_without_a_key_is_refused_before_anything_is_touched(
    hosts: Hosts, bereft: Rpms
) -> None:
    cloud = Cloud(hosts)
    bereft.serve("gpgcheck=1")
    told = cloud.run("plan", "-i", cloud.inventory(), status=2).err
    assert (
        "dnf would not install it: packages are to be checked, but no key is there or named" in told
    )


@pytest.mark.parametrize(
    ("manager", "script"), [("dnf", "pre"), ("dnf", "post"), ("zypper", "post")]
)
def test_a_node_that_lost_its_power_while_it_installed_is_mended_by_the_next_run(
    hosts: Hosts, bereft: Rpms, script: str
) -> None:
    cloud = Cloud(hosts)
    bereft.add("daemon", **{script: WAITS})
    bereft.serve()
    running = cloud.start("apply", "-i", cloud.inventory(), "--yes")
    wait_until((bereft.machine.root / "var/tmp/begun").exists, seconds=60)
    bereft.machine.power_off()
    running.communicate()
    (bereft.machine.root / "var/tmp/go").touch()
    bereft.machine.boot()
    bereft.serve()
    cloud.apply()
    assert cloud.plan()["converged"]
    assert works(hosts)
    assert bereft.installed(NEEDED, "daemon") == {f"{NEEDED} 10.1.0", "daemon 1.0"}
    bereft.machine.sh(f"rpm -V daemon {NEEDED}")


def test_a_package_that_fails_to_install_is_told_in_its_words(hosts: Hosts, bereft: Rpms) -> None:
    cloud = Cloud(hosts)
    bereft.add("daemon", pre="echo no; exit 7")
    bereft.serve()
    told = cloud.apply(status=1).err
    assert f"{bereft.manager} could not install what it fetched: " in told
    assert FAILED[bereft.manager] in told
    assert not bereft.installed("daemon")


@pytest.mark.parametrize("manager", ["dnf"])
def test_swift3_comes_by_the_name_that_red_hat_gives_it(hosts: Hosts, rpms: Rpms) -> None:
    cloud = Cloud(hosts)
    name = "openstack-swift-plugin-swift3"
    rpms.adopt("2.15.2")
    rpms.add("other")
    rpms.serve()
    rpms.refresh()
    before = conf(rpms.machine)
    told = cloud.apply(status=1, swift3_version="1.12.0").err
    assert f"no repository of this node has {name}" in told
    assert conf(rpms.machine) == before
    rpms.add(name, "1.12.0")
    rpms.refresh()
    planned = cloud.plan(swift3_version="1.12.0")
    [change] = [one for one in planned["changes"] if one["summary"] == f"install {name}"]
    assert change["diff"] == [f"+{name} 1.12.0-1"]
    assert planned["changes"].index(change) < [one["summary"] for one in planned["changes"]].index(
        "edit /etc/swift/proxy-server.conf"
    )
    # it holds no swift3: that the proxy does not load the file then is told, and the file stays
    cloud.apply(status=1, swift3_version="1.12.0")
    assert rpms.installed(name) == {f"{name} 1.12.0"}
    assert conf(rpms.machine) == before
