"""The lab with an ec2-api, which setup-tool itself sets up there. The tests follow one another."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import yaml

from setup_tool.lab import lab
from setup_tool.lab.servers import marked
from tests.cloud import Cloud
from tests.ec2.signing import REGIONS, Signer
from tests.lab.waiting import wait_until
from tests.lab_fixture import started

EC2_API = "ec2-api"
PAGE = (Path(__file__).parents[2] / "docs/lab.md").read_text()
SHOWN = "Before all else:" + PAGE.split("```\nBefore all else:")[1].split("```")[0]


def _alike(said: str, folder: Path) -> str:
    """Return what a run said with the lab's folder and ports taken out."""
    said = said.replace(str(folder), "LAB")
    return re.sub(r"(127\.0\.0\.1:|port = )\d+", r"\1PORT", said)


def names(cloud: Cloud) -> list[str]:
    return [service.name for service in lab.status(cloud.folder).services]


def manage(cloud: Cloud, action: str) -> subprocess.CompletedProcess[str]:
    command = [cloud.lab.layout.nodes / "controller/bin" / EC2_API, action]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def demo(cloud: Cloud) -> Signer:
    folder = cloud.folder / "keys"
    cloud.run("credentials", "issue", "--os-cloud", "lab-demo", "--directory", str(folder), "--yes")
    text = (folder / "eucarc").read_text()
    found = dict(re.findall(r"^export (EC2_\w+)='?([^'\n]*)'?$", text, re.MULTILINE))
    return Signer(found["EC2_URL"], found["EC2_ACCESS_KEY"], found["EC2_SECRET_KEY"])


def test_before_setup_tool_came_there_is_nothing_of_ec2(ec2_cloud: Cloud) -> None:
    assert EC2_API not in names(ec2_cloud)
    assert lab.status(ec2_cloud.folder).running
    assert not ec2_cloud.lab.layout.ec2_api_conf().exists()
    start = manage(ec2_cloud, "start")
    assert start.returncode == 1
    assert "ec2api.conf yet" in start.stderr
    asked = yaml.safe_load((ec2_cloud.folder / "group_vars/controller.yaml").read_text())
    assert asked["ec2"] == "standalone"
    assert os.access(f"{asked['ec2_api_bin']}/ec2-api-manage", os.X_OK)


def test_apply_sets_it_up_and_a_second_one_has_nothing_to_do(ec2_cloud: Cloud) -> None:
    assert "changes made. Nothing to do: everything is as declared." in ec2_cloud.apply().out
    assert lab.status(ec2_cloud.folder).running
    assert names(ec2_cloud)[-1] == EC2_API
    assert ec2_cloud.apply().out.startswith("Nothing to do: ")


def test_an_issued_key_is_good_at_the_url_beside_it(ec2_cloud: Cloud) -> None:
    somebody = demo(ec2_cloud)
    assert somebody.url == f"{ec2_cloud.lab.record.url(EC2_API)}/"
    for way in ("v4 POST", "v2 GET"):
        assert somebody.url in somebody.ask(way).body


def test_no_log_of_it_holds_a_secret_or_a_signature(ec2_cloud: Cloud) -> None:
    somebody = demo(ec2_cloud)
    asked = [somebody.sign(way) for way in ("v2 GET", "v4 query", "v4 POST")]
    assert [each.send().status for each in asked] == [200, 200, 200]
    conf = ec2_cloud.lab.layout.ec2_api_conf().read_text()
    (password,) = re.findall(r"^password = (.*)$", conf, re.MULTILINE)
    secrets = [*ec2_cloud.secrets(), password, somebody.secret]
    secrets += [each.signature for each in asked]
    for log in ec2_cloud.lab.layout.logs.iterdir():
        assert not [secret for secret in secrets if secret in log.read_text()], log


def test_a_killed_ec2_api_is_started_by_up_and_down_stops_it(ec2_cloud: Cloud) -> None:
    somebody = demo(ec2_cloud)
    for process in marked.find(ec2_cloud.lab.record.id, EC2_API):
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not marked.find(ec2_cloud.lab.record.id, EC2_API))
    assert not lab.status(ec2_cloud.folder).running
    assert lab.up(ec2_cloud.folder).running
    assert somebody.ask().status == 200
    assert lab.down(ec2_cloud.folder).stopped
    assert marked.find(ec2_cloud.lab.record.id) == []
    assert lab.up(ec2_cloud.folder).running
    assert somebody.ask(params=REGIONS).status == 200


def test_one_may_ask_for_it_later_and_apply_says_what_the_page_about_the_lab_shows(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "lab"
    with started(folder) as running:
        cloud = Cloud(running)
        cloud.apply()
        assert not (folder / "group_vars").exists()
        assert not json.loads(running.layout.record.read_text())["ec2"]
        before = running.layout.inventory.read_bytes()
        cloud.run("lab", "up", "--ec2", "--dir", str(folder))
        assert json.loads(running.layout.record.read_text())["ec2"]
        assert running.layout.inventory.read_bytes() == before
        assert (folder / "group_vars/controller.yaml").exists()
        assert _alike(cloud.apply().out, folder) == _alike(SHOWN, Path("/home/me/lab"))
    shutil.rmtree(folder)
