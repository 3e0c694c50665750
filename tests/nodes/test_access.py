"""Nodes as operators enter them: real sudo, sshd, agent, bastion and terminal."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.node_shell import LostError
from setup_tool.adapters.ssh import SshShell
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.core.errors import UnreachableError
from setup_tool.core.facts import SystemFact
from setup_tool.core.queries import ReadSystem
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import Ending, Transaction
from setup_tool.declare.access import Access
from tests.cloud import PROGRAM
from tests.contracts.changes import write
from tests.lab.waiting import wait_until
from tests.node.places import Heard
from tests.nodes.cloud import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.nodes.hosts import Hosts

STATE = "/var/lib/setup-tool"
QUESTION = ReadSystem(STATE)
PHRASE = "canary-phrase-44e0"
RULES = {
    "plain": "",
    "requiretty": "Defaults requiretty\n",
    "requiretty-use-pty": "Defaults requiretty, use_pty\n",
    "requiretty-logged": "Defaults requiretty, use_pty, log_output\n",
}


@pytest.fixture(scope="module")
def up(hosts: Hosts) -> Hosts:
    hosts.up("proxy1", "bastion")
    return hosts


@pytest.fixture(params=list(RULES))
def rules(up: Hosts, request: pytest.FixtureRequest) -> Iterator[Hosts]:
    """The machines while proxy1's sudo has some of its defaults changed."""
    place = up["proxy1"].root / "etc/sudoers.d/zz-test"
    place.write_text(RULES[request.param])
    place.chmod(0o440)
    yield up
    place.unlink()


def entrance(hosts: Hosts, user: str, password: str | None = None) -> Access:
    return Access(
        hosts["proxy1"].address,
        user=user,
        key_file=str(hosts.key),
        known_hosts=str(hosts.known_hosts),
        become=True,
        become_password=None if password is None else Secret(password),
    )


def shell_of(access: Access, folder: Path, *, agent: bool = False) -> SshShell:
    return SshShell("proxy1", access, SshContext(folder, agent=agent))


def entered(access: Access, folder: Path, *, agent: bool = False) -> int:
    """Return the user id that was reached."""
    shell = shell_of(access, folder, agent=agent)
    try:
        fact = shell.observe([QUESTION])[QUESTION]
    finally:
        shell.close()
    assert isinstance(fact, SystemFact)
    return fact.uid


def refusal(access: Access, folder: Path) -> str:
    with pytest.raises(UnreachableError) as caught:
        entered(access, folder)
    return str(caught.value)


@pytest.mark.parametrize("user", ["ops", "asked"])
def test_sudo_lets_in_and_every_byte_arrives(rules: Hosts, user: str, tmp_path: Path) -> None:
    password = rules.seed.passwords["asked"] if user == "asked" else None
    shell = shell_of(entrance(rules, user, password), tmp_path)
    data = bytes(range(256)) * 8192
    heard = Heard()
    run = f"access-{uuid.uuid4().hex}"
    target = f"/root/{run}"
    done = shell.commit(Transaction(run, STATE, (write(target, data, None),)), heard)
    shell.close()
    assert done.ending is Ending.DONE
    assert (rules["proxy1"].root / target.lstrip("/")).read_bytes() == data
    assert password is None or password not in "".join(heard.texts)


def test_a_wrong_password_is_refused_and_shown_nowhere(rules: Hosts, tmp_path: Path) -> None:
    text = refusal(entrance(rules, "asked", "canary-wrong"), tmp_path)
    assert text.startswith("proxy1: sudo: sudo refused the password")
    assert "canary" not in text


def test_a_sudo_that_asks_in_vain_says_what_to_do(up: Hosts, tmp_path: Path) -> None:
    assert "--ask-become-pass" in refusal(entrance(up, "asked"), tmp_path)


def test_a_node_behind_a_bastion_is_reached(up: Hosts, tmp_path: Path) -> None:
    bastion = up["bastion"].address
    (tmp_path / "config").write_text(
        f"Host inside\n HostName {up['proxy1'].address}\n ProxyJump ops@gate\n"
        f"Host gate\n HostName {bastion}\n IdentityFile {up.key}\n"
    )
    access = replace(entrance(up, "ops"), host="inside")
    assert entered(access, tmp_path) == 0
    back = replace(access, host=up["proxy1"].address, proxy_jump=f"ops@{bastion},root@{bastion}")
    assert entered(back, tmp_path) == 0


def test_a_hop_that_fails_is_named(up: Hosts, tmp_path: Path) -> None:
    bastion = up["bastion"].address
    through = replace(entrance(up, "ops"), proxy_jump=f"ops@{bastion}")
    text = refusal(replace(through, port=9), tmp_path)
    assert f"from jump host ops@{bastion}:22: it says:" in text
    stranger = replace(through, proxy_jump=f"nobody-here@{bastion}")
    assert f"login: jump host nobody-here@{bastion}:22 refused" in refusal(stranger, tmp_path)


def test_ipv6_will_do(up: Hosts, tmp_path: Path) -> None:
    assert entered(replace(entrance(up, "ops"), host=up["proxy1"].address6), tmp_path) == 0


def test_an_agent_opens_a_key_with_a_passphrase(
    up: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = locked_key(up, tmp_path)
    access = replace(entrance(up, "ops"), key_file=str(key))
    assert f"ssh-add {key}" in refusal(access, tmp_path)
    sock = tmp_path / "agent"
    words = [program("ssh-agent"), "-D", "-a", str(sock)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(sock))
        wait_until(sock.exists)
        subprocess.run([program("ssh-add"), "-q", str(up.key)], check=True)
        assert entered(access, tmp_path, agent=True) == 0
        agent.terminate()


def program(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed"
    return found


def locked_key(hosts: Hosts, folder: Path) -> Path:
    key = folder / "locked"
    key.write_bytes(hosts.key.read_bytes())
    key.chmod(0o600)
    words = [program("ssh-keygen"), "-q", "-p", "-P", "", "-N", PHRASE, "-f", str(key)]
    subprocess.run(words, check=True)
    return key


def test_passphrase_and_password_are_asked_for_at_a_terminal(up: Hosts, tmp_path: Path) -> None:
    cloud = Cloud(up)
    inventory = cloud.inventory(
        ansible_user="asked", ansible_ssh_private_key_file=str(locked_key(up, tmp_path))
    )
    answers = [(b"sudo password: ", up.seed.passwords["asked"]), (b"Passphrase of", PHRASE)]
    status, seen = at_terminal(cloud, ["plan", "-i", inventory, "-K"], answers)
    assert status == 0, seen
    assert "proxy1" in seen
    cloud.assert_no_secret(seen)
    assert PHRASE not in seen


def at_terminal(
    cloud: Cloud, words: Sequence[str], answers: Sequence[tuple[bytes, str]]
) -> tuple[int, str]:
    """Run the program on a terminal, answering questions; return its status and all it said."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=cloud.environment,
        cwd=cloud.folder,
        start_new_session=True,
    )
    os.close(theirs)
    seen, left = b"", list(answers)
    while True:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the program has ended
            break
        if left and left[0][0] in seen:
            os.write(ours, left.pop(0)[1].encode() + b"\n")
    os.close(ours)
    return process.wait(), seen.decode()


def test_without_a_terminal_nothing_is_asked(up: Hosts) -> None:
    cloud = Cloud(up)
    ran = cloud.run("plan", "-i", cloud.inventory(ansible_user="asked"), "-K", status=2)
    assert "no terminal to ask for the sudo password" in ran.err


def test_new_host_keys_are_accepted_when_asked_and_changed_ones_never(
    up: Hosts, tmp_path: Path
) -> None:
    cloud = Cloud(up)
    file = tmp_path / "known_hosts"
    inventory = cloud.inventory(known_hosts=str(file))
    refused = cloud.run("plan", "-i", inventory, status=4)
    assert "say --accept-new-host-keys" in refused.err
    accepted = cloud.run("plan", "-i", inventory, "--accept-new-host-keys")
    assert "accepted the new host key ssh-ed25519 SHA256:" in accepted.err
    cloud.run("plan", "-i", inventory)
    bastion = next(
        line for line in up.known_hosts.read_text().splitlines() if line.startswith("bastion,")
    )
    file.write_text(f"{up['proxy1'].address} {bastion.split(' ', 1)[1]}\n")
    changed = cloud.run("plan", "-i", inventory, "--accept-new-host-keys", status=4)
    assert f"{file}:1" in changed.err
    assert len(file.read_text().splitlines()) == 1


def test_an_sshd_that_takes_few_at_once_is_asked_again(up: Hosts, tmp_path: Path) -> None:
    busy = up["proxy1"].root / "etc/ssh/sshd_config.d/busy.conf"
    busy.write_text("MaxStartups 2:100:2\n")
    up["proxy1"].sh("systemctl reload ssh")
    up["proxy1"].await_login()
    try:
        context = SshContext(tmp_path, agent=False)
        shells = [SshShell("proxy1", entrance(up, "ops"), context) for _ in range(12)]
        with ThreadPoolExecutor(len(shells)) as pool:
            facts = list(pool.map(lambda shell: shell.observe([QUESTION])[QUESTION], shells))
        assert all(isinstance(fact, SystemFact) for fact in facts)
        for shell in shells:
            shell.close()
    finally:
        busy.unlink()
        up["proxy1"].sh("systemctl reload ssh")
        up["proxy1"].await_login()


def test_a_node_that_falls_silent_is_given_up(
    up: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setup_tool.adapters.ssh.SILENCE", 2)
    shell = shell_of(replace(entrance(up, "ops"), become=False), tmp_path)
    talk = shell._open("sleep 600", terminal=False)
    up["proxy1"].cut()
    try:
        with pytest.raises(LostError, match="Nothing was heard for 2 seconds"):
            talk.receive()
    finally:
        up["proxy1"].mend()
        talk.close()
        shell.close()
