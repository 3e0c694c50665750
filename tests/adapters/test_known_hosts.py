"""Host keys are known by exactly the lines that OpenSSH would know them by."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.known_hosts import (
    add_known_host,
    check_host_key,
    fingerprint,
    host_entry,
    read_known_hosts,
)
from setup_tool.core.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

KIND = "ssh-ed25519"
BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0 " + b"k" * 32
# what `ssh-keygen -H` made of node1 and [node2]:2222
HASHED_NODE1 = "|1|UrHth78ySZF8P7FJcDaqtWlRYdk=|xjezwokYtqSt9ZwknvfB7mtCOXE="
HASHED_NODE2_2222 = "|1|o2yCaQyZHu3glurD7hkSH2fZdGM=|a3bZZYycIjR0maL9lDu2w3TSlWo="
OTHER = b"\0\0\0\x0bssh-ed25519\0\0\0 " + b"o" * 32


def line(hosts: str, blob: bytes = BLOB) -> str:
    return f"{hosts} {KIND} {base64.b64encode(blob).decode()} a comment\n"


def check(file: Path, host: str = "node1", port: int = 22, blob: bytes = BLOB) -> None:
    known = read_known_hosts([file])
    entry = host_entry(host, port)
    named = [key for key in known if key.names(entry)]
    check_host_key(named, entry, (host, port), (KIND, blob), file)


@pytest.mark.parametrize(
    ("hosts", "host", "port"),
    [
        ("node1", "node1", 22),
        ("node1", "NODE1", 22),
        ("other,node1,10.0.0.1", "10.0.0.1", 22),
        ("[node1]:2222", "node1", 2222),
        ("*.example", "node1.example", 22),
        ("node?", "node1", 22),
        ("[*]:2222", "node1", 2222),
    ],
)
def test_a_key_is_known_by_the_lines_that_name_its_host(
    hosts: str, host: str, port: int, tmp_path: Path
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("# a comment\n\nnonsense\n" + line(hosts))
    assert check(file, host, port) is None


@pytest.mark.parametrize(
    ("hosts", "port"), [("node2", 22), ("[node1]:2222", 22), ("node1", 2222), ("*,!node1", 22)]
)
def test_other_lines_vouch_for_nothing(hosts: str, port: int, tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(hosts))
    with pytest.raises(UnreachableError, match="knows no key of it"):
        check(file, port=port)


def test_lines_hashed_by_ssh_keygen_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line(HASHED_NODE1) + line(HASHED_NODE2_2222))
    check(file)
    check(file, "node2", 2222)
    with pytest.raises(UnreachableError):
        check(file, "node2")


def test_an_unknown_key_is_refused_with_its_fingerprint_and_the_command_to_add_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "known_hosts"
    with pytest.raises(UnreachableError) as refusal:
        check(file, port=2222)
    text = str(refusal.value)
    assert fingerprint(BLOB) in text
    assert f"ssh-keyscan -p 2222 node1 >> {file}" in text


def test_a_changed_key_is_refused_with_both_fingerprints_and_the_line(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("\n" + line("node1", OTHER))
    with pytest.raises(UnreachableError) as refusal:
        check(file)
    text = str(refusal.value)
    assert fingerprint(BLOB) in text
    assert fingerprint(OTHER) in text
    assert f"{file}:2" in text


def test_a_key_is_added_after_a_line_without_an_end(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line("other").rstrip("\n"))
    added = add_known_host(file, "[node1]:2222", (KIND, BLOB), hashed=False)
    assert added.origin == f"{file}:2"
    assert file.read_text().splitlines()[1].startswith("[node1]:2222 ssh-ed25519 ")
    check(file, port=2222)
    check(file, "other")


@pytest.mark.parametrize(("before", "hashed"), [(line(HASHED_NODE1), False), ("", True)])
def test_a_key_is_added_under_a_hashed_name_where_names_are_hashed(
    before: str, *, hashed: bool, tmp_path: Path
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(before)
    add_known_host(file, "node9", (KIND, BLOB), hashed=hashed)
    assert "node9" not in file.read_text()
    check(file, "node9")


def test_a_key_is_not_added_to_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="is no regular file"):
        add_known_host(tmp_path, "node1", (KIND, BLOB), hashed=False)


def test_a_revoked_key_is_refused_though_another_line_trusts_it(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(line("node1") + "@revoked " + line("*"))
    with pytest.raises(UnreachableError, match=r"known_hosts:2 revokes"):
        check(file)


def test_the_key_of_a_certificate_authority_vouches_for_no_host_key(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("@cert-authority " + line("*"))
    with pytest.raises(UnreachableError, match="knows no key of it"):
        check(file)


def test_the_fingerprint_is_the_one_that_ssh_keygen_prints() -> None:
    assert fingerprint(BLOB) == "SHA256:sArVyTbDlP2ByuRNM59Xf/iwOUmdy69sxylyNl3iUQQ"
