"""The nodes, as an SSH client meets them."""

from __future__ import annotations

import contextlib
import os
import shlex
import threading
from typing import TYPE_CHECKING

import paramiko
import pytest

from setup_tool.lab import layout
from tests.lab.waiting import wait_until
from tests.lab_fixture import request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab_fixture import RunningLab


@contextlib.contextmanager
def connected(
    running: RunningLab, node: str = "proxy1", user: str = "", key: paramiko.PKey | None = None
) -> Iterator[paramiko.SSHClient]:
    client = paramiko.SSHClient()
    client.load_host_keys(str(running.layout.ssh / "known_hosts"))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.connect(
            "127.0.0.1",
            port=running.record.port(f"{node}-ssh"),
            username=user or layout.user(),
            pkey=key or paramiko.Ed25519Key(filename=str(running.layout.ssh / "user")),
            allow_agent=False,
            look_for_keys=False,
        )
        yield client
    finally:
        client.close()


def cut(client: paramiko.SSHClient) -> None:
    """Break the connection off without a word."""
    transport = client.get_transport()
    assert transport is not None
    transport.sock.close()


def test_a_command_runs_in_its_nodes_folder_as_the_labs_user(running_lab: RunningLab) -> None:
    for node in layout.NODES:
        with connected(running_lab, node) as client:
            _, out, _ = client.exec_command('pwd; echo "$HOME"; id -un; echo "$PATH"; umask')
            folder, home, user, path, umask = out.read().decode().splitlines()
        assert folder == home == str(running_lab.layout.nodes / node)
        assert user == layout.user()
        assert path.split(":")[0] == f"{folder}/bin"
        assert umask == "0022"


def test_bytes_pass_unchanged_and_the_exit_status_comes_back(running_lab: RunningLab) -> None:
    data = os.urandom(1_000_000)
    with connected(running_lab) as client:
        stdin, out, err = client.exec_command("cat; echo problem >&2; exit 7")

        def send() -> None:
            stdin.write(data)
            stdin.channel.shutdown_write()

        sending = threading.Thread(target=send)
        sending.start()
        assert out.read() == data
        sending.join()
        assert err.read() == b"problem\n"
        assert out.channel.recv_exit_status() == 7


def test_a_shell_without_a_command_reads_its_commands(running_lab: RunningLab) -> None:
    with connected(running_lab) as client:
        transport = client.get_transport()
        assert transport is not None
        channel = transport.open_session()
        channel.invoke_shell()
        channel.sendall(b"echo one; exit 3\n")
        assert channel.makefile("rb").read() == b"one\n"
        assert channel.recv_exit_status() == 3


def test_nothing_of_the_labs_own_environment_reaches_a_command(running_lab: RunningLab) -> None:
    with connected(running_lab) as client:
        _, out, _ = client.exec_command("env")
        names = {line.partition("=")[0] for line in out.read().decode().splitlines()}
    assert names <= {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "SETUP_TOOL_LAB",
    }


def test_another_key_or_another_user_is_refused(running_lab: RunningLab) -> None:
    stranger = paramiko.RSAKey.generate(2048)
    with (
        pytest.raises(paramiko.AuthenticationException),
        connected(running_lab, key=stranger),
    ):
        pass
    with (
        pytest.raises(paramiko.AuthenticationException),
        connected(running_lab, user="somebody-else"),
    ):
        pass


def test_a_command_runs_on_a_terminal_where_one_is_asked_for(running_lab: RunningLab) -> None:
    with connected(running_lab) as client:
        _, out, _ = client.exec_command("tty; : </dev/tty && echo mine", get_pty=True)
        name, mine = out.read().split()
        assert name.startswith(b"/dev/pts/")
        assert mine == b"mine"


def test_the_session_log_counts_connections_commands_and_file_transfers(
    running_lab: RunningLab,
) -> None:
    before = len(running_lab.session_events())
    with connected(running_lab, "proxy2") as client:
        for _ in range(2):
            client.exec_command("true")[1].channel.recv_exit_status()
        client.open_sftp().close()
    events = running_lab.session_events()[before:]
    assert [event["event"] for event in events] == ["connection", "exec", "exec", "sftp"]
    assert {event["node"] for event in events} == {"proxy2"}
    assert len({event["connection"] for event in events}) == 1


def test_files_are_transferred_to_the_real_file_system(running_lab: RunningLab) -> None:
    folder = running_lab.layout.nodes / "controller"
    with connected(running_lab, "controller") as client, client.open_sftp() as files:
        with files.open("transferred", "w") as file:
            file.write("data")
        assert files.stat(str(folder / "transferred")).st_size == 4
    (folder / "transferred").unlink()


def test_when_the_connection_is_lost_the_shell_gets_hup_and_detached_work_lives_on(
    running_lab: RunningLab,
) -> None:
    folder = running_lab.layout.nodes / "proxy1"
    script = """
        trap 'echo hup > hangup; exit' HUP
        setsid sh -c 'while ! test -e go; do sleep 0.02; done; echo on > lived' \
            </dev/null >/dev/null 2>&1 &
        touch begun
        while :; do sleep 0.02; done
    """
    with connected(running_lab) as client:
        client.exec_command(script)
        wait_until((folder / "begun").exists)
        cut(client)
        wait_until((folder / "hangup").exists)
    (folder / "go").touch()
    wait_until((folder / "lived").exists)
    assert (folder / "hangup").read_text() == "hup\n"
    for name in ("begun", "hangup", "go", "lived"):
        (folder / name).unlink()


def test_a_channel_stays_open_while_a_child_holds_its_output(running_lab: RunningLab) -> None:
    folder = running_lab.layout.nodes / "proxy1"
    waiting = "(while ! test -e go; do sleep 0.02; done; echo late) & echo early"
    with connected(running_lab) as client:
        _, out, _ = client.exec_command(waiting)
        assert out.readline() == "early\n"
        (folder / "go").touch()
        assert out.read() == b"late\n"
    (folder / "go").unlink()


def test_a_restart_that_was_begun_is_finished_when_the_connection_is_lost(
    spare_lab: RunningLab,
) -> None:
    control = spare_lab.layout.nodes / "proxy2/bin/proxy"
    log = spare_lab.layout.log("proxy2")
    before = len(log.read_text())
    with connected(spare_lab, "proxy2") as client:
        client.exec_command(f"{shlex.quote(str(control))} restart; touch finished")
        wait_until(lambda: "SIGTERM received" in log.read_text()[before:])
        cut(client)
    wait_until(lambda: "Started child" in log.read_text()[before:])
    health = f"{spare_lab.record.url('proxy2')}/healthcheck"
    wait_until(lambda: _status(health) == 200)
    assert not (spare_lab.layout.nodes / "proxy2/finished").exists()


def _status(url: str) -> int:
    try:
        return request("GET", url).status
    except OSError:
        return 0


def test_each_node_has_a_host_key_of_its_own(running_lab: RunningLab) -> None:
    known = (running_lab.layout.ssh / "known_hosts").read_text().splitlines()
    assert [line.split()[0] for line in known] == [
        f"[127.0.0.1]:{running_lab.record.port(f'{node}-ssh')}" for node in layout.NODES
    ]
    assert len({line.split()[2] for line in known}) == 3
