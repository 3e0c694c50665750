"""What the cloud with nova begins with: accounts, a catalogue, an image, flavors, a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.secret import Secret
from setup_tool.lab import seed as accounts
from tests.lab.waiting import wait_until
from tests.nodes import asking, places, seed
from tests.nodes.nova import Nova

if TYPE_CHECKING:
    from tests.nodes.machine import Machine
    from tests.nodes.seed import Seed

SCRIPT = Path(__file__).parent / "files/seed-nova.sh"
SERVICES = ("cinder", "glance", "neutron", "nova", "placement")
"""Each is a user of Keystone with the role admin on the project service."""

USERS = ("admin", "demo", "alice", "bob")
IMAGE = "tiny"
FLAVORS = {"m1.tiny": 512, "m1.small": 2048}
"""MB of memory by name."""

_CATALOGUE = {
    "compute": ("nova", places.NOVA_APIS["compute"]),
    "image": ("glance", places.NOVA_APIS["image"]),
    "network": ("neutron", places.NOVA_APIS["network"]),
    "placement": ("placement", places.NOVA_APIS["placement"]),
    "volumev3": ("cinderv3", f"{places.NOVA_APIS['volume']}/%(project_id)s"),
}
_MEMBERS = {"demo": "demo", "alice": "demo", "bob": "other"}


def fill(made: Seed, host: Machine) -> None:
    """Make the databases, and in them what an operator has made before setup-tool comes."""
    passwords = made.passwords
    told = "".join(f"{whose} {password}\n" for whose, password in passwords.items())
    seed.run(host, SCRIPT, f"{host.address}\n{told}")
    host.sh("systemctl start keystone")
    wait_until(lambda: asking.answers(f"{places.NOVA_KEYSTONE}/v3"), seconds=60)
    _fill_keystone(passwords)
    units = places.PLACES["nova1"].units
    host.sh(f"systemctl start {' '.join(units)}")
    nova = Nova.of(passwords["admin"])
    wait_until(nova.is_up, seconds=120)
    host.sh("runuser -u nova -- nova-manage cell_v2 discover_hosts")
    _fill_services(nova)
    host.sh(f"systemctl stop {' '.join(units)}")


def _fill_keystone(passwords: dict[str, str]) -> None:
    keystone = accounts.Keystone(f"{places.NOVA_KEYSTONE}/v3", Secret(passwords["admin"]))
    roles = {name: keystone.find_or_create("role", name) for name in ("admin", "member")}
    for user, project in (*_MEMBERS.items(), *((each, "service") for each in SERVICES)):
        there = keystone.find_or_create("project", project, domain_id="default")
        made = keystone.find_or_create("user", user, domain_id="default", password=passwords[user])
        keystone.grant(made, there, roles["admin" if user in SERVICES else "member"])
    for kind, (name, url) in _CATALOGUE.items():
        keystone.publish(keystone.find_or_create("service", name, type=kind), url)


def _fill_services(nova: Nova) -> None:
    for name, memory in FLAVORS.items():
        flavor = {"name": name, "ram": memory, "vcpus": 1, "disk": 1}
        nova.compute.ask("POST", "/flavors", {"flavor": flavor})
    described = {
        "name": IMAGE,
        "visibility": "public",
        "disk_format": "raw",
        "container_format": "bare",
    }
    image = nova.image.ask("POST", "/v2/images", described)["id"]
    content = "application/octet-stream"
    nova.image.send("PUT", f"/v2/images/{image}/file", b"boots nowhere", content)
    for project in sorted(set(_MEMBERS.values())):
        owner = {"project_id": nova.accounts.id_of("projects", project), "name": project}
        asked = {"network": owner}
        network = nova.network.ask("POST", "/v2.0/networks", asked)["network"]["id"]
        subnet = {**owner, "network_id": network, "ip_version": 4, "cidr": "192.0.2.0/24"}
        nova.network.ask("POST", "/v2.0/subnets", {"subnet": subnet})
