"""nova.conf of releases with and without EC2, in order and damaged; nothing of nova runs here."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.refusals import InventoryText, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cloud import Cloud

PATH = "~/other/nova.conf"
DEFAULT = "#enabled_apis = osapi_compute,metadata"


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller whose nova.conf a test writes; ``text`` is that of the lab, without ec2."""

    cloud: Cloud
    file: Path
    folder: Path
    text: str

    def inventory(self, release: str, **variables: str) -> str:
        said = {
            "nova_conf": PATH,
            "nova_version": release,
            "nova_api_restart": "/bin/true",
            "ec2_url_public": "http://127.0.0.1:8773/services/Cloud",
            **variables,
        }
        text = InventoryText.of(self.cloud).of_node("controller", **said)
        return text.written(self.folder / "inventory.yaml")

    def plan(self, release: str, **variables: str) -> Any:
        return self.cloud.plan(inventory=self.inventory(release, **variables))

    def diff(self, release: str, **variables: str) -> list[str]:
        """Return the lines that the plan takes out of the file and puts into it."""
        (change,) = [
            change
            for change in self.plan(release, **variables)["changes"]
            if change["summary"] == f"edit {PATH}"
        ]
        return [line for line in change["diff"][2:] if line[0] in "+-"]

    @property
    def keystone_ec2_url(self) -> str:
        return f"keystone_ec2_url = {self.cloud.lab.keystone}/ec2tokens"


@pytest.fixture
def controller(served: Cloud, tmp_path: Path) -> Iterator[Controller]:
    folder = served.lab.layout.nodes / "controller/other"
    folder.mkdir()
    text = served.lab.layout.nova_conf().read_text()
    assert DEFAULT in text
    yield Controller(served, folder / "nova.conf", tmp_path, text)
    shutil.rmtree(folder)


def test_ec2_is_never_written_for_a_nova_without_it(controller: Controller) -> None:
    controller.file.write_text(controller.text)
    assert controller.plan("31.0.0") == {"converged": True, "changes": [], "notes": []}


def test_ec2_in_enabled_apis_of_a_nova_without_it_is_noted_with_its_line(
    controller: Controller,
) -> None:
    text = controller.text.replace(DEFAULT, "enabled_apis = ec2,osapi_compute,metadata")
    controller.file.write_text(text)
    plan = controller.plan("31.0.0")
    assert plan["converged"] is True
    (note,) = plan["notes"]
    line = text.splitlines().index("enabled_apis = ec2,osapi_compute,metadata") + 1
    assert note["target"] == "controller"
    assert note["text"].startswith(f"{PATH}, line {line}: ec2 stands in enabled_apis. nova 31")
    assert "Set `ec2: off` for this node to have it removed." in note["text"]


def test_ec2_off_plans_its_removal(controller: Controller) -> None:
    controller.file.write_text(
        controller.text.replace(DEFAULT, "enabled_apis = ec2,osapi_compute,metadata")
    )
    assert controller.diff("31.0.0", ec2="off") == [
        "-enabled_apis = ec2,osapi_compute,metadata",
        "+enabled_apis = osapi_compute,metadata",
    ]


def test_liberty_gets_ec2_and_the_url_where_it_asks_keystone(controller: Controller) -> None:
    controller.file.write_text(
        controller.text.replace(DEFAULT, "enabled_apis = osapi_compute,metadata")
    )
    assert controller.diff("12.0.6") == [
        "-enabled_apis = osapi_compute,metadata",
        "+enabled_apis = ec2,osapi_compute,metadata",
        f"+{controller.keystone_ec2_url}",
    ]


def test_the_default_of_liberty_has_ec2_and_is_not_written(controller: Controller) -> None:
    controller.file.write_text(controller.text)
    assert controller.diff("12.0.6") == [f"+{controller.keystone_ec2_url}"]


def test_nothing_is_planned_that_could_not_be_restarted(controller: Controller) -> None:
    controller.file.write_text(controller.text)
    said = apply(controller.cloud, controller.inventory("12.0.6", nova_api_restart=""))
    assert said.startswith("controller: nova-api has to be restarted, and there is no way to: ")
    assert "nova_api_restart" in said


def test_an_option_under_the_wrong_header_is_noted_with_its_line(controller: Controller) -> None:
    text = controller.text.replace("[api]\n", "[api]\nenabled_apis = ec2,osapi_compute\n")
    controller.file.write_text(text)
    plan = controller.plan("12.0.6")
    line = text.splitlines().index("enabled_apis = ec2,osapi_compute") + 1
    (note,) = plan["notes"]
    assert note["text"] == (
        f"{PATH}, line {line}: enabled_apis stands in [api], where it is not read; it belongs in "
        "[DEFAULT]."
    )


def test_of_repeated_sections_and_options_the_last_value_is_edited(
    controller: Controller,
) -> None:
    controller.file.write_text(
        controller.text + "[DEFAULT]\nenabled_apis=metadata\nenabled_apis:osapi_compute\n"
    )
    assert controller.diff("12.0.6") == [
        "-enabled_apis:osapi_compute",
        "+enabled_apis:ec2,osapi_compute",
        f"+{controller.keystone_ec2_url}",
    ]


def test_a_value_on_several_lines_is_read_whole(controller: Controller) -> None:
    controller.file.write_text(
        controller.text.replace(DEFAULT, "enabled_apis = osapi_compute,\n  ec2,\n  metadata")
    )
    assert controller.diff("12.0.6") == [f"+{controller.keystone_ec2_url}"]


@pytest.mark.parametrize(
    ("damage", "line", "what"),
    [
        (lambda text: text + b"name = Z\xfcrich\n", "name = Z", "this is not UTF-8 text"),
        (lambda text: b"orphan = 1\n" + text, "orphan = 1", "before the first section header"),
    ],
    ids=["not UTF-8", "no header"],
)
def test_a_damaged_file_is_refused_with_its_line(
    controller: Controller, damage: Callable[[bytes], bytes], line: str, what: str
) -> None:
    content = damage(controller.text.encode())
    controller.file.write_bytes(content)
    numbers = [
        number
        for number, text in enumerate(content.decode("latin-1").splitlines(), 1)
        if text.startswith(line)
    ]
    said = apply(controller.cloud, controller.inventory("12.0.6"))
    assert said.startswith(f"controller: {PATH}, line {numbers[-1]}: ")
    assert what in said


def test_an_empty_file_is_refused(controller: Controller) -> None:
    controller.file.write_text("\n")
    said = apply(controller.cloud, controller.inventory("12.0.6"))
    assert said == f"controller: {PATH} is empty. Restore it from the package or a backup first."


def test_a_missing_file_is_refused_where_ec2_is_wanted_and_else_noted(
    controller: Controller,
) -> None:
    said = apply(controller.cloud, controller.inventory("12.0.6", ec2="nova"))
    assert said.startswith(f"controller: {PATH} cannot be used: it does not exist.")
    (note,) = controller.plan("12.0.6")["notes"]
    assert note["text"].startswith(f"No EC2 is set up here: {PATH} cannot be used")
    assert "`ec2: off`" in note["text"]
