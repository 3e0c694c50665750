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
    """What starts it. A proxy's command detaches the server itself and then ends."""
    ports: tuple[int, ...]
    address: str
    """Where a person or a client reaches it."""
    health: str | None = None
    """The path of a GET it answers when it is well; None: accepting connections says it."""

    @property
    def starts_itself(self) -> bool:
        """Whether the command only starts the server, as a service manager does."""
        return self.name in layout.PROXIES

    def is_well(self, timeout: float = 2.0) -> bool:
        """Ask it, waiting up to ``timeout`` seconds for each port."""
        if self.health is not None:
            return loopback.answers(self.ports[0], self.health, timeout)
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
    )


def proxy_control(where: Layout, record: Record, python: Path, proxy: str) -> tuple[str, ...]:
    """Return the command, without its action, that controls a proxy node's server."""
    return (
        str(python),
        "-E",
        "-s",
        str(SERVERS / "control_proxy.py"),
        record.id,
        proxy,
        str(where.nodes / proxy),
        str(where.proxy_conf(proxy)),
        str(where.log(proxy)),
    )
