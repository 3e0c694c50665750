"""Many Swift proxies with tempauth, as far as a run that changes nothing looks at them.

Each is a real sshd, a proxy-server.conf and a state folder of its own, and a port that
answers health checks. With tempauth Keystone is asked for the catalogue and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.sshd import Servers, await_port, running, servers
from bench.timing import SETUP_TOOL, ran
from setup_tool.lab import loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SWIFT = "2.38.0"
_PROXY_CONF = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 1
user = swift

[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats \
container_sync bulk tempurl ratelimit tempauth copy container-quotas account-quotas \
slo dlo versioned_writes symlink proxy-logging proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:tempauth]
use = egg:swift#tempauth
user_bench_bencher = of-the-bench .admin

"""
_FILTERS = (
    "catch_errors gatekeeper healthcheck proxy_logging:proxy-logging memcache:cache "
    "listing_formats container_sync bulk tempurl ratelimit copy "
    "container_quotas:container-quotas account_quotas:account-quotas slo dlo versioned_writes "
    "symlink"
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Nodes that are as declared."""

    servers: Servers
    folder: Path

    def inventory(self, count: int) -> str:
        """Return the path of an inventory of the first nodes."""
        return str(self.folder / f"inventory-{count}.yaml")

    def ports(self, count: int) -> tuple[int, ...]:
        """Return the SSH ports of the first nodes."""
        return self.servers.ports[:count]


@contextmanager
def fleet(folder: Path, counts: tuple[int, ...], environ: Mapping[str, str]) -> Iterator[Fleet]:
    """Run as many nodes as the largest count, brought to their declaration by one apply."""
    most = max(counts)
    block = loopback.free_block(2 * most)
    ssh_ports, health_ports = range(block, block + most), range(block + most, block + 2 * most)
    with servers(folder, tuple(ssh_ports)) as started, _health(folder, health_ports):
        found = Fleet(started, folder)
        hosts = {
            f"node{number:02}": _node(started.home(ssh), ssh, health)
            for number, (ssh, health) in enumerate(
                zip(ssh_ports, health_ports, strict=True), start=1
            )
        }
        for count in counts:
            first = dict(list(hosts.items())[:count])
            text = json.dumps(_inventory(started, first), indent=1)
            (folder / f"inventory-{count}.yaml").write_text(text)
        ran(
            (SETUP_TOOL, "apply", "--yes", "--serial", "100%", "-i", found.inventory(most)),
            environ,
        )
        yield found


@contextmanager
def _health(folder: Path, ports: range) -> Iterator[None]:
    log = folder / "health.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "bench.healthcheck", *map(str, ports)]
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=output)
    with running(started):
        await_port(ports[-1], started, log)
        yield


def _node(home: Path, ssh_port: int, health_port: int) -> dict[str, object]:
    """Make a node's files; return what the inventory says of it."""
    sections = []
    for word in _FILTERS.split():
        entry, _, name = word.partition(":")
        sections.append(f"[filter:{name or entry}]\nuse = egg:swift#{entry}\n")
    text = _PROXY_CONF.format(port=health_port) + "\n".join(sections)
    (home / "proxy-server.conf").write_text(text)
    return {
        "ansible_port": ssh_port,
        "proxy_health_url": f"http://127.0.0.1:{health_port}/healthcheck",
    }


def _inventory(started: Servers, hosts: Mapping[str, object]) -> object:
    """Return an inventory; JSON is YAML, and both are read alike."""
    common = {
        "os_cloud": "lab",
        "region": "RegionOne",
        "ansible_host": "127.0.0.1",
        "ansible_user": started.user,
        "ansible_ssh_private_key_file": str(started.key),
        "known_hosts": str(started.known_hosts),
        "proxy_conf": "~/proxy-server.conf",
        "state_dir": "~/state",
        "swift_version": _SWIFT,
        # the health server reads no file, so being told to is all there is
        "proxy_reload": "true",
        "proxy_restart": "false",
    }
    return {"all": {"vars": common, "children": {"proxy": {"hosts": hosts}}}}
