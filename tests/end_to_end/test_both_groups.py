"""A node that is a controller and a proxy: two transactions of one run, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.end_to_end.refusals import InventoryText

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

NOVA = (
    "[DEFAULT]\nenabled_apis = osapi_compute,metadata\nkeystone_ec2_url = http://k/v2.0/ec2tokens\n"
)


def test_a_node_in_both_groups_is_changed_in_both_stages_of_one_run(
    served: Cloud, tmp_path: Path
) -> None:
    """Swift's proxy stands in for nova-api: it is what can be restarted here and answers."""
    nova_conf = served.lab.layout.nodes / "proxy1/etc/nova/nova.conf"
    nova_conf.parent.mkdir(parents=True)
    nova_conf.write_text(NOVA)
    health = served.lab.record.url("proxy1") + "/healthcheck"
    text = InventoryText.of(served).of_node(
        "proxy1",
        ansible_port=served.lab.record.port("proxy1-ssh"),
        proxy_health_url=health,
        nova_api_health_url=health,
        nova_api_restart="~/bin/proxy restart",
        s3_location="both",
        ec2_url_public="http://127.0.0.1:8773/services/Cloud",
    )
    controller = text.text.index("      hosts:\n        controller:")
    rest = text.text.index("    proxy:\n", controller)
    inventory = (
        InventoryText(text.text[:controller] + "      hosts:\n        proxy1:\n" + text.text[rest:])
        .said("nova_version", "12.0.6")
        .written(tmp_path / "both.yaml")
    )
    words = ("-i", inventory, "--limit", "proxy1", "--role", "nova-ec2", "--role", "s3api")
    try:
        plan = served.run("plan", *words, "--format", "json").document
        stages = [change["stage"] for change in plan["changes"]]
        assert stages == ["controllers", "controllers", "proxies", "proxies"]
        served.run("apply", *words, "--yes")
        assert "enabled_apis = ec2,osapi_compute,metadata\n" in nova_conf.read_text()
        assert "location = both\n" in served.proxy_conf("proxy1").read_text()
        assert served.run("plan", *words, "--format", "json").document["converged"] is True
    finally:
        served.apply(s3_location="RegionOne")
