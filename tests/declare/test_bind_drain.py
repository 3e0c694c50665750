"""Whether a proxy is drained, and what is said where it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from setup_tool.core.content import Content
from setup_tool.core.plan import Action, Change, Note, Plan, Stage
from setup_tool.core.transaction import BounceService, Drain, ServiceControl
from setup_tool.declare.bind_drain import drain_notes, drain_values, draining
from setup_tool.declare.bind_proxy import Proxy
from setup_tool.declare.inventory import Node, make_inventory, parse_inventory
from setup_tool.editors.ini import Dialect, IniFile, read

HEALTHCHECK = "use = egg:swift#healthcheck"
FACTORY = "paste.filter_factory = swift.common.middleware.healthcheck:filter_factory"


def nodes(variables: str = "{}", hosts: str = "{a: , b: }") -> tuple[Node, ...]:
    text = f"all: {{children: {{proxy: {{vars: {variables}, hosts: {hosts}}}}}}}\n"
    return make_inventory(parse_inventory(text, "inventory.yaml")).nodes


def conf(*lines: str, pipeline: str = "health proxy-server", default: str = "") -> IniFile:
    text = (
        f"[DEFAULT]\n{default}\n[pipeline:main]\npipeline = {pipeline}\n"
        "[filter:health]\n" + "\n".join(lines) + "\n[app:proxy-server]\nuse = egg:swift#proxy\n"
    )
    return read(Content(text.encode()), Dialect.PASTE, name="proxy.conf")


@pytest.mark.parametrize(
    ("file", "path"),
    [
        (conf(HEALTHCHECK, "disable_path = /etc/swift/off"), "/etc/swift/off"),
        (conf(FACTORY, "disable_path = /etc/swift/off"), "/etc/swift/off"),
        (conf(HEALTHCHECK, default="disable_path = /off"), "/off"),
        (conf(HEALTHCHECK), None),
        (conf(HEALTHCHECK, "disable_path ="), None),
        (conf(HEALTHCHECK, "disable_path = relative/off"), None),
        (conf("use = egg:swift#cname_lookup", "disable_path = /off"), None),
        (conf(HEALTHCHECK, "disable_path = /off", pipeline="proxy-server"), None),
    ],
)
def test_the_path_is_that_of_the_health_check_in_the_pipeline(
    file: IniFile, path: str | None
) -> None:
    found = draining(nodes()[0], file)
    assert found.disable_path == path
    assert (found.drain is not None) is (path is not None)


def test_the_inventory_says_whether_and_how_long() -> None:
    file = conf(HEALTHCHECK, "disable_path = /off")
    assert draining(nodes()[0], file).drain == Drain(10, 60)
    said = nodes("{proxy_drain_wait: 0, proxy_drain_timeout: 600}")[0]
    assert draining(said, file).drain == Drain(0, 600)
    assert drain_values(draining(said, file)) == {
        "proxy_disable_path": "/off",
        "proxy_drain_wait": 0,
        "proxy_drain_timeout": 600,
    }
    off = draining(nodes("{proxy_drain: off}")[0], file)
    assert (off.disable_path, off.drain, off.why_not) == ("/off", None, None)


@pytest.mark.parametrize(
    ("hosts", "neighbours"),
    [
        ("{a: }", [0]),
        ("{a: , b: , c: }", [2, 2, 2]),
        ("{a: {region: One}, b: {region: One}, c: {region: Two}}", [1, 1, 0]),
        ("{a: {region: One}, b: }", [1, 1]),
    ],
)
def test_neighbours_are_the_other_proxies_of_the_region(hosts: str, neighbours: list[int]) -> None:
    assert [node.neighbours for node in nodes(hosts=hosts)] == neighbours


def test_why_proxies_are_not_drained_is_said_once_and_only_of_those_that_change() -> None:
    control = ServiceControl("swift-proxy", (), "")
    steps = (BounceService(control, reload=True),)
    file = conf(HEALTHCHECK)
    proxies = [Proxy(n, file, "", "2.30", "", None, None) for n in nodes(hosts="{a: , b: , c: }")]
    changes = tuple(
        Change(name, Stage.PROXIES, Action.BOUNCE, "reload", steps) for name in ("a", "b")
    )
    assert drain_notes(proxies, Plan(())) == ()
    [note] = drain_notes(proxies, Plan(changes))
    assert isinstance(note, Note)
    assert (note.target, "no disable_path" in note.text) == ("a, b", True)


def test_the_only_proxy_of_a_region_is_not_drained() -> None:
    alone = nodes(hosts="{a: }")[0]
    with_path = draining(alone, conf(HEALTHCHECK, "disable_path = /off"))
    assert with_path.drain is None
    assert "no other proxy in its region" in (with_path.why_not or "")
    assert draining(alone, conf(HEALTHCHECK)).why_not is None
    assert draining(replace(alone, neighbours=1), conf(HEALTHCHECK)).why_not is not None
