"""os-release says which package manager a node lives by, whatever others are there."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from setup_tool.node.distribution import DISTRIBUTION
from tests.node.places import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

ALL = "apt-get dnf yum zypper dpkg-query"


def chosen(folder: Path, shell: str, programs: str, release: str | None) -> str:
    """Return manager and database of a system where nothing can be asked aside."""
    system = folder / "os-release"
    if release is not None:
        system.write_text(release)
    tools = folder / "bin"
    tools.mkdir()
    for name in [*programs.split(), "id"]:
        (tools / name).write_text("#!/bin/sh\necho 1000\n")
        (tools / name).chmod(0o755)
    words = [SHELLS[shell], *(["sh"] if shell == "busybox" else [])]
    script = (
        f'awk() {{ /usr/bin/awk "$@"; }}\nPATH={tools}\n'
        f"{DISTRIBUTION.replace('/etc/os-release', str(system))}\n"
        "package_manager\necho $manager $database $apart\n"
    )
    ran = subprocess.run([*words, "-c", script], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.mark.parametrize("shell", sorted(SHELLS))
@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=debian\n", "apt dpkg"),
        ("ID=linuxmint\nID_LIKE='ubuntu debian'\n", "apt dpkg"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf rpm"),
        ("ID=fedora\n", "dnf rpm"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper rpm"),
        ('ID="sles"\n', "zypper rpm"),
        ("ID=elsewhere\n", "apt dpkg"),
        (None, "apt dpkg"),
    ],
)
def test_the_family_decides_where_all_managers_are_there(
    tmp_path: Path, shell: str, release: str | None, expected: str
) -> None:
    assert chosen(tmp_path, shell, ALL, release) == expected


@pytest.mark.parametrize(
    ("programs", "release", "expected"),
    [
        ("yum", None, "yum rpm"),
        ("zypper yum", "ID=centos\n", "yum rpm"),
        ("apt-get dpkg-query", 'ID="almalinux"\nID_LIKE="rhel centos fedora"\n', "rpm"),
        ("zypper", "ID=elsewhere\n", "zypper rpm"),
    ],
)
def test_a_manager_of_another_family_is_not_taken(
    tmp_path: Path, programs: str, release: str | None, expected: str
) -> None:
    assert chosen(tmp_path, "dash", programs, release) == expected
