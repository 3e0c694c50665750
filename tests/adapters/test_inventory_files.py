"""Inventories on disk, and through a stand-in for ``ansible-inventory`` (a real process)."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from setup_tool.adapters.ansible_listing import list_with_ansible, summary
from setup_tool.adapters.inventory_files import load_inventory
from setup_tool.core.errors import DeclarationError

YAML = "proxy: {hosts: {p1: {ansible_host: 10.0.0.1}}}\n"
INI = "[proxy]\np1 ansible_host=10.0.0.1\n"
LISTING = {
    "_meta": {"hostvars": {"p1": {"ansible_host": "10.0.0.9"}}},
    "all": {"children": ["ungrouped", "proxy"]},
    "proxy": {"hosts": ["p1"]},
}


def write(path: Path, content: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.fixture(autouse=True)
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a PATH on which there is no Ansible but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def ansible(folder: Path, body: str) -> None:
    """Put an ``ansible-inventory`` on the PATH that runs a body of Python."""
    program = folder / "ansible-inventory"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n", encoding="utf-8"
    )
    program.chmod(0o755)


def test_a_yaml_inventory_is_read_with_the_files_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path / "hosts.yaml", YAML)
    write(tmp_path / "group_vars" / "all.yml", "region: all\nserial: 5\n")
    write(tmp_path / "group_vars" / "proxy" / "10.yml", "region: ten\n")
    write(tmp_path / "group_vars" / "proxy" / "20", "region: twenty\n")
    write(tmp_path / "group_vars" / "proxy" / "sub" / "x.yaml", "s3_location: sub\n")
    write(tmp_path / "host_vars" / "p1.json", '{"firewall": "off"}')
    settings = load_inventory(path).nodes[0].settings
    assert (settings.region, str(settings.serial), settings.s3_location, settings.firewall) == (
        "twenty",
        "5",
        "sub",
        "off",
    )
    assert str(settings.origins["region"]) == f"{tmp_path}/group_vars/proxy/20:1"


def test_files_that_ansible_would_not_read_are_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "hosts.yaml", YAML)
    for name in ("30.txt", ".40.yml", "50.yml~", "sub.d/x.yml"):
        write(tmp_path / "group_vars" / "proxy" / name, "region: wrong\n")
    write(tmp_path / "group_vars" / "proxy.yml", "region: wrong\n")
    write(tmp_path / "group_vars" / "nobody.yml", b"\xff not read")
    assert load_inventory(path).nodes[0].settings.region is None


def test_of_several_files_for_one_group_the_first_ending_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "hosts.yaml", YAML)
    for ending in (".json", ".yaml", ".yml"):
        write(tmp_path / "group_vars" / f"proxy{ending}", f'{{"region": "{ending}"}}')
    assert load_inventory(path).nodes[0].settings.region == ".yml"


def test_an_inventory_without_an_ending_or_with_a_byte_order_mark_is_yaml_too(
    tmp_path: Path,
) -> None:
    for name, text in (
        ("hosts", YAML),
        ("bom.yaml", "\ufeff" + YAML),
        ("crlf", YAML + "\r\n# x\r\n"),
    ):
        assert load_inventory(write(tmp_path / name, text)).nodes[0].access.host == "10.0.0.1"


def test_the_home_folder_is_the_operators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ops")
    path = write(tmp_path / "hosts.yaml", "proxy: {hosts: {p1: {known_hosts: ~/known}}}")
    assert load_inventory(path).nodes[0].access.known_hosts == "/home/ops/known"


def test_a_missing_inventory_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(
        DeclarationError, match=r"There is no inventory .*nowhere\.yaml\. Give the path"
    ):
        load_inventory(str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"proxy:\n  hosts:\n    p\xff1:\n", ":3: This is not UTF-8. Save the file as UTF-8."),
        (b"proxy:\n\thosts:\n", ":2: This is not valid YAML: a tab stands in the indentation"),
        (b"proxy: [\n", ":2: This is not valid YAML"),
        (b"", ": The inventory is empty."),
        (b"\n# nothing\n", ": The inventory is empty."),
        (b"\x00\x01", ":1: A control character stands here"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_line(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = write(tmp_path / "hosts.yaml", content)
    with pytest.raises(DeclarationError) as refusal:
        load_inventory(path)
    assert str(refusal.value).startswith(path + sentence)
    assert refusal.value.exit_status == 2


def test_a_file_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "hosts.yaml", YAML)

    def refuse(file: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DeclarationError, match=r"hosts.yaml cannot be read: Permission denied\."):
        load_inventory(path)


def test_a_broken_file_of_variables_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "hosts.yaml", YAML)
    file = write(tmp_path / "group_vars" / "proxy.yml", "a: 1\nb: ]\n")
    with pytest.raises(DeclarationError, match=f"^{file}:2: This is not valid YAML"):
        load_inventory(path)


FOREIGN = {
    "hosts.ini": (INI, "in the INI format"),
    "hosts": ("p1\np2\n", "in the INI format"),
    "bare": ("# comment: x\np1 ansible_port=22\n", "in the INI format"),
    "cloud.yaml": (
        "plugin: openstack.cloud.openstack\n",
        "configuration of an Ansible inventory plugin",
    ),
    "secret.yml": ("$ANSIBLE_VAULT;1.1;AES256\n3132\n", "encrypted with Ansible's vault"),
}


@pytest.mark.parametrize(("name", "content"), FOREIGN.items())
def test_without_ansible_what_only_it_can_read_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: tuple[str, str]
) -> None:
    path = write(tmp_path / name, content[0])
    with pytest.raises(DeclarationError) as refusal:
        load_inventory(path)
    assert str(refusal.value).startswith(f"{path}: This ")
    assert content[1] in str(refusal.value)
    assert "ansible-inventory, which is not installed. Install ansible-core" in str(refusal.value)


@pytest.mark.parametrize(("name", "content"), FOREIGN.items())
def test_with_ansible_its_listing_is_the_inventory(
    tmp_path: Path, bin_folder: Path, name: str, content: tuple[str, str]
) -> None:
    path = write(tmp_path / name, content[0])
    ansible(
        bin_folder,
        f"assert sys.argv[1:] == ['--inventory={path}', '--list']\nprint({json.dumps(LISTING)!r})",
    )
    assert load_inventory(path).nodes[0].access.host == "10.0.0.9"


def test_an_encrypted_file_of_variables_goes_through_ansible(
    tmp_path: Path, bin_folder: Path
) -> None:
    path = write(tmp_path / "hosts.yaml", YAML)
    write(tmp_path / "group_vars" / "all" / "vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n3132\n")
    with pytest.raises(
        DeclarationError, match=r"vault.yml: This file is encrypted .* not installed"
    ):
        load_inventory(path)
    ansible(bin_folder, f"print({json.dumps(LISTING)!r})")
    assert load_inventory(path).nodes[0].access.host == "10.0.0.9"


def test_a_folder_of_inventories_goes_through_ansible(tmp_path: Path, bin_folder: Path) -> None:
    write(tmp_path / "cloud" / "a.ini", INI)
    with pytest.raises(DeclarationError, match="This is a folder of inventories"):
        load_inventory(str(tmp_path / "cloud"))
    ansible(bin_folder, f"print({json.dumps(LISTING)!r})")
    assert load_inventory(str(tmp_path / "cloud")).nodes[0].name == "p1"


def test_a_script_is_never_run_by_setup_tool_itself(tmp_path: Path) -> None:
    script = tmp_path / "hosts"
    write(script, f"#!/bin/sh\n: > {tmp_path}/was-run\n")
    script.chmod(0o755)
    with pytest.raises(DeclarationError, match="This inventory is an executable script"):
        load_inventory(str(script))
    assert not (tmp_path / "was-run").exists()


def test_a_yaml_file_that_happens_to_be_executable_is_still_yaml(tmp_path: Path) -> None:
    path = write(tmp_path / "hosts.yaml", YAML)
    Path(path).chmod(0o755)
    assert load_inventory(path).nodes[0].name == "p1"


def test_ansibles_complaint_is_told_without_what_it_quotes(
    tmp_path: Path, bin_folder: Path
) -> None:
    path = write(tmp_path / "hosts.ini", INI)
    ansible(
        bin_folder,
        "print('[WARNING]: got: canary-s3cret', file=sys.stderr)\n"
        "sys.exit('[ERROR]: Failed to parse: Expected key=value, got: canary-s3cret')",
    )
    with pytest.raises(DeclarationError) as refusal:
        load_inventory(path)
    assert "could not read it (Failed to parse: Expected key=value)" in str(refusal.value)
    assert f"Run `ansible-inventory -i {path} --list` to see its whole message" in str(
        refusal.value
    )
    assert "canary" not in str(refusal.value)


@pytest.mark.parametrize(
    ("errors", "gist"),
    {
        "": "exit status 3",
        "Traceback\nNo such thing": "exit status 3",
        "ERROR! Attempting to decrypt but no vault secrets found\n": (
            "Attempting to decrypt but no vault secrets found"
        ),
        "[ERROR]: Unexpected 'canary' here": "Unexpected",
        "[ERROR]: 'canary'": "exit status 3",
    }.items(),
)
def test_the_gist_of_ansibles_errors(errors: str, gist: str) -> None:
    assert summary(errors, 3) == gist


def test_a_missing_vault_password_is_said_where_to_name(tmp_path: Path, bin_folder: Path) -> None:
    path = write(tmp_path / "hosts.yml", "$ANSIBLE_VAULT;1.1;AES256\n31\n")
    ansible(bin_folder, "sys.exit('[ERROR]: Attempting to decrypt but no vault secrets found.')")
    with pytest.raises(DeclarationError, match="ANSIBLE_VAULT_PASSWORD_FILE"):
        load_inventory(path)


@pytest.mark.parametrize("output", ["", "not JSON", "[]"])
def test_an_answer_that_is_no_listing_is_refused(
    tmp_path: Path, bin_folder: Path, output: str
) -> None:
    path = write(tmp_path / "hosts.ini", INI)
    ansible(bin_folder, f"print({output!r})")
    with pytest.raises(DeclarationError, match="printed no listing"):
        load_inventory(path)


def test_an_ansible_that_hangs_is_stopped_with_its_children(
    tmp_path: Path, bin_folder: Path
) -> None:
    program = bin_folder / "ansible-inventory"
    program.write_text(
        f"#!/bin/sh\n/bin/sleep 60 &\necho $$ $! > '{tmp_path}/pids'\nwait\n", encoding="utf-8"
    )
    program.chmod(0o755)
    with pytest.raises(DeclarationError, match=r"did not read .* within 1 seconds and was stopped"):
        list_with_ansible("hosts.ini", "", timeout=1)
    pids = (tmp_path / "pids").read_text(encoding="utf-8").split()
    assert len(pids) == 2
    assert all(_ends(int(pid)) for pid in pids)


def _ends(pid: int) -> bool:
    """Wait up to ten seconds for a process that is no child of this one to end."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_ansible_cannot_ask_on_the_terminal(bin_folder: Path) -> None:
    ansible(
        bin_folder,
        "assert os.getsid(0) == os.getpid() and sys.stdin.read() == ''\n"
        "print(json.dumps({'colour': os.environ['ANSIBLE_NOCOLOR']}))",
    )
    assert list_with_ansible("hosts.ini", "") == {"colour": "1"}


def test_nothing_heavy_is_imported_before_an_inventory_is_read() -> None:
    code = "import sys, setup_tool.adapters.inventory_files; print('yaml' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert found.stdout == "False\n"
