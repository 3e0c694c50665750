"""What hangs on one node of several."""

from __future__ import annotations

import pytest

from setup_tool.declare.inventory import Node, make_inventory, parse_inventory
from setup_tool.declare.single_points import single_points


def nodes(*hosts: str) -> tuple[Node, ...]:
    lines = "".join(f"    p{n}: {{ansible_host: '{h}'}}\n" for n, h in enumerate(hosts, start=1))
    text = f"proxy:\n  hosts:\n{lines}"
    return make_inventory(parse_inventory(text, "hosts.yaml")).nodes


@pytest.mark.parametrize("url", ["https://192.0.2.2:8080/", "http://P2:80", "http://[2001:db8::3]"])
def test_a_url_that_leads_to_one_of_several_nodes_is_told_of(url: str) -> None:
    (text,) = single_points("the URL", [url, url], nodes("192.0.2.1", "192.0.2.2", "2001:db8::3"))
    name = "p3" if "db8" in url else "p2"
    assert text.startswith(f"{url} is the URL and leads to {name} alone, although there are 3 such")


def test_a_url_of_a_balancer_is_not() -> None:
    urls = ["https://cloud.example:8080", "http://192.0.2.10"]
    assert single_points("the URL", urls, nodes("192.0.2.1", "192.0.2.2")) == ()


def test_with_one_node_there_is_nothing_to_choose() -> None:
    assert single_points("the URL", ["http://192.0.2.1"], nodes("192.0.2.1")) == ()


def test_an_address_that_nodes_share_leads_to_no_single_one() -> None:
    text = (
        "proxy:\n  hosts:\n    p1: {ansible_host: 127.0.0.1, ansible_port: 2201}\n"
        "    p2: {ansible_host: 127.0.0.1, ansible_port: 2202}\n"
    )
    shared = make_inventory(parse_inventory(text, "hosts.yaml")).nodes
    assert single_points("the URL", ["http://127.0.0.1:8080"], shared) == ()
