"""What upgrades bring: a package with the maintainer's files, a release of Keystone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.nodes.asking import answers
from tests.nodes.image import TODAY
from tests.nodes.unpacked import unpacked

if TYPE_CHECKING:
    from tests.nodes.hosts import Hosts
    from tests.nodes.machine import Machine

CONF = "/etc/swift/proxy-server.conf"
_FILES = Path(__file__).parent / "files"
_REPACK = _FILES / "repack.sh"
_REQUIREMENTS = _FILES / "older-keystone.txt"
_FIRST_ON_THE_PATH = "usr/local/lib/python3.11/dist-packages"


def packaged_conf() -> str:
    """Return the proxy-server.conf that Debian's package brings."""
    return (TODAY.root() / CONF[1:]).read_text()


def upgrade_swift(proxy: Machine, conf: str) -> None:
    """Have dpkg put the next version of swift-proxy in, the file of its maintainer over ours."""
    made = proxy.ran(["/bin/sh", "-c", _REPACK.read_text()], conf)
    assert made.returncode == 0, made.stderr
    proxy.sh(f"DEBIAN_FRONTEND=noninteractive dpkg --force-confnew --install {made.stdout}")
    assert proxy.sh(f"cat {CONF}") == conf


def older_keystone() -> Path:
    """Return a folder with Keystone 22.0.1, the last before OSSA-2025-002.

    It is fetched where it is not kept, which takes a way out: not on a cloud's network.
    """
    return unpacked("keystone", _REQUIREMENTS)


def downgrade_keystone(hosts: Hosts, kept: Path) -> None:
    """Have the machines with Keystone run the older Keystone, with Debian's libraries."""
    for name in hosts.keystones:
        shutil.copytree(kept, hosts[name].root / _FIRST_ON_THE_PATH, dirs_exist_ok=True)
    _restart_keystone(hosts)


def upgrade_keystone(hosts: Hosts) -> None:
    """Have the machines with Keystone run Debian's Keystone again."""
    for name in hosts.keystones:
        hosts[name].sh(f"rm -r /{_FIRST_ON_THE_PATH}/keystone*")
    _restart_keystone(hosts)


def _restart_keystone(hosts: Hosts) -> None:
    for name in hosts.keystones:
        hosts[name].sh("systemctl restart keystone")
    for name in hosts.keystones:
        wait_until(lambda at=f"http://{hosts[name].address}:5000/v3": answers(at), seconds=60)
    hosts.await_service(*hosts.keystones)
