"""The processes of a lab: what each runs, where it listens, how one sees that it is well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.lab import layout, loopback

if TYPE_CHECKING:
    from setup_tool.lab.layout import Layout, Record

SERVERS = Path(__file__).resolve().parent / "servers"


@dataclass(frozen=True, slots=True)
class Service:
    """One process (with its workers) of a lab."""

    name: str
    command: tuple[str, ...]
    """What starts it. A command on a node detaches the server itself and then ends."""
    ports: tuple[int, ...]
    address: str
    """Where a person or a client reaches it."""
    health: str | None = None
    """The path of a GET it answers when it is well; None: accepting connections says it."""
    well: int = 200
    """The status of that answer."""

    @property
    def starts_itself(self) -> bool:
        """Whether the command only starts the server, as a service manager does."""
        return self.name in layout.CONTROLLED

    def is_well(self, timeout: float = 2.0) -> bool:
        """Ask it, waiting up to ``timeout`` seconds for each port."""
        if self.health is not None:
            return loopback.answered(self.ports[0], self.health, timeout) == self.well
        return all(loopback.accepts(port, timeout) for port in self.ports)


def services(where: Layout, record: Record, python: Path) -> tuple[Service, ...]:
    """Return all services, in the order they are started.

    ``python`` is the interpreter of the lab's environment.
    """

    def script(name: str, *arguments: object) -> tuple[str, ...]:
        return (str(python), "-E", "-s", str(SERVERS / name), *map(str, arguments))

    keystone, cache, front = (record.port(name) for name in ("keystone", "cache", "front"))
    storage = tuple(record.port(name) for name in layout.STORAGE_SERVERS)
    proxies = tuple(record.port(name) for name in layout.PROXIES)
    nodes = {name: record.port(f"{name}-ssh") for name in layout.NODES}
    return (
        Service(
            "keystone",
            script(
                "serve_identity.py", where.keystone, keystone, where.access_log, where.passwords
            ),
            (keystone,),
            f"{record.url('keystone')}/v3",
            "/v3",
        ),
        Service(
            "storage",
            script("serve_storage.py", where.storage / "etc", where.storage / "srv", *storage),
            storage,
            "127.0.0.1:" + ",".join(map(str, storage)),
        ),
        Service("cache", script("serve_cache.py", cache), (cache,), f"127.0.0.1:{cache}"),
        Service(
            "nodes",
            script(
                "serve_nodes.py",
                where.nodes,
                where.ssh,
                where.session_log,
                *(f"{name}={port}" for name, port in nodes.items()),
            ),
            tuple(nodes.values()),
            "ssh 127.0.0.1:" + ",".join(map(str, nodes.values())),
        ),
        Service("front", script("serve_front.py", front, *proxies), (front,), record.url("front")),
        *(
            Service(
                name,
                (str(where.nodes / name / "bin/proxy"), "start"),
                (record.port(name),),
                record.url(name),
                "/healthcheck",
            )
            for name in layout.PROXIES
        ),
        *_ec2_api(where, record),
    )


def _ec2_api(where: Layout, record: Record) -> tuple[Service, ...]:
    """Return the controller's ec2-api once somebody has configured it."""
    if not (record.ec2 and where.ec2_api_conf().exists()):
        return ()
    name = layout.EC2_API
    start = (str(where.nodes / "controller/bin" / name), "start")
    # without a signature it refuses, and asks nobody before it does
    return (Service(name, start, (record.port(name),), record.url(name), "/", 400),)


def proxy_control(where: Layout, record: Record, python: Path, proxy: str) -> tuple[str, ...]:
    """Return the command, without its action, that controls a proxy node's server."""
    script = _control(record, python, "control_proxy.py", proxy)
    return (*script, str(where.nodes / proxy), str(where.proxy_conf(proxy)), str(where.log(proxy)))


def ec2_api_control(where: Layout, record: Record, python: Path) -> tuple[str, ...]:
    """Return the command, without its action, that controls the controller's ec2-api.

    ``python`` is the interpreter of the environment that has ec2-api.
    """
    name = layout.EC2_API
    script = _control(record, python, "control_ec2_api.py", name)
    places = (where.nodes / "controller", where.ec2_api_conf(), where.log(name))
    return (*script, *map(str, places))


def _control(record: Record, python: Path, script: str, service: str) -> tuple[str, ...]:
    return (str(python), "-E", "-s", str(SERVERS / script), record.id, service)
