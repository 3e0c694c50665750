"""The environment of the lab's servers: built once, and wholly or not at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.errors import SetupToolError
from setup_tool.lab import packages
from setup_tool.lab.packages import EC2_API, SERVERS, Packages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Builds:
    """Stands in for the installer: counts the builds and can fail."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.leftover = False

    def __call__(self, command: Sequence[str]) -> None:
        self.commands.append(list(command))
        self.leftover = (SERVERS.environment() / "leftover").exists()


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Builds:
    stand_in = Builds()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(packages, "_run", stand_in)
    return stand_in


def test_it_lies_in_the_users_cache_and_is_built_once(builds: Builds, tmp_path: Path) -> None:
    said: list[str] = []
    python = SERVERS.interpreter(said.append)
    assert python == SERVERS.environment() / "bin" / "python"
    assert python.is_relative_to(tmp_path / "setup-tool")
    assert python.exists()
    assert SERVERS.interpreter(said.append) == python
    assert len(builds.commands) == 1
    assert len(said) == 1
    assert str(SERVERS.environment()) in said[0]


def test_only_pinned_wheels_are_installed(builds: Builds) -> None:
    SERVERS.interpreter(lambda _: None)
    command = builds.commands[0]
    assert "--require-hashes" in command
    assert command[command.index("--only-binary") + 1] == ":all:"
    assert command[-1] == str(SERVERS.requirements)


def test_one_that_was_left_half_built_is_thrown_away(builds: Builds) -> None:
    SERVERS.environment().mkdir(parents=True)
    (SERVERS.environment() / "leftover").touch()
    SERVERS.interpreter(lambda _: None)
    assert len(builds.commands) == 1
    assert not builds.leftover


def test_two_labs_that_start_at_once_build_it_once(builds: Builds) -> None:
    starts = [
        threading.Thread(target=SERVERS.interpreter, args=(lambda _: None,)) for _ in range(2)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(builds.commands) == 1


def test_other_requirements_mean_another_environment(builds: Builds, tmp_path: Path) -> None:
    other = tmp_path / "requirements.txt"
    other.write_text("keystone==31.0.0\n")
    renewed = Packages(SERVERS.name, other)
    folders = {packages.environment() for packages in (SERVERS, EC2_API, renewed)}
    assert len(folders) == 3
    assert builds.commands == []


def test_an_installer_that_fails_is_quoted_and_nothing_counts_as_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = tmp_path / "requirements.txt"
    missing.write_text("no-such-file-here @ file:///nonexistent.whl\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    absent = Packages("lab", missing)
    with pytest.raises(SetupToolError, match=r"could not be installed[^$]*nonexistent\.whl"):
        absent.interpreter(lambda _: None)
    assert not (absent.environment() / "complete").exists()
