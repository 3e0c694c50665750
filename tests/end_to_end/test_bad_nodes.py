"""Nodes that cannot be entered: every one of them is named, with the phase and what to do."""

from __future__ import annotations

import base64
import getpass
import hashlib
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.adapters.impostor import serving
from tests.end_to_end.refusals import UNREACHABLE, InventoryText, apply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cloud import Cloud

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    """A port that nobody listens on and nobody else gets."""
    with socket.socket() as held:
        held.bind((HERE, 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key that no node knows and one that is encrypted."""
    folder = tmp_path_factory.mktemp("keys")
    for name, lock in (
        ("stranger", NoEncryption()),
        ("encrypted", BestAvailableEncryption(b"canary")),
    ):
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, lock)
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        (folder / name).write_bytes(private)
        (folder / name).chmod(0o600)
        (folder / f"{name}.pub").write_bytes(public + b" somebody\n")
    return folder


def fingerprint(public: Path) -> str:
    """Return a key's fingerprint as ``ssh-keygen -l`` tells it."""
    blob = base64.b64decode(public.read_text().split()[1])
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


def destination(cloud: Cloud, node: str) -> str:
    return f"{getpass.getuser()}@{HERE}:{cloud.lab.record.port(f'{node}-ssh')}"


def test_one_node_that_is_down_stops_the_run_before_anything_is_changed(
    served: Cloud, closed_port: int, tmp_path: Path
) -> None:
    inventory = InventoryText.of(served).of_node("proxy1", ansible_port=closed_port)
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"), status=UNREACHABLE)
    assert said == (
        f"proxy1: connect: no connection to {getpass.getuser()}@{HERE}:{closed_port}: Connection "
        "refused. Check that the node is up, its ansible_host and ansible_port, and firewalls "
        "between."
    )


def test_a_node_that_is_left_out_by_limit_may_be_down(
    served: Cloud, closed_port: int, tmp_path: Path
) -> None:
    inventory = InventoryText.of(served).of_node("proxy1", ansible_port=closed_port)
    path = inventory.written(tmp_path / "inventory.yaml")
    assert served.plan("--limit", "!proxy1", inventory=path)["converged"] is True


def test_several_nodes_that_keep_us_out_are_all_named_with_what_to_do(
    served: Cloud, keys: Path, tmp_path: Path
) -> None:
    inventory = (
        InventoryText.of(served)
        .of_node("controller", ansible_ssh_private_key_file=keys / "gone")
        .of_node("proxy1", ansible_ssh_private_key_file=keys / "stranger")
        .of_node("proxy2", ansible_host="node.invalid")
    )
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"), status=UNREACHABLE)
    controller, proxy1, proxy2 = said.splitlines()
    assert controller.startswith(f"controller: login: there is no key file {keys / 'gone'}; ")
    assert "correct ansible_ssh_private_key_file" in controller
    assert proxy1.startswith(f"proxy1: login: {destination(served, 'proxy1')} refused ssh-ed25519")
    assert "check the user, and that the key is in its authorized_keys." in proxy1
    assert proxy2.startswith("proxy2: resolve: the name node.invalid has no address")
    assert "Correct ansible_host" in proxy2


def test_what_is_no_usable_key_and_what_is_no_ssh_are_told(
    served: Cloud, keys: Path, tmp_path: Path
) -> None:
    with serving() as web_server:
        inventory = (
            InventoryText.of(served)
            .of_node("controller", ansible_ssh_private_key_file=keys / "encrypted")
            .of_node("proxy1", ansible_ssh_private_key_file=keys / "stranger.pub")
            .of_node("proxy2", ansible_port=urlsplit(web_server.url).port)
        )
        path = inventory.written(tmp_path / "inventory.yaml")
        said = apply(served, path, status=UNREACHABLE)
    controller, proxy1, proxy2 = said.splitlines()
    assert controller.startswith(f"controller: login: the key in {keys / 'encrypted'} is encrypted")
    assert f"ssh-add {keys / 'encrypted'}" in controller
    assert f"proxy1: login: {keys / 'stranger.pub'} is not a private key; correct" in proxy1
    assert "does not speak SSH with us" in proxy2
    assert "Check that ansible_port is its SSH port." in proxy2


def test_unknown_host_keys_are_shown_with_their_fingerprints(served: Cloud, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.touch()
    inventory = InventoryText.of(served).said("known_hosts", known_hosts)
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"), status=UNREACHABLE)
    for node, line in zip(("controller", "proxy1", "proxy2"), said.splitlines(), strict=True):
        port = served.lab.record.port(f"{node}-ssh")
        shown = fingerprint(served.lab.layout.ssh / f"{node}.pub")
        assert line.startswith(
            f"{node}: host key: [{HERE}]:{port} shows the key ssh-ed25519 {shown}, and "
            f"{known_hosts} knows no key of it."
        )
        assert f"ssh-keyscan -p {port} {HERE} >> {known_hosts}" in line
    assert known_hosts.read_text() == "", "no key is taken for known by itself"


def test_a_changed_host_key_is_refused_with_the_line_that_knows_another(
    served: Cloud, keys: Path, tmp_path: Path
) -> None:
    port = served.lab.record.port("proxy1-ssh")
    lines = (served.lab.layout.ssh / "known_hosts").read_text().splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if f":{port} " in line]
    old = " ".join((keys / "stranger.pub").read_text().split()[:2])
    lines[at] = f"[{HERE}]:{port} {old}\n"
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text("".join(lines))
    inventory = InventoryText.of(served).said("known_hosts", known_hosts)
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"), status=UNREACHABLE)
    assert said.startswith(f"proxy1: host key: [{HERE}]:{port} shows the key ssh-ed25519 ")
    assert fingerprint(served.lab.layout.ssh / "proxy1.pub") in said
    assert f"{fingerprint(keys / 'stranger.pub')} ({known_hosts}:{at + 1})" in said
    assert f"ssh-keygen -R '[{HERE}]:{port}' -f {known_hosts}" in said
    assert "controller" not in said
    assert "proxy2" not in said


def test_a_wrong_inventory_weighs_more_than_a_node_that_is_down(
    served: Cloud, closed_port: int, tmp_path: Path
) -> None:
    inventory = (
        InventoryText.of(served)
        .of_node("proxy1", ansible_port=closed_port)
        .of_node("proxy2", s3="s3apy")
    )
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"))
    assert "Did you mean s3api?" in said
    assert "proxy1" not in said


def test_a_journal_that_cannot_be_kept_is_refused_before_anything_is_touched(
    served: Cloud, tmp_path: Path
) -> None:
    inventory = InventoryText.of(served).of_node("proxy1", state_dir="~/etc/swift/swift.conf")
    said = apply(served, inventory.written(tmp_path / "inventory.yaml"))
    assert said.startswith("proxy1: ~/etc/swift/swift.conf cannot be used for setup-tool's journal")
    assert "or set state_dir" in said
