"""Nodes to try a `Shell` on: a local process or SSH, with each shell as a node's sh."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from setup_tool.declare.access import Access
from tests.node.places import SHELLS, Place, SshServer, furnish, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator

OVER_SSH = "ssh-dash"
KINDS = [OVER_SSH, "local-bash", "local-busybox" if "busybox" in SHELLS else "local-dash"]


def is_over_ssh(test: pytest.Item) -> bool:
    """Tell whether a test takes a node of the server's."""
    here = isinstance(test, pytest.Function) and Path(__file__).parent in test.path.parents
    return here and ("far" in test.fixturenames or OVER_SSH in test.name)


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SshServer]:
    """Serve a node for each test that takes one: any of them may come to this process."""
    folder = tmp_path_factory.mktemp("nodes")
    names = [f"node{number}" for number in range(sum(map(is_over_ssh, request.session.items)))]
    for name in names:
        furnish(folder / name)
    with ssh_server(folder, names) as running:
        yield running


@pytest.fixture(scope="session")
def unused(server: SshServer) -> Iterator[str]:
    return iter(server.ports)


def local_place(home: Path, shell: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    furnish(home, shell)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", f"{home}/bin:{os.environ['PATH']}")
    return Place(home, Access("localhost", connection="local"))


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A node, reached and furnished in each way."""
    way, _, shell = str(request.param).partition("-")
    if way == "local":
        return local_place(tmp_path / "home", shell, monkeypatch)
    server: SshServer = request.getfixturevalue("server")
    return server.place(next(request.getfixturevalue("unused")))


@pytest.fixture
def far(server: SshServer, unused: Iterator[str]) -> Place:
    """A node over SSH."""
    return server.place(next(unused))


@pytest.fixture
def near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """This machine."""
    return local_place(tmp_path / "home", "dash", monkeypatch)
