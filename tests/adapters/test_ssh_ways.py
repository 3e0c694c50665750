"""SSH as operators have set it up: their config, their keys and agent, hosts that are busy."""

from __future__ import annotations

import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_ssh_private_key,
)

from setup_tool.adapters.ssh import SshShell
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.adapters.ssh_keys import KeyRing
from setup_tool.core.errors import UnreachableError
from setup_tool.core.facts import SystemFact
from setup_tool.core.queries import ReadSystem
from setup_tool.core.secret import Secret
from setup_tool.declare.access import Access
from tests.adapters.little_agent import agent_with
from tests.adapters.relay import relay_to
from tests.node.places import SshServer, furnish, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

QUESTION = ReadSystem("~/state")
PHRASE = "canary-phrase-71aa"
BUSY = b"Exceeded MaxStartups\r\n"
DIAL = """
import socket, sys, threading
link = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def back():
    while data := link.recv(65536):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
threading.Thread(target=back, daemon=True).start()
while data := sys.stdin.buffer.raw.read(65536):
    link.sendall(data)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    folder = tmp_path_factory.mktemp("ssh")
    furnish(folder / "node1")
    with ssh_server(folder, ["node1"]) as running:
        yield running


@pytest.fixture
def access(server: SshServer) -> Access:
    return server.place("node1").access


def known_at(server: SshServer, port: int, folder: Path) -> str:
    """Return a known_hosts file that knows the node at another port."""
    file = folder / "known_at"
    key = (server.folder / "keys/node1.pub").read_text()
    file.write_text(f"[127.0.0.1]:{port} {key}")
    return str(file)


def observe(access: Access, context: SshContext) -> SystemFact:
    shell = SshShell("node1", access, context)
    try:
        fact = shell.observe([QUESTION])[QUESTION]
    finally:
        shell.close()
    assert isinstance(fact, SystemFact)
    return fact


def refusal(access: Access, context: SshContext) -> str:
    with pytest.raises(UnreachableError) as caught:
        observe(access, context)
    return str(caught.value)


def no_agent(folder: Path) -> SshContext:
    return SshContext(folder, agent=False)


def test_included_files_are_followed_and_end_where_they_were_included(
    server: SshServer, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "config.d").mkdir()
    (tmp_path / "config.d/a").write_text("Host other\n Port 1\n")
    (tmp_path / "config.d/b").write_text(f"Host alias\n HostName 127.0.0.1\n Port {access.port}\n")
    (tmp_path / "config").write_text(
        f"Include config.d/*\nUserKnownHostsFile {access.known_hosts}\n"
        f"Host alias\n IdentityFile {tmp_path}/not-there\n IdentityFile {server.folder}/keys/user\n"
    )
    assert observe(Access("alias"), no_agent(tmp_path)).uid == os.getuid()


def test_a_proxy_command_of_the_ssh_config_is_run(access: Access, tmp_path: Path) -> None:
    (tmp_path / "dial.py").write_text(DIAL)
    (tmp_path / "config").write_text(
        f"Host *\n ProxyCommand {sys.executable} {tmp_path}/dial.py %h %p\n"
    )
    assert observe(access, no_agent(tmp_path)).uid == os.getuid()


def test_a_proxy_command_that_leads_nowhere_is_named(access: Access, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("Host *\n ProxyCommand exit 1\n")
    text = refusal(access, no_agent(tmp_path))
    assert text.startswith("node1: connect: the ProxyCommand of ")


def test_files_of_known_hosts_that_are_put_away_vouch_for_nothing(
    access: Access, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(
        "Host *\n UserKnownHostsFile none\n GlobalKnownHostsFile none\n"
    )
    text = refusal(replace(access, known_hosts=None), no_agent(tmp_path))
    assert f"{tmp_path}/known_hosts knows no key of it" in text


def test_an_alias_for_host_keys_is_looked_up_instead(
    server: SshServer, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("Host *\n HostKeyAlias The-Node\n")
    key = (server.folder / "keys/node1.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"the-node {key}")
    assert observe(replace(access, known_hosts=None), no_agent(tmp_path)).uid == os.getuid()


@pytest.mark.parametrize("said_in", ["inventory", "config"])
def test_a_host_that_says_nothing_is_given_up_after_the_time_said(
    said_in: str, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(f"Host *\n ConnectTimeout {1 if said_in == 'config' else 9}\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        timeout = 1 if said_in == "inventory" else None
        text = refusal(replace(access, port=port, timeout=timeout), no_agent(tmp_path))
    assert text.startswith("node1: connect: ")
    assert "no answer within 1 seconds" in text


def test_a_host_too_busy_for_us_is_asked_again(
    server: SshServer, access: Access, tmp_path: Path
) -> None:
    with relay_to(access.port) as relay:
        relay.drops += [BUSY, b""]
        known_hosts = known_at(server, relay.port, tmp_path)
        away = replace(access, port=relay.port, known_hosts=known_hosts)
        assert observe(away, no_agent(tmp_path)).uid == os.getuid()
        assert relay.seen == 3


def test_a_host_that_stays_too_busy_is_told_apart(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setup_tool.adapters.ssh_connection._PAUSES", (0.01,))
    with relay_to(access.port) as relay:
        relay.drops += [BUSY] * 2
        text = refusal(replace(access, port=relay.port), no_agent(tmp_path))
    assert "hung up 2 times before its banner" in text
    assert "MaxStartups" in text


def test_a_new_host_key_is_accepted_once_where_that_was_asked_for(
    access: Access, tmp_path: Path
) -> None:
    said: list[str] = []
    file = tmp_path / "new/known_hosts"
    context = SshContext(tmp_path, agent=False, accept_new=True, announce=said.append)
    for _ in range(2):
        observe(replace(access, known_hosts=str(file)), context)
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text().splitlines()) == 1
    assert len(said) == 1
    assert "SHA256:" in said[0]
    strict = no_agent(tmp_path)
    assert observe(replace(access, known_hosts=str(file)), strict).uid == os.getuid()


def test_a_changed_host_key_is_refused_where_new_ones_are_accepted(
    access: Access, tmp_path: Path
) -> None:
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIGtra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr"
    file = tmp_path / "known_hosts"
    file.write_text(f"[127.0.0.1]:{access.port} ssh-ed25519 {blob}\n")
    before = file.read_bytes()
    context = SshContext(tmp_path, agent=False, accept_new=True)
    text = refusal(replace(access, known_hosts=str(file)), context)
    assert f"{file}:1" in text
    assert file.read_bytes() == before


KEYS: dict[str, tuple[PrivateKeyTypes, PrivateFormat]] = {
    "ed25519": (ed25519.Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH),
    "ecdsa": (ec.generate_private_key(ec.SECP256R1()), PrivateFormat.OpenSSH),
    "rsa": (rsa.generate_private_key(65537, 2048), PrivateFormat.OpenSSH),
    "ecdsa-pem": (ec.generate_private_key(ec.SECP256R1()), PrivateFormat.TraditionalOpenSSL),
    "rsa-pem": (rsa.generate_private_key(65537, 2048), PrivateFormat.TraditionalOpenSSL),
}


def encrypt(key: PrivateKeyTypes, form: PrivateFormat, file: Path) -> Path:
    phrase = BestAvailableEncryption(PHRASE.encode())
    file.write_bytes(key.private_bytes(Encoding.PEM, form, phrase))
    return file


@pytest.mark.parametrize(("key", "form"), KEYS.values(), ids=list(KEYS))
def test_a_passphrase_opens_a_key_of_every_kind_and_another_does_not(
    key: PrivateKeyTypes, form: PrivateFormat, tmp_path: Path
) -> None:
    file = encrypt(key, form, tmp_path / "key")
    ring = KeyRing(agent=False)
    assert ring.is_locked(file)
    assert not ring.unlock(file, Secret("canary-wrong"))
    assert ring.unlock(file, Secret(PHRASE))
    assert not ring.is_locked(file)
    assert ring.file(file).can_sign()


@pytest.fixture
def locked(server: SshServer, tmp_path: Path) -> Path:
    """The key that the node accepts, with a passphrase."""
    key = load_ssh_private_key((server.folder / "keys/user").read_bytes(), None)
    return encrypt(key, PrivateFormat.OpenSSH, tmp_path / "locked")


def test_an_unlocked_key_opens_every_node(access: Access, locked: Path, tmp_path: Path) -> None:
    context = no_agent(tmp_path)
    encrypted = replace(access, key_file=str(locked))
    assert context.locked_files(encrypted) == (locked,)
    assert context.ring.unlock(locked, Secret(PHRASE))
    assert context.locked_files(encrypted) == ()
    for _ in range(2):
        assert observe(encrypted, context).uid == os.getuid()


def test_the_agent_opens_a_key_file_it_holds_and_signs_for_many_at_once(
    server: SshServer, access: Access, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = load_ssh_private_key((server.folder / "keys/user").read_bytes(), None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    with agent_with(key, tmp_path / "agent"):
        context = SshContext(tmp_path)
        encrypted = replace(access, key_file=str(locked))
        assert context.locked_files(encrypted) == ()
        together = threading.Barrier(12)

        def enter(_: int) -> int:
            together.wait()
            return observe(encrypted, context).uid

        with ThreadPoolExecutor(12) as pool:
            assert set(pool.map(enter, range(12))) == {os.getuid()}


def test_keys_of_the_agent_that_are_not_named_are_left_alone_where_that_is_said(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = encrypt(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH, tmp_path / "key")
    (tmp_path / "config").write_text("Host *\n IdentitiesOnly yes\n")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    with agent_with(ed25519.Ed25519PrivateKey.generate(), tmp_path / "agent"):
        text = refusal(replace(access, key_file=str(other)), SshContext(tmp_path))
    assert f"the key in {other} is encrypted" in text
    assert "refused" not in text


def test_a_connection_that_is_cut_while_a_reply_comes_says_so(
    server: SshServer, access: Access, tmp_path: Path
) -> None:
    with relay_to(access.port) as relay:
        known_hosts = known_at(server, relay.port, tmp_path)
        away = replace(access, port=relay.port, known_hosts=known_hosts)
        shell = SshShell("node1", away, no_agent(tmp_path))
        talk = shell._open("sleep 600", terminal=False)
        shell._connection.transports[-1].sock.shutdown(socket.SHUT_RDWR)
        assert talk.receive() == b""
        assert not shell._connection.is_open
        shell.close()
