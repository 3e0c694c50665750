"""ec2-api set up in the lab, used, changed by hand, killed at, and taken away again."""

from __future__ import annotations

import signal
import stat
from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.editors import ini
from setup_tool.editors.ini import Dialect
from setup_tool.lab import configuration, seed
from tests.cloud import Cloud
from tests.ec2.signing import Signer
from tests.end_to_end.bundles import issue
from tests.lab_fixture import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW_AND_THEN = (
    # in the file alone; in Keystone; on the node, before and after it runs
    "controller: done",
    "identity: create user ec2-api",
    "controller: write",
    "controller: wait for ec2-api",
)
"""What an operator's program says last before it is killed."""

GOING = ("identity: withdraw ec2", "controller: stop ec2-api", "controller: remove folder")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A lab that has S3 already when EC2 is asked for."""
    with started(tmp_path_factory.mktemp("cloud") / "lab", ec2=True) as lab:
        made = Cloud(lab)
        made.run("apply", "-i", off(made), "--yes")
        yield made


def off(cloud: Cloud) -> str:
    """Return an inventory that says `ec2: off`."""
    variables = cloud.lab.layout.inventory.with_name("group_vars") / "controller.yaml"
    folder = cloud.folder / "off"
    (folder / "group_vars").mkdir(parents=True, exist_ok=True)
    text = variables.read_text().replace("ec2: standalone", "ec2: off")
    (folder / "group_vars/controller.yaml").write_text(text)
    (folder / "inventory.yaml").write_text(cloud.lab.layout.inventory.read_text())
    return str(folder / "inventory.yaml")


def controller(cloud: Cloud) -> Path:
    return cloud.lab.layout.nodes / "controller"


def conf(cloud: Cloud) -> Path:
    return controller(cloud) / "etc/ec2api/ec2api.conf"


def password(cloud: Cloud) -> str:
    found = ini.parse(conf(cloud).read_text(), Dialect.OSLO, name="ec2api.conf")
    option = found.get("keystone_authtoken", "password")
    assert option is not None
    return option.value


def in_keystone(cloud: Cloud) -> dict[str, list[Any]]:
    """Return all users, services and endpoints."""
    admin = configuration.passwords(cloud.lab.layout)["admin"]
    keystone = seed.Keystone(f"{cloud.lab.record.url('keystone')}/v3", admin)
    found = {}
    for kind in ("users", "services", "endpoints"):
        listed, _ = keystone._request("GET", f"/{kind}")
        found[kind] = sorted(listed[kind], key=lambda one: str(one["id"]))
    return found


def on_the_node(cloud: Cloud) -> set[str]:
    """Return the files on the controller besides setup-tool's own journal."""
    found = [path for path in controller(cloud).rglob("*") if not path.is_dir()]
    names = {str(path.relative_to(controller(cloud))) for path in found}
    return {name for name in names if not name.startswith(("var/lib/setup-tool", "var/cache"))}


def answers(cloud: Cloud, folder: Path) -> bool:
    """Tell whether EC2 answers a user's signed request."""
    bundle = issue(cloud, folder)
    signer = Signer(f"{cloud.lab.record.url('ec2-api')}/", bundle.access, bundle.secret)
    return signer.ask().status == 200


def killed_at(cloud: Cloud, inventory: str, said: str) -> None:
    """Kill an operator's apply as soon as it says something."""
    program = cloud.start("apply", "-i", inventory, "--yes")
    assert program.stderr is not None
    for line in program.stderr:
        if said in line:
            program.send_signal(signal.SIGKILL)
            break
    else:
        raise AssertionError(f"it never said {said}")
    program.communicate()


def test_it_is_there_after_one_apply_and_gone_after_another(cloud: Cloud, tmp_path: Path) -> None:
    keystone, files = in_keystone(cloud), on_the_node(cloud)
    tree = cloud.tree("controller")
    cloud.plan()
    assert cloud.tree("controller") == tree
    ran = cloud.run("apply", "-i", cloud.inventory, "--yes", "-v")
    assert cloud.plan()["changes"] == []
    assert answers(cloud, tmp_path / "keys")
    assert password(cloud) not in ran.out + ran.err
    for path in (conf(cloud), conf(cloud).with_name("api-paste.ini")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    cloud.run("apply", "-i", off(cloud), "--yes")
    assert cloud.run("plan", "-i", off(cloud), "--format", "json").document["changes"] == []
    assert in_keystone(cloud) == keystone
    assert on_the_node(cloud) == files


def test_what_an_operator_adds_stays_and_is_read(cloud: Cloud, tmp_path: Path) -> None:
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    added = conf(cloud).read_text() + "\n[cache]\n# ours\nenabled: false\n"
    conf(cloud).write_text(added)
    conf(cloud).with_name("api-paste.ini").unlink()
    summaries = [change["summary"] for change in cloud.plan()["changes"]]
    assert summaries == ["make ~/etc/ec2api/api-paste.ini", "restart ec2-api"]
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert conf(cloud).read_text() == added
    assert answers(cloud, tmp_path / "keys")


def test_a_password_that_was_changed_in_keystone_is_not_reset_by_itself(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    text = conf(cloud).read_text().replace(password(cloud), "canary-of-somebody")
    conf(cloud).write_text(text)
    refused = cloud.run("plan", "-i", cloud.inventory, status=2)
    assert "has another password there than in ec2-api's file" in refused.err
    words = ("--yes", "--reset-service-password")
    ran = cloud.run("apply", "-i", cloud.inventory, *words)
    assert "canary-of-somebody" not in ran.out + ran.err
    assert password(cloud) == "canary-of-somebody"
    assert answers(cloud, tmp_path / "keys")


@pytest.mark.parametrize("said", NOW_AND_THEN)
def test_an_operator_may_be_killed_while_it_comes(cloud: Cloud, tmp_path: Path, said: str) -> None:
    cloud.run("apply", "-i", off(cloud), "--yes")
    killed_at(cloud, cloud.inventory, said)
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert cloud.plan()["changes"] == []
    assert answers(cloud, tmp_path / "keys")


@pytest.mark.parametrize("said", GOING)
def test_an_operator_may_be_killed_while_it_goes(cloud: Cloud, said: str) -> None:
    cloud.run("apply", "-i", off(cloud), "--yes")
    keystone, files = in_keystone(cloud), on_the_node(cloud)
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    killed_at(cloud, off(cloud), said)
    cloud.run("apply", "-i", off(cloud), "--yes")
    assert in_keystone(cloud) == keystone
    assert on_the_node(cloud) == files


def test_a_rollback_of_its_coming_is_refused_and_one_of_a_change_is_not(cloud: Cloud) -> None:
    cloud.run("apply", "-i", off(cloud), "--yes")
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    refused = cloud.run("rollback", "-i", cloud.inventory, "--yes", status=2)
    assert "set up ec2-api, and more belongs to it than files" in refused.err
    before = conf(cloud).read_bytes()
    conf(cloud).write_text(f"{conf(cloud).read_text()}\n".replace("ec2_path = /", "ec2_path = /x"))
    changed = conf(cloud).read_bytes()
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert conf(cloud).read_bytes() != changed
    cloud.run("rollback", "-i", cloud.inventory, "--yes")
    assert conf(cloud).read_bytes() == changed
    cloud.run("apply", "-i", cloud.inventory, "--yes")
    assert conf(cloud).read_bytes() != before
    assert cloud.plan()["changes"] == []
