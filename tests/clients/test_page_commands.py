"""What the page tells people to type is typed, each section in an empty project."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from tinyhtml5 import parse

from tests.clients.ways import PATH, assert_installed
from tests.end_to_end.bundles import Bundle, issue
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

NAME = "own & more"
"""In the path of every file, so that it needs quoting."""


@pytest.fixture(scope="module")
def bundle(served: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Keys of bob, who has the project other for himself."""
    assert_installed()
    bob = ("--user", "bob", "--project", "other")
    return issue(served, tmp_path_factory.mktemp("keys") / f"bob's {NAME}", *bob)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the page uploads."""
    (tmp_path / "photo.jpg").write_bytes(b"a photo")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/one.jpg").write_bytes(b"one photo")
    return tmp_path


def blocks(bundle: Bundle, section: str) -> list[str]:
    """Return the texts that a section has a button to copy for."""
    page = parse((bundle.directory / "index.html").read_text(), namespace_html_elements=False)
    (found,) = page.findall(f".//section[@id='{section}']")
    return ["".join(block.itertext()) for block in found.iter("pre")]


def typed(bundle: Bundle, folder: Path, script: str) -> str:
    """Return what the commands say in a new shell: one that read eucarc unless they name files."""
    (sourcing,) = blocks(bundle, "shell")
    if NAME not in script:
        script = f"{sourcing}\n{script}"
    ran = subprocess.run(
        ["/bin/sh", "-euc", script],
        cwd=folder,
        env={"PATH": PATH, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{script}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.mark.parametrize(
    ("section", "uploaded"),
    [
        ("aws", "photo.jpg"),
        ("s3cmd", "s3://my-bucket/photo.jpg"),
        ("rclone", "photos/one.jpg"),
        ("s5cmd", "photo.jpg"),
    ],
)
def test_the_commands_of_a_section_work(
    bundle: Bundle, folder: Path, section: str, uploaded: str
) -> None:
    said = "".join(typed(bundle, folder, block) for block in blocks(bundle, section))
    assert uploaded in said
    # s5cmd passes over what is younger than a second.
    name = uploaded.rpartition("/")[2]
    wait_until(lambda: name in typed(bundle, folder, "s5cmd ls 's3://my-bucket/*'"), seconds=30)
    typed(bundle, folder, "s5cmd rm 's3://my-bucket/*'; s5cmd rb s3://my-bucket")


@pytest.mark.parametrize("section", ["boto3", "boto"])
def test_the_programs_of_a_section_work(bundle: Bundle, folder: Path, section: str) -> None:
    typed(bundle, folder, "s5cmd mb s3://my-bucket")
    (program,) = blocks(bundle, section)
    (folder / "program.py").write_text(program)
    assert "my-bucket" in typed(bundle, folder, "python program.py")
    typed(bundle, folder, "s5cmd rb s3://my-bucket")
