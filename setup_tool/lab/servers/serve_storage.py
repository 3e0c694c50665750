"""Serve Swift's account, container and object servers on loopback in one process.

usage: serve_storage.py ETC DEVICES ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT

ETC holds swift.conf and the three servers' configuration; the rings are built
there on the first start: one device, one replica. A server listens only when it
is ready to answer.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import NoReturn

SERVERS = ("account", "container", "object")
DEVICE = "d1"
PART_POWER = 4
MAX_CLIENTS = 1024
MAX_REQUEST_LINE = 8192


def main() -> NoReturn:
    """Build the rings if there are none, then serve for ever."""
    etc, devices = Path(sys.argv[1]), Path(sys.argv[2])
    ports = dict(zip(SERVERS, map(int, sys.argv[3:]), strict=True))
    warnings.filterwarnings("ignore")

    from swift.common import utils

    utils.monkey_patch()
    utils.set_swift_dir(str(etc))
    (devices / DEVICE).mkdir(parents=True, exist_ok=True)
    for server, port in ports.items():
        if not (etc / f"{server}.ring.gz").exists():
            build_ring(etc, server, port)
    for server, port in ports.items():
        serve(etc / f"{server}-server.conf", server, port)

    from swift.common.concurrency import eventlet

    while True:
        eventlet.sleep(3600)


def build_ring(etc: Path, server: str, port: int) -> None:
    """Write the ring of one device with a single replica, and its builder file."""
    from swift.common.ring import RingBuilder

    builder = RingBuilder(PART_POWER, 1, 0)
    builder.add_dev(
        {
            "id": 0,
            "region": 1,
            "zone": 1,
            "ip": "127.0.0.1",
            "port": port,
            "replication_ip": "127.0.0.1",
            "replication_port": port,
            "device": DEVICE,
            "weight": 1.0,
            "meta": "",
        }
    )
    builder.rebalance()
    builder.validate()
    builder.save(str(etc / f"{server}.builder"))
    partial = etc / f"{server}.ring.part"
    builder.get_ring().save(str(partial))
    partial.rename(etc / f"{server}.ring.gz")


def serve(conf: Path, server: str, port: int) -> None:
    """Load one server and let it answer in a green thread of this process."""
    from swift.common import utils, wsgi
    from swift.common.concurrency import eventlet

    settings = wsgi.appconfig(str(conf), name=f"{server}-server")
    utils.disable_fallocate()
    utils.get_logger(settings, f"{server}-server", log_to_console=True, log_route="wsgi")
    application = wsgi.loadapp(str(conf), global_conf={"log_name": f"{server}-server"})

    class Protocol(wsgi.SwiftHttpProtocol):  # type: ignore[misc,name-defined,unused-ignore]
        """One class a server: eventlet keeps per-server state on it."""

    eventlet.spawn(
        eventlet.wsgi.server,
        eventlet.listen(("127.0.0.1", port), backlog=1024),
        application,
        wsgi.NullLogger(),
        custom_pool=wsgi.RestrictedGreenPool(size=MAX_CLIENTS),
        protocol=Protocol,
        socket_timeout=60,
        capitalize_response_headers=False,
        url_length_limit=MAX_REQUEST_LINE,
    )


if __name__ == "__main__":
    main()
