"""Inventories, roles and options that are wrong: refused before anything is asked or touched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import setup_tool
from setup_tool.data import folder
from tests.end_to_end.refusals import InventoryText, apply, refused

if TYPE_CHECKING:
    from tests.cloud import Cloud


@pytest.fixture
def inventory(served: Cloud) -> InventoryText:
    return InventoryText.of(served)


def test_an_inventory_that_does_not_exist_is_named(served: Cloud) -> None:
    said = apply(served, "nothere.yaml")
    assert "no inventory nothere.yaml" in said
    assert "inventory/example.yaml" in said


def test_a_folder_as_inventory_needs_ansible(served: Cloud, tmp_path: Path) -> None:
    said = apply(served, str(tmp_path), PATH=str(tmp_path))
    assert f"{tmp_path}: This is a folder of inventories." in said
    assert "ansible-inventory, which is not installed" in said
    assert "plain YAML" in said


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (b"", "", "The inventory is empty. Name hosts in the groups"),
        (b"all:\n  hosts: {a: {\n", ":3", "not valid YAML"),
        (b"all:\n  vars:\n    region: Z\xfcrich\n", ":3", "This is not UTF-8. Save the file as"),
        (b"- proxy1\n- proxy2\n", ":1", "mapping"),
        (b"all:\n  hosts:\n    somebody:\n", "", "No host is in a group controller or proxy."),
    ],
    ids=["empty", "broken off", "latin-1", "a list", "no node"],
)
def test_a_file_that_is_no_inventory_is_refused_with_its_line(
    served: Cloud, tmp_path: Path, content: bytes, where: str, what: str
) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_bytes(content)
    said = apply(served, str(path))
    assert said.startswith(f"{path}{where}: ")
    assert what in said


def test_a_misspelt_variable_is_refused_with_the_one_that_was_meant(
    served: Cloud, inventory: InventoryText, tmp_path: Path
) -> None:
    wrong = inventory.replaced("swift_version", "swift_verson")
    said = apply(served, path := wrong.written(tmp_path / "inventory.yaml"))
    assert said.startswith(f"{path}:{wrong.line('swift_verson')}: ")
    assert "swift_verson is not known. Did you mean swift_version?" in said


def test_a_value_that_is_none_of_the_known_ones_is_refused(
    served: Cloud, inventory: InventoryText, tmp_path: Path
) -> None:
    wrong = inventory.of_node("proxy2", s3="s3apy")
    said = apply(served, path := wrong.written(tmp_path / "inventory.yaml"))
    assert said.startswith(f"{path}:{wrong.line('s3apy')}: ")
    assert "auto, swift3, s3api and off. Did you mean s3api?" in said


def test_an_api_that_the_release_does_not_have_is_a_contradiction_with_two_places(
    served: Cloud, inventory: InventoryText, tmp_path: Path
) -> None:
    wrong = inventory.of_node("controller", ec2="nova")
    said = apply(served, path := wrong.written(tmp_path / "inventory.yaml"))
    assert said.startswith(f"{path}:{wrong.line('ec2: nova')}: ")
    assert f"contradicts nova_version 31.0.0 ({path}:{wrong.line('nova_version')})" in said
    assert "Say `ec2: standalone` or `ec2: off`." in said


def test_nodes_of_different_clouds_are_a_contradiction_with_two_places(
    served: Cloud, inventory: InventoryText, tmp_path: Path
) -> None:
    wrong = inventory.of_node("proxy2", os_cloud="lab-demo")
    said = apply(served, path := wrong.written(tmp_path / "inventory.yaml"))
    everywhere = inventory.line("os_cloud: lab")
    assert "os_cloud must be the same for all of the nodes" in said
    assert f"controller ({path}:{everywhere})" in said
    assert f"proxy2 ({path}:{wrong.line('lab-demo')})" in said


def test_two_names_of_one_machine_are_refused(
    served: Cloud, inventory: InventoryText, tmp_path: Path
) -> None:
    wrong = inventory.of_node("proxy2", ansible_port=served.lab.record.port("proxy1-ssh"))
    said = apply(served, wrong.written(tmp_path / "inventory.yaml"))
    assert "proxy1 and proxy2 are the same machine" in said


def test_proxies_that_would_sign_for_different_regions_are_refused(
    served: Cloud, inventory: InventoryText, tmp_path: Path
) -> None:
    wrong = inventory.of_node("proxy2", s3_location="elsewhere")
    said = apply(served, wrong.written(tmp_path / "inventory.yaml"))
    assert "different S3 locations (proxy1: RegionOne, proxy2: elsewhere)" in said
    assert "Set `s3_location`" in said


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--limit", "nobody", "has no such host or group"),
        ("--limit", "proxy:&controller", "They are controller, proxy1, proxy2."),
        ("--role", "s3apy", "There is no role 's3apy'; there are ec2-api, ec2-api-off,"),
        ("--serial", "0", "It is a number of proxies from 1, or a percentage"),
        ("--serial", "all", "It is a number of proxies from 1, or a percentage"),
        ("--forks", "0", "'--forks'"),
        ("--frobnicate", "1", "No such option: --frobnicate"),
    ],
)
def test_an_option_that_means_nothing_here_is_refused_by_name(
    served: Cloud, option: str, value: str, sentence: str
) -> None:
    said = apply(served, served.inventory, option, value)
    assert sentence in said
    assert value in said or option in said


def test_a_command_without_an_inventory_is_refused(served: Cloud) -> None:
    assert "--inventory" in refused(served, "plan")


def test_a_damaged_role_is_refused_with_its_line(served: Cloud, tmp_path: Path) -> None:
    """What the package brings can be damaged too: here a copy of it is."""
    shutil.copytree(Path(setup_tool.__file__).parent, tmp_path / "setup_tool")
    for name in ("roles", "templates"):
        shutil.copytree(folder(name), tmp_path / name)
    role = tmp_path / "roles/s3api.yaml"
    role.write_text(role.read_text().replace("pipeline: s3api", "pipelin: s3api"))
    lines = role.read_text().splitlines()
    said = apply(served, served.inventory, PYTHONPATH=str(tmp_path))
    assert said.startswith(f"roles/s3api.yaml:{lines.index('  - config_file:') + 1}: ")
    assert "config_file has no 'pipelin'; it has" in said
