"""Law 3: the operator's process is killed; files are old or new, and a new run converges."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.adapters.rest import Rest
from tests.end_to_end.bundles import issue
from tests.lab.waiting import seconds_of
from tests.laws.light import restart_command, start
from tests.laws.operators import Operators, leftovers
from tests.node.places import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cloud import Cloud

INSTANTS = 100
AT_ONCE = 5
"""Kills one after the other, before a run may come to its end."""
SEED = 20261121
_PIPELINE = """[DEFAULT]
bind_port = {port}
# a remark that stays

[pipeline:main]
pipeline = catch_errors healthcheck cache tempauth copy slo dlo proxy-logging proxy-server

[app:proxy-server]
use = egg:swift#proxy

[filter:tempauth]
use = egg:swift#tempauth
user_admin_admin = {password} .admin
"""


@dataclass(frozen=True)
class Light:
    """Two nodes with a service that restarts at once, and what their files may say."""

    cloud: Cloud
    operators: Operators
    confs: tuple[Path, Path]

    def inventory(self, location: str) -> str:
        return str(self.cloud.lab.folder / f"light-{location}.yaml")

    def apply(self, location: str) -> tuple[str, ...]:
        return ("apply", "-i", self.inventory(location), "--yes")

    def converge(self, location: str) -> None:
        assert self.operators.run(*self.apply(location)) == 0, self.said()

    def contents(self) -> tuple[bytes, ...]:
        return tuple(conf.read_bytes() for conf in self.confs)

    def said(self) -> str:
        text = self.operators.log.read_text()
        self.cloud.assert_no_secret(text)
        return text


@pytest.fixture(scope="module")
def light(untouched: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Light]:
    """The cloud's SSH nodes, with light services of their own; that serves S3 by now."""
    untouched.apply()
    lab = untouched.lab
    hosts, confs = [], []
    for node in ("proxy1", "proxy2"):
        port = free_port()
        conf = lab.layout.nodes / node / "light" / "proxy-server.conf"
        conf.parent.mkdir()
        conf.write_text(_PIPELINE.format(port=port, password="t0psecret"))
        start(conf, port)
        confs.append(conf)
        hosts.append(
            f"        {node}:\n"
            f"          ansible_port: {lab.record.port(f'{node}-ssh')}\n"
            f"          proxy_health_url: http://127.0.0.1:{port}/healthcheck\n"
            f"          proxy_restart: {json.dumps(restart_command(conf, port))}\n"
        )
    head = lab.layout.inventory.read_text().split("  children:")[0]
    for location in ("here", "there"):
        (lab.folder / f"light-{location}.yaml").write_text(
            head
            + f"    s3_location: {location}\n"
            + "  children:\n    proxy:\n      vars:\n"
            + "        proxy_conf: ~/light/proxy-server.conf\n"
            + "        state_dir: ~/light/state\n        swift_version: 2.38.3\n      hosts:\n"
            + "".join(hosts)
        )
    operators = Operators(untouched.environment, tmp_path_factory.mktemp("operator") / "log")
    yield Light(untouched, operators, (confs[0], confs[1]))
    for conf in confs:
        os.kill(int(Path(f"{conf}.pid").read_text()), signal.SIGKILL)


def test_law_3_killed_after_each_thing_it_says_on_a_real_cloud(untouched: Cloud) -> None:
    """Every run is killed at its first line of progress that no run before it printed."""
    seen: set[str] = set()
    old = {node: untouched.proxy_conf(node).read_bytes() for node in ("proxy1", "proxy2")}
    texts: dict[str, set[bytes]] = {node: {content} for node, content in old.items()}
    for _ in range(60):
        operator = untouched.start("apply", "-i", untouched.inventory, "--yes")
        assert operator.stderr is not None
        said = []
        for line in operator.stderr:
            said.append(line)
            if line not in seen:
                seen.add(line)
                operator.kill()
                break
        out, err = operator.communicate(timeout=120)
        untouched.assert_no_secret(out, err, *said)
        for node, known in texts.items():
            known.add(untouched.proxy_conf(node).read_bytes())
            assert len(known) <= 2, f"{node} has had a file that is neither old nor new"
        if operator.returncode == 0:
            break
        assert operator.returncode == -signal.SIGKILL, err
    assert operator.returncode == 0, "it never came to an end"
    assert any("grant role service" in line for line in seen)
    assert any("create public endpoint" in line for line in seen)
    assert any(line.startswith("  proxy2: ") for line in seen)
    assert len(seen) > 10, "it must have been killed in many places"
    assert untouched.plan()["converged"] is True
    assert leftovers(untouched.proxy_conf(node).parent for node in old) == []
    assert all(len(known) == 2 for known in texts.values())


def test_law_3_killed_between_keystone_and_the_proxies_the_next_run_knows_what_is_left(
    untouched: Cloud, tmp_path: Path
) -> None:
    """Of a login that was let in again nothing can be seen but what the run itself left."""
    untouched.apply()
    keystone = Rest(untouched.lab)
    (swift,) = keystone.find("user", name="swift")
    words = ("-i", untouched.inventory, "--reset-service-password")
    keystone.change("user", swift["id"], password="another one")
    operator = untouched.start("apply", *words, "--yes")
    assert operator.stderr is not None
    assert any("reset the password of user swift" in line for line in operator.stderr)
    next(operator.stderr)  # the reset was made, and the first proxy's turn has come
    operator.kill()
    operator.communicate(timeout=120)

    changes = untouched.plan()["changes"]

    assert ("proxy2", "reload swift-proxy") in {(c["target"], c["summary"]) for c in changes}
    (reason,) = {r for c in changes if c["target"] == "proxy2" for r in c["reasons"]}
    assert reason.startswith("A run that ended early was to have swift-proxy read ")
    untouched.run("apply", "-i", untouched.inventory, "--yes")
    assert untouched.plan()["converged"] is True
    eucarc = str(issue(untouched, tmp_path / "keys").eucarc)
    verified = untouched.run("verify", "--eucarc", eucarc, "--format", "json")
    assert verified.document["passed"] is True


def test_law_3_killed_at_a_hundred_instants_files_are_whole_and_the_next_run_converges(
    light: Light,
) -> None:
    wanted = {}
    for location in ("here", "there"):
        light.converge(location)
        wanted[location] = light.contents()
    assert wanted["here"] != wanted["there"]
    whole_run, idle_run = (seconds_of(lambda: light.converge("here")) for _ in range(2))

    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    killed = 0
    for number in range(INSTANTS):
        location = ("there", "here")[number // AT_ONCE % 2]
        old = light.contents()
        longest = idle_run if old == wanted[location] else whole_run
        operator = light.operators.start(*light.apply(location))
        _wait_until(time.monotonic() + chance.uniform(0, longest))
        with contextlib.suppress(ProcessLookupError):  # it may just have ended
            os.kill(operator, signal.SIGKILL)
        killed += light.operators.ended() == -signal.SIGKILL
        for conf, before, after in zip(light.confs, old, wanted[location], strict=True):
            assert conf.read_bytes() in {before, after}, f"instant {number}: {conf} is torn"
        if number % AT_ONCE == AT_ONCE - 1:
            light.converge(location)
            assert light.contents() == wanted[location]
    assert killed > INSTANTS // 2, "most runs must have been cut short for this to show anything"
    assert leftovers(conf.parent for conf in light.confs) == []
    assert light.operators.run("plan", "-i", light.inventory("here"), "--exit-code") == 0


def _wait_until(instant: float) -> None:
    """Let time pass to a chosen instant: here the instant itself is what is tested."""
    while (left := instant - time.monotonic()) > 0:
        time.sleep(left)
