"""A Python environment is built on a node from pinned wheels, or there is none."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.environments import BuildEnvironment, EnvironmentsFact, ReadEnvironments
from setup_tool.core.transaction import Ending, Transaction
from setup_tool.data import folder
from setup_tool.declare.access import Access
from tests.node.places import Heard, Place, furnish

if TYPE_CHECKING:
    from setup_tool.core.transaction import Outcome

ROOT = Path(__file__).parents[2]
PATH = "~/opt/ours/it-1"
ASKED = ReadEnvironments("~/opt/ours", "it-", "~/wheels")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A node, with a folder of wheels in which there is one of a program that says a word."""
    home = tmp_path / "home"
    furnish(home, "dash")
    monkeypatch.setenv("HOME", str(home))
    (home / "wheels").mkdir()
    with zipfile.ZipFile(home / "wheels/tiny-1.0-py3-none-any.whl", "w") as wheel:
        about = "tiny-1.0.dist-info"
        wheel.writestr("tiny.py", "def main():\n    print('a word')\n")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/entry_points.txt", "[console_scripts]\ntiny = tiny:main\n")
        wheel.writestr(f"{about}/RECORD", "")
    return Place(home, Access("localhost", connection="local"))


def requirements(place: Place) -> str:
    wheel = place.home / "wheels/tiny-1.0-py3-none-any.whl"
    return f"tiny==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def built(
    place: Place, text: str, *, wheels: str | None = "~/wheels", index: str | None = None
) -> Outcome:
    shell = place.shell()
    step = BuildEnvironment(PATH, text, system=False, wheels=wheels, index=index)
    try:
        return shell.commit(Transaction("run", "~/state", (step,)), Heard())
    finally:
        shell.close()


def found(place: Place) -> EnvironmentsFact:
    shell = place.shell()
    try:
        fact = shell.observe([ASKED])[ASKED]
    finally:
        shell.close()
    assert isinstance(fact, EnvironmentsFact)
    return fact


def test_one_that_was_cut_short_is_built_anew_and_marked_when_it_is_whole(place: Place) -> None:
    torn = place.home / "opt/ours/it-1/lib"
    torn.mkdir(parents=True)
    (torn / "torn").touch()
    assert found(place).unfinished == ("it-1",)
    assert built(place, requirements(place)).ending is Ending.DONE
    assert found(place).complete == ("it-1",)
    assert not (torn / "torn").exists()
    program = place.home / "opt/ours/it-1/bin/tiny"
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert said == "a word\n"
    assert not list(place.home.glob("state/runs/*/requirements*"))


def test_a_wheel_with_another_hash_is_not_installed(place: Place) -> None:
    outcome = built(place, f"tiny==1.0 --hash=sha256:{'0' * 64}\n")
    assert outcome.ending is Ending.FAILED
    assert "pip could not install" in outcome.detail
    assert "DO NOT MATCH THE HASHES" in outcome.detail
    assert (found(place).complete, found(place).unfinished) == ((), ())


def test_what_the_folder_lacks_is_fetched_from_nowhere(place: Place) -> None:
    outcome = built(place, f"other==1.0 --hash=sha256:{'0' * 64}\n")
    assert outcome.ending is Ending.FAILED
    assert "No matching distribution found for other==1.0" in outcome.detail


def test_an_index_that_does_not_answer_is_said_without_its_login(place: Place) -> None:
    index = "http://someone:canary-word@127.0.0.1:1/simple"
    outcome = built(place, requirements(place), wheels=None, index=index)
    assert outcome.ending is Ending.FAILED
    assert "the index could not be reached" in outcome.detail
    assert "canary-word" not in outcome.detail
    assert found(place).unfinished == ()


def test_the_wheel_for_a_node_without_an_index_is_fetched_as_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs/roles.md").read_text()
    (command,) = re.findall(r"^pip download .*$", page, re.MULTILINE)
    (tmp_path / "templates").symlink_to(folder("templates"))
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        ["/bin/sh", "-euc", command], cwd=tmp_path, env=os.environ | {"PATH": programs}, check=True
    )
    assert [path.name for path in (tmp_path / "wheels").iterdir()] == [
        "ec2_api-17.0.0-py3-none-any.whl"
    ]
