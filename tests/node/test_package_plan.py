"""What apt-get's simulation prints becomes what installing would do."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.facts import Arrival, InstallFact, Source
from setup_tool.node.package_plan import PACKAGE_PLAN
from setup_tool.node.reply_packages import parse_install
from tests.node.places import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

# Printed by apt-get 2.6.1.
UPGRADES = """\
Reading package lists...
Inst needed [1.0] (2.0 localhost [all]) []
Inst wanted (1:3.1-2+b1 Debian:12.15/oldstable [amd64])
Remv other [1.0]
Conf needed (2.0 localhost [all])
"""
UNKNOWN = """\
Reading package lists...
Building dependency tree...
E: Unable to locate package wanted
E: Package 'python3-other' has no installation candidate
"""
UNMET = """\
The following packages have unmet dependencies:
 wanted : Depends: no-such-thing but it is not installable
          Depends: another but it is not installable
E: Unable to correct problems, you have held broken packages.
"""


def planned(folder: Path, shell: str, printed: str) -> InstallFact:
    program = folder / "apt-get"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}END\n")
    program.chmod(0o755)
    words = [SHELLS[shell], *(["sh"] if shell == "busybox" else [])]
    script = f"PATH={folder}:$PATH\n{PACKAGE_PLAN}\nplan_apt wanted\n"
    ran = subprocess.run([*words, "-c", script], capture_output=True, text=True, check=True)
    head = "source package\nmanager apt\nmissing wanted\nlacks module\n"
    return parse_install(head + ran.stdout)


@pytest.fixture(params=sorted(SHELLS))
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_comes_is_told_apart_from_what_is_touched(tmp_path: Path, shell: str) -> None:
    assert planned(tmp_path, shell, UPGRADES) == InstallFact(
        Source.PACKAGE,
        "apt",
        lacking=("module",),
        missing=("wanted",),
        arrives=(Arrival("wanted", "1:3.1-2+b1"),),
        upgrades=("needed",),
        removes=("other",),
    )


def test_a_package_that_no_list_names_is_unknown_and_no_problem(tmp_path: Path, shell: str) -> None:
    fact = planned(tmp_path, shell, UNKNOWN)
    assert fact.unknown == ("wanted", "python3-other")
    assert fact.problem is None


def test_what_apt_would_not_do_comes_with_its_first_reason(tmp_path: Path, shell: str) -> None:
    assert planned(tmp_path, shell, UNMET).problem == (
        "Unable to correct problems, you have held broken packages. "
        "(wanted : Depends: no-such-thing but it is not installable)"
    )
