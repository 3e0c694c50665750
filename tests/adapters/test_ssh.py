"""SSH: who is let in, whom we trust, and what is said when a node cannot be reached."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from setup_tool.adapters.ssh import SshShell
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.core.errors import DeclarationError, UnreachableError
from setup_tool.core.facts import SystemFact
from setup_tool.core.queries import ReadSystem
from setup_tool.declare.access import Access
from setup_tool.lab import packages
from tests.lab.waiting import wait_until
from tests.node.places import SshServer, free_port, furnish, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = ReadSystem("~/state")

JUMP_HOST = """
import asyncio, sys, asyncssh
class Server(asyncssh.SSHServer):
    def connection_requested(self, *_):
        return True
async def main():
    port, key, users = sys.argv[1:]
    await asyncssh.listen("127.0.0.1", int(port), server_host_keys=[key],
        authorized_client_keys=users, server_factory=Server)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("node1", "node2"):
        furnish(folder / name)
    with ssh_server(folder, ["node1", "node2"]) as running:
        yield running


@pytest.fixture
def access(server: SshServer) -> Access:
    return server.place("node1").access


def observe(access: Access, folder: Path = Path("/nonexistent")) -> SystemFact:
    shell = SshShell("node1", access, SshContext(folder, agent=False))
    try:
        fact = shell.observe([QUESTION])[QUESTION]
    finally:
        shell.close()
    assert isinstance(fact, SystemFact)
    return fact


def refusal(access: Access, folder: Path = Path("/nonexistent")) -> str:
    with pytest.raises(UnreachableError) as caught:
        observe(access, folder)
    return str(caught.value)


def sessions(server: SshServer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (server.folder / "sessions").read_text().splitlines()]


def test_one_connection_serves_all_questions_one_command_each(server: SshServer) -> None:
    before = len(sessions(server))
    shell = server.place("node1").shell()
    for _ in range(3):
        shell.observe([QUESTION])
    shell.close()
    assert [entry["event"] for entry in sessions(server)[before:]] == [
        "connection",
        "exec",
        "exec",
        "exec",
    ]


def test_nothing_is_connected_before_it_is_needed(server: SshServer) -> None:
    before = len(sessions(server))
    server.place("node1").shell().close()
    assert len(sessions(server)) == before


def test_a_connection_that_broke_between_two_questions_is_opened_anew(server: SshServer) -> None:
    shell = server.place("node1").shell()
    shell.observe([QUESTION])
    assert isinstance(shell, SshShell)
    shell._connection.transports[-1].sock.shutdown(socket.SHUT_RDWR)
    assert isinstance(shell.observe([QUESTION])[QUESTION], SystemFact)
    shell.close()


def test_an_unknown_host_key_is_refused(access: Access, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    text = refusal(replace(access, known_hosts=str(empty)))
    assert text.startswith("node1: host key: ")
    assert f"ssh-keyscan -p {access.port} 127.0.0.1 >> {empty}" in text
    assert "SHA256:" in text


def test_a_changed_host_key_is_refused(server: SshServer, access: Access, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    key = (server.folder / "keys/node2.pub").read_text()
    file.write_text(f"[127.0.0.1]:{access.port} {key}")
    text = refusal(replace(access, known_hosts=str(file)))
    assert text.startswith("node1: host key: ")
    assert text.count("SHA256:") == 2
    assert f"{file}:1" in text


def test_the_usual_known_hosts_are_read_where_none_is_named(
    server: SshServer, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "known_hosts").write_bytes((server.folder / "keys/known_hosts").read_bytes())
    assert observe(replace(access, known_hosts=None), tmp_path).uid == os.getuid()


def test_the_usual_keys_are_tried_where_none_is_named(
    server: SshServer, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "id_ed25519").write_bytes((server.folder / "keys/user").read_bytes())
    assert observe(replace(access, key_file=None), tmp_path).uid == os.getuid()


def test_a_key_that_the_node_refuses_is_named(server: SshServer, access: Access) -> None:
    text = refusal(replace(access, key_file=str(server.folder / "keys/node2")))
    assert text.startswith("node1: login: ")
    assert "refused ssh-ed25519" in text


def test_a_login_without_any_key_says_so(access: Access) -> None:
    assert "ansible_ssh_private_key_file" in refusal(replace(access, key_file=None))


def test_a_key_file_that_is_not_there_is_named(access: Access, tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    assert f"there is no key file {missing}" in refusal(replace(access, key_file=str(missing)))


@pytest.mark.parametrize(
    ("key", "form"),
    [
        (ed25519.Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH),
        (ec.generate_private_key(ec.SECP256R1()), PrivateFormat.TraditionalOpenSSL),
        (ec.generate_private_key(ec.SECP256R1()), PrivateFormat.PKCS8),
    ],
)
def test_an_encrypted_key_is_to_be_loaded_into_the_agent(
    key: Any, form: PrivateFormat, access: Access, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    phrase = BestAvailableEncryption(b"canary-phrase")
    file.write_bytes(key.private_bytes(Encoding.PEM, form, phrase))
    text = refusal(replace(access, key_file=str(file)))
    assert f"ssh-add {file}" in text


def test_a_file_that_is_no_key_is_named(access: Access, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("canary-not-a-key\n")
    text = refusal(replace(access, key_file=str(key)))
    assert f"{key} is not a private key" in text
    assert "canary" not in text.replace(str(key), "")


def test_a_name_without_an_address_is_told_apart(access: Access) -> None:
    text = refusal(replace(access, host="no-such-node.invalid"))
    assert text.startswith("node1: resolve: the name no-such-node.invalid")


def test_a_port_where_nobody_listens_is_told_apart(access: Access) -> None:
    text = refusal(replace(access, port=free_port()))
    assert text.startswith("node1: connect: ")
    assert "refused" in text


def test_a_port_where_no_ssh_is_spoken_is_told_apart(access: Access) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def hang_up() -> None:
            link, _ = other.accept()
            link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            link.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        text = refusal(replace(access, port=other.getsockname()[1]))
        thread.join()
    assert text.startswith("node1: connect: ")
    assert "does not speak SSH" in text


def test_an_alias_of_the_ssh_config_is_followed(
    server: SshServer, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(
        f"Host alias\n HostName 127.0.0.1\n Port {access.port}\n User {access.user}\n"
        f" IdentityFile {server.folder}/keys/user\n"
        f" UserKnownHostsFile /nonexistent {access.known_hosts}\n"
    )
    alias = Access("alias")
    assert observe(alias, tmp_path).uid == os.getuid()


def test_what_the_inventory_says_wins_over_the_ssh_config(access: Access, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "Host *\n Port 1\n User nobody-here\n IdentityFile /nonexistent\n"
    )
    assert observe(access, tmp_path).uid == os.getuid()


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("Host *\n ProxyJump a b\n", "is not \\[USER@\\]HOST"),
        (
            "Host *\n CanonicalizeHostname yes\n CanonicalizeMaxDots 3\n",
            "without 'canonicaldomains'",
        ),
        ("Host *\n ConnectTimeout soon\n", "connecttimeout is soon, which is no number"),
        ("Host *\n ProxyJump 127.0.0.1:1,127.0.0.1:1\n", "through itself by ProxyJump"),
        ("Host 127.*\n Include more\n", "below `Host 127"),
        ("Host *\n Match nonsense\n", "cannot be used"),
        ('Match exec "true"\n Port 2\n', "cannot be used"),
    ],
)
def test_an_ssh_config_that_cannot_be_honoured_is_refused(
    config: str, complaint: str, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(config)
    (tmp_path / "more").write_text("Host *\n Port 2\n")
    with pytest.raises(DeclarationError, match=complaint):
        observe(access, tmp_path)


@pytest.fixture
def jump_port(server: SshServer, tmp_path: Path) -> Iterator[int]:
    """A host that forwards connections, and its own host key in known_hosts."""
    port = free_port()
    keys = server.folder / "keys"
    process = subprocess.Popen(
        [
            packages.SERVERS.interpreter(print),
            "-c",
            JUMP_HOST,
            str(port),
            keys / "node2",
            keys / "user.pub",
        ]
    )
    known = (keys / "known_hosts").read_text()
    key = (keys / "node2.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"{known}[127.0.0.1]:{port} {key}")

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers)
    yield port
    process.kill()
    process.wait()


def test_a_node_behind_a_jump_host_is_reached(
    access: Access, jump_port: int, tmp_path: Path
) -> None:
    jump = f"{access.user}@127.0.0.1:{jump_port}"
    known_hosts = str(tmp_path / "known_hosts")
    assert observe(replace(access, proxy_jump=jump, known_hosts=known_hosts)).uid == os.getuid()


def test_paramiko_is_imported_late_and_without_what_it_does_not_need() -> None:
    script = (
        "import sys, setup_tool.adapters.ssh as ssh\n"
        "assert 'paramiko' not in sys.modules\n"
        "from setup_tool.adapters.ssh_library import import_paramiko\n"
        "import_paramiko()\n"
        "assert 'paramiko' in sys.modules and 'invoke' not in sys.modules\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, check=False)
    assert done.returncode == 0
