"""A Debian host that lives by rpm's packages: dnf or zypper, a mirror, and Swift as one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.nodes.image import TODAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.nodes.machine import Machine

NEEDED = "python3-keystonemiddleware"
MIRROR = "http://127.0.0.1:8088"

_PACKAGES = Path(__file__).parent / "files/packages-rpm"
_SYSTEMS = {
    "dnf": 'NAME="Rocky Linux"\nVERSION_ID="9.4"\nID="rocky"\nID_LIKE="rhel centos fedora"\n',
    "zypper": 'NAME="openSUSE Leap"\nVERSION_ID="15.6"\nID="opensuse-leap"\nID_LIKE="suse"\n',
}
_REPOSITORIES = {"dnf": "/etc/yum.repos.d/cloud.repo", "zypper": "/etc/zypp/repos.d/cloud.repo"}
# As Red Hat has them: Debian's differ in both.
_SETTINGS = """
set -e
mkdir -p /etc/rpm /etc/yum.repos.d /etc/zypp/repos.d /srv/mirror
echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros
printf '[main]\\ngpgcheck=1\\nbest=True\\nskip_if_unavailable=False\\n' >/etc/dnf/dnf.conf
"""


def tools() -> Path:
    """Return the layer with dnf, zypper and what makes packages and repositories for them.

    It is made where it is not kept, which takes a way out: not on a cloud's network.
    """
    return TODAY.layer("rpm", _PACKAGES)


@dataclass(frozen=True, slots=True)
class Rpms:
    """What a machine with `tools` installs from."""

    machine: Machine
    manager: str

    def adopt(self, swift: str = "2.30.1") -> None:
        """Have the machine live by its manager, with Swift registered in rpm as this release."""
        etc = self.machine.root / "etc"
        (etc / "os-release").unlink()
        (etc / "os-release").write_text(_SYSTEMS[self.manager])
        self.machine.sh(_SETTINGS)
        tags = {"Provides": "/bin/sh", "Files": "/usr/bin/swift-proxy-server"}
        self.add("openstack-swift-proxy", swift, tags)
        self.machine.sh("rpm -i --justdb --nodeps /srv/mirror/noarch/openstack-swift-proxy-*.rpm")

    def bereave(self) -> None:
        """Have a package that Swift needs in the repository, not on the machine, as `NEEDED`."""
        files = self.machine.sh(
            f"dpkg -L {NEEDED} | while read -r path; do [ ! -f $path ] || echo $path; done"
        )
        self.add(
            NEEDED,
            "10.1.0",
            {"Requires": "daemon", "Recommends": "weak", "Files": files.replace("\n", " ")},
        )
        self.machine.sh(f"dpkg --remove --force-depends {NEEDED}")
        self.add("daemon")
        self.add("weak")
        self.machine.start_once("swift-proxy")
        self.machine.sh("systemctl restart swift-proxy")

    def add(
        self,
        name: str,
        version: str = "1.0",
        tags: Mapping[str, str] | None = None,
        post: str = "",
        pre: str = "",
    ) -> None:
        """Build a package, of ``Files`` of the machine's own, and list the repository anew."""
        known = {"Name": name, "Version": version, "Release": "1", "Summary": name}
        known |= {"License": "none", "BuildArch": "noarch", "AutoReqProv": "no", **(tags or {})}
        files = known.pop("Files", "").split()
        lines = [f"{tag}: {value}" for tag, value in known.items()]
        lines += ["%description", name, "%install"]
        lines += [f"install -D -p {path} %{{buildroot}}{path}" for path in files]
        for script, text in (("%pre", pre), ("%post", post)):
            lines += [script, text] if text else []
        lines += ["%files", *files]
        self.machine.sh(
            f"cat >/srv/{name}.spec && rpmbuild -bb --define '_rpmdir /srv/mirror' "
            f"--define '_topdir /srv/build' /srv/{name}.spec && createrepo_c -q /srv/mirror",
            stdin="".join(f"{line}\n" for line in lines),
        )

    def serve(self, checked: str = "gpgcheck=0") -> None:
        """Have the machine know the repository, and a mirror serve it."""
        path = self.machine.root / _REPOSITORIES[self.manager].lstrip("/")
        path.write_text(
            f"[cloud]\nname=cloud\nenabled=1\nautorefresh=0\nbaseurl={MIRROR}\n"
            f"type=rpm-md\n{checked}\n"
        )
        self.machine.sh(
            "systemctl is-active mirror || systemd-run --unit=mirror "
            "python3 -m http.server --bind 127.0.0.1 --directory /srv/mirror 8088"
        )
        wait_until(lambda: self.machine.ran(["curl", "-sf", MIRROR]).returncode == 0, seconds=30)

    def silence(self) -> None:
        """Have the mirror answer no more."""
        self.machine.sh("systemctl stop mirror")

    def refresh(self) -> None:
        """Fetch the lists of packages, as a timer of the machine's would."""
        commands = {"dnf": "dnf --refresh makecache", "zypper": "zypper --non-interactive refresh"}
        self.machine.sh(commands[self.manager])

    def installed(self, *names: str) -> set[str]:
        """Return those of the packages that are installed, with their versions."""
        said = self.machine.sh(
            f"rpm -q --qf '%{{NAME}} %{{VERSION}}\\n' {' '.join(names)}", status=None
        )
        return {line for line in said.splitlines() if " is not " not in line}
