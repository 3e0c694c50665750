"""Labs that are stopped, killed, broken and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.lab import lab, layout, loopback
from setup_tool.lab.servers import marked
from tests.lab.controlling import control
from tests.lab.waiting import wait_until
from tests.lab_fixture import request

if TYPE_CHECKING:
    from tests.lab_fixture import Login, RunningLab

DATA = b"\x00 what was put in \xff"


def account(running: RunningLab, way: str, login: Login) -> str:
    return f"{running.record.url(way)}/v1/AUTH_{login.project_id}"


def stray_processes(running: RunningLab) -> list[str]:
    """Return the command lines of living processes that name the lab's folder or its id."""
    signs = (str(running.folder).encode(), running.record.id.encode())
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != str(os.getpid()):
            try:
                seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if any(sign in seen for sign in signs):
                found.append(seen.decode(errors="replace"))
    return found


def test_an_object_is_the_same_through_both_proxies_and_the_front(
    storing_lab: RunningLab,
) -> None:
    demo, bob = storing_lab.login("demo"), storing_lab.login("bob")
    container = f"{demo.object_store}/things"
    assert request("PUT", container, headers=demo.headers).status == 201
    assert request("PUT", f"{container}/one", DATA, demo.headers).status == 201
    for way in ("proxy1", "proxy2", "front"):
        base = account(storing_lab, way, demo)
        assert request("GET", f"{base}/things/one", headers=demo.headers).body == DATA
        assert request("GET", f"{base}/things", headers=demo.headers).body == b"one\n"
        assert request("GET", f"{base}/things/one", headers=bob.headers).status == 403


def test_after_everything_was_killed_the_lab_starts_with_its_data(storing_lab: RunningLab) -> None:
    demo = storing_lab.login("demo")
    request("PUT", f"{demo.object_store}/kept", headers=demo.headers)
    assert request("PUT", f"{demo.object_store}/kept/one", DATA, demo.headers).status == 201
    for process in marked.find(storing_lab.record.id):
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: lab.status(storing_lab.folder).stopped)

    assert lab.up(storing_lab.folder).running
    again = storing_lab.login("demo")
    assert again.project_id == demo.project_id
    assert request("GET", f"{again.object_store}/kept/one", headers=again.headers).body == DATA


def test_a_port_that_is_given_back_in_a_moment_is_awaited() -> None:
    with socket.create_server((loopback.HOST, 0)) as listening:
        port = listening.getsockname()[1]
        assert not loopback.becomes_free(port, 0.1)
        given_back = threading.Timer(0.2, listening.close)
        given_back.start()
        assert loopback.becomes_free(port, 60)
        given_back.join()


def test_a_reload_reads_the_file_again_and_never_refuses_a_connection(
    spare_lab: RunningLab,
) -> None:
    before = marked.find(spare_lab.record.id, "proxy1")
    conf = spare_lab.layout.proxy_conf("proxy1")
    conf.write_text(
        conf.read_text().replace("# reveal_sensitive_prefix", "reveal_sensitive_prefix")
    )
    outcomes: list[str] = []
    reloaded = threading.Event()

    def keep_connecting() -> None:
        while not reloaded.wait(0.002):  # unhurried, or the machine runs out of client ports
            try:
                socket.create_connection(("127.0.0.1", spare_lab.record.port("proxy1"))).close()
                outcomes.append("taken")
            except OSError as problem:
                outcomes.append(str(problem))

    connecting = threading.Thread(target=keep_connecting)
    connecting.start()
    try:
        result = control(spare_lab, "proxy1", "reload")
    finally:
        reloaded.set()
        connecting.join()
    assert result.returncode == 0, result.stderr
    assert len(outcomes) > 10
    assert set(outcomes) == {"taken"}
    main = [process.pid for process in before if process.leads]
    after = marked.find(spare_lab.record.id, "proxy1")
    assert [process.pid for process in after if process.leads] == main
    assert {process.pid for process in after} - {process.pid for process in before}


def test_a_reload_with_a_broken_file_leaves_the_running_proxy_alone(
    spare_lab: RunningLab,
) -> None:
    conf = spare_lab.layout.proxy_conf("proxy1")
    good = conf.read_text()
    conf.write_text(good.replace("authtoken keystoneauth", "authtoken no-such-filter"))
    try:
        result = control(spare_lab, "proxy1", "reload")
        assert result.returncode == 1
        assert "no-such-filter" in result.stderr
        assert request("GET", f"{spare_lab.record.url('proxy1')}/healthcheck").status == 200
    finally:
        conf.write_text(good)


def test_a_restart_with_a_broken_file_fails_with_the_logs_end_and_the_front_uses_the_other_proxy(
    spare_lab: RunningLab,
) -> None:
    conf = spare_lab.layout.proxy_conf("proxy1")
    good = conf.read_text()
    conf.write_text(good.replace("authtoken keystoneauth", "authtoken no-such-filter"))
    try:
        result = control(spare_lab, "proxy1", "restart")
        assert result.returncode == 1
        assert result.stderr.startswith("proxy1 did not start; its log ends:\n")
        assert "no-such-filter" in result.stderr
        assert control(spare_lab, "proxy1", "status").returncode == 3
        front = spare_lab.record.url("front")
        assert {request("GET", f"{front}/healthcheck").status for _ in range(4)} == {200}
    finally:
        conf.write_text(good)
        assert control(spare_lab, "proxy1", "start").returncode == 0


def test_workers_without_their_main_process_are_noticed_and_replaced(
    spare_lab: RunningLab,
) -> None:
    main = marked.main_process(spare_lab.record.id, "proxy2")
    assert main is not None
    os.kill(main.pid, signal.SIGKILL)
    wait_until(lambda: marked.main_process(spare_lab.record.id, "proxy2") is None)
    states = {each.name: each.state for each in lab.status(spare_lab.folder).services}
    assert states["proxy2"] == "not answering"
    assert {state for name, state in states.items() if name != "proxy2"} == {"running"}
    assert lab.up(spare_lab.folder).running


def test_a_stopped_lab_leaves_no_process_and_the_other_lab_runs_on(
    spare_lab: RunningLab, running_lab: RunningLab
) -> None:
    detached = marked.find(spare_lab.record.id)
    environment = {"SETUP_TOOL_LAB": spare_lab.record.id}
    with subprocess.Popen(["/bin/sleep", "600"], env=environment, start_new_session=True):
        wait_until(lambda: len(marked.find(spare_lab.record.id)) > len(detached))
        assert lab.down(spare_lab.folder).stopped
    assert stray_processes(spare_lab) == []
    assert lab.status(running_lab.folder).running
    assert lab.up(spare_lab.folder).running


def test_a_service_that_does_not_start_is_named_with_the_end_of_its_log(
    spare_lab: RunningLab,
) -> None:
    lab.down(spare_lab.folder)
    conf = spare_lab.layout.keystone / "keystone.conf"
    good = conf.read_text()
    conf.write_text(good.replace("provider = fernet", "provider = papyrus"))
    try:
        with pytest.raises(SetupToolError) as caught:
            lab.up(spare_lab.folder)
    finally:
        conf.write_text(good)
    message = str(caught.value)
    assert message.startswith("The lab's keystone ended while it started.")
    assert str(spare_lab.layout.log("keystone")) in message
    assert "papyrus" in message
    assert 5 < len(message.splitlines()) <= 16
    assert lab.up(spare_lab.folder).running


def test_a_port_that_another_program_took_is_named(spare_lab: RunningLab) -> None:
    lab.down(spare_lab.folder)
    port = spare_lab.record.port("front")
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(SetupToolError, match=rf"front cannot start: .* port {port} "),
    ):
        lab.up(spare_lab.folder)
    assert lab.up(spare_lab.folder).running


def test_a_moved_lab_is_refused(spare_lab: RunningLab, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "lab.json").write_bytes(spare_lab.layout.record.read_bytes())
    with pytest.raises(DeclarationError, match="cannot be moved"):
        lab.up(moved)


def test_wiping_removes_the_lab_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    (folder / "something").mkdir(parents=True)
    assert not lab.down(folder, wipe=True).exists
    assert (folder / "something").exists()

    layout.save(layout.Layout(folder), layout.new_record(folder))
    assert lab.status(folder).stopped
    assert not lab.down(folder, wipe=True).exists
    assert not folder.exists()
    assert not lab.status(folder).exists


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(DeclarationError, match="holds something that is no lab"):
        lab.up(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["100%", "a$b", "a:b", "why?"])
def test_a_path_that_configuration_files_would_misread_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(DeclarationError, match="means something else"):
        lab.up(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_an_unreadable_record_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_text("{")
    with pytest.raises(DeclarationError, match=r"lab\.json cannot be read"):
        lab.status(tmp_path)


def test_the_environment_of_no_lab_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="setup-tool lab up"):
        lab.environment(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeclarationError, match="folder cannot be made"):
        lab.up(tmp_path / "file" / "lab")


def test_without_a_folder_the_lab_lies_in_the_users_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert lab.default_folder() == tmp_path / "setup-tool" / "lab"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert lab.default_folder() == tmp_path / ".local" / "state" / "setup-tool" / "lab"
