"""EC2 on a cloud of today's: set up, used for whole lives of instances, broken, and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from tests.nodes.nova_cloud import NovaCloud


def test_the_cloud_starts_and_ends_instances_by_its_native_api(nova_cloud: NovaCloud) -> None:
    nova = nova_cloud.native()
    [image] = nova.image.ask("GET", "/v2/images")["images"]
    flavors = nova.compute.ask("GET", "/flavors")["flavors"]
    network = nova.network_of("demo")
    asked = {
        "name": "native",
        "imageRef": image["id"],
        "flavorRef": flavors[0]["id"],
        "networks": [{"uuid": network}],
    }
    made = nova.compute.ask("POST", "/servers", {"server": asked})["server"]["id"]
    at = f"/servers/{made}"
    wait_until(lambda: nova.compute.ask("GET", at)["server"]["status"] == "ACTIVE", seconds=60)
    nova.compute.ask("DELETE", at)
    wait_until(lambda: nova.servers() == [], seconds=60)
    assert nova.volume.ask("GET", "/volumes") == {"volumes": []}
