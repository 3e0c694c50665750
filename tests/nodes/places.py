"""Which machines a cloud has, where they are and what they run."""

from __future__ import annotations

from dataclasses import dataclass

from tests.nodes.network import ipv4

OPERATOR = 1
BALANCER = 2
S3_VIP = 3
KEYSTONE_VIP = 4
LEGACY = 31
NOVA = 41

KEYSTONE = f"https://{ipv4(KEYSTONE_VIP)}:5000"
S3 = f"http://{ipv4(S3_VIP)}:8080"
S3_TLS = f"https://{ipv4(S3_VIP)}"
VIEW = f"http://{ipv4(BALANCER)}:8404/;csv"
"""Where the balancer tells how it sees its servers."""

LEGACY_KEYSTONE = f"http://{ipv4(LEGACY)}:5000"
LEGACY_KEYSTONE_ADMIN = f"http://{ipv4(LEGACY)}:35357"
"""Where v2.0 has what only administrators may ask for."""
LEGACY_SWIFT = f"http://{ipv4(LEGACY)}:8080"

NOVA_KEYSTONE = f"http://{ipv4(NOVA)}:5000"
NOVA_APIS = {
    "compute": f"http://{ipv4(NOVA)}:8774/v2.1",
    "image": f"http://{ipv4(NOVA)}:9292",
    "network": f"http://{ipv4(NOVA)}:9696",
    "placement": f"http://{ipv4(NOVA)}:8778",
    "volume": f"http://{ipv4(NOVA)}:8776/v3",
}
EC2 = f"http://{ipv4(NOVA)}:8788/"
"""Where setup-tool has the EC2 API answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """A machine before there is one."""

    numbers: tuple[int, ...]
    units: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Machines that have to be up for this one to be of use."""
    ports: tuple[int, ...] = ()
    """On which it listens when it is up, besides SSH's."""


_STORAGE = tuple(
    f"{name}.service" for name in ("memcached", "swift-account", "swift-container", "swift-object")
)

PLACES = {
    "balancer": Place((BALANCER, S3_VIP, KEYSTONE_VIP), ("haproxy.service",), ports=(8404,)),
    "bastion": Place((5,)),
    "ctl1": Place(
        (11,),
        ("keystone.service", "mariadb.service", *_STORAGE),
        ports=(3306, 5000, 11211, 6200, 6201, 6202),
    ),
    "ctl2": Place((12,), ("keystone.service",), ("ctl1",), (5000,)),
    "nova1": Place(
        (NOVA,),
        tuple(
            f"{name}.service"
            for name in (
                *("keystone", "mariadb", "memcached", "rabbitmq-server", "glance-api"),
                *("placement-api", "neutron-api", "cinder-api", "cinder-scheduler"),
                *("nova-api", "nova-conductor", "nova-scheduler", "nova-compute"),
            )
        ),
        ports=(5000, 8774, 8776, 8778, 9292, 9696),
    ),
    "old": Place(
        (LEGACY,),
        ("keystone-public.service", "keystone-admin.service", "swift-proxy.service", *_STORAGE),
        ports=(5000, 35357, 8080, 6200, 6201, 6202),
    ),
    "proxy1": Place((21,), ("swift-proxy.service",), ("ctl1", "balancer"), (8080,)),
    "proxy2": Place((22,), ("swift-proxy.service",), ("ctl1", "balancer"), (8080,)),
    "proxy3": Place((23,), ("swift-proxy.service",), ("ctl1", "balancer"), (8080,)),
}
CONTROLLERS = tuple(name for name in PLACES if name.startswith("ctl"))
PROXIES = tuple(name for name in PLACES if name.startswith("proxy"))
STORAGE = ipv4(PLACES["ctl1"].numbers[0])
