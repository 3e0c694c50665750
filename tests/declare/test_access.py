"""Ansible's connection variables: what is honoured, what is ignored, what is refused."""

from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret
from setup_tool.declare.inventory import Access, make_inventory, parse_inventory


def access(variables: str) -> Access:
    text = f"proxy:\n  hosts: {{p1: }}\n  vars:\n    {variables}\n"
    return make_inventory(parse_inventory(text, "hosts.yaml"), home="/home/ops").nodes[0].access


HONOURED = {
    "x: y": Access("p1"),
    "ansible_host: 10.0.0.1": Access("10.0.0.1"),
    "ansible_ssh_host: 10.0.0.1\n    ansible_host: 10.0.0.2": Access("10.0.0.1"),
    "ansible_host: '{{ inventory_hostname }}.example.org'": Access("p1.example.org"),
    "ansible_port: 2222": Access("p1", port=2222),
    "ansible_ssh_port: '2222'": Access("p1", port=2222),
    "ansible_user: ops": Access("p1", user="ops"),
    "ansible_ssh_private_key_file: ~/.ssh/id": Access("p1", key_file="/home/ops/.ssh/id"),
    "ansible_become: yes": Access("p1", become=True),
    "ansible_become: 'True'": Access("p1", become=True),
    "ansible_become: 0": Access("p1"),
    "ansible_become_pass: 1234": Access("p1", become_password=Secret("1234")),
    "ansible_password: ' x '": Access("p1", password=Secret(" x ")),
    "ansible_ssh_pass: x": Access("p1", password=Secret("x")),
    "ansible_connection: local": Access("p1", connection="local"),
    "ansible_connection: ansible.builtin.ssh": Access("p1"),
    "ansible_connection: smart": Access("p1"),
    "known_hosts: /k": Access("p1", known_hosts="/k"),
    "ansible_ssh_common_args: -o UserKnownHostsFile=~/k": Access("p1", known_hosts="/home/ops/k"),
    "ansible_ssh_common_args: -o UserKnownHostsFile=/k\n    known_hosts: /l": (
        Access("p1", known_hosts="/l")
    ),
    "ansible_ssh_common_args: -o ProxyJump=ops@b:22": Access("p1", proxy_jump="ops@b:22"),
    "ansible_ssh_common_args: -oproxyjump=b": Access("p1", proxy_jump="b"),
    "ansible_ssh_common_args: '-o \"ProxyJump b\"'": Access("p1", proxy_jump="b"),
    "ansible_ssh_common_args: -J a,b": Access("p1", proxy_jump="a,b"),
    "ansible_ssh_extra_args: -Jb": Access("p1", proxy_jump="b"),
    "ansible_ssh_common_args: -o ProxyJump=none": Access("p1"),
    "ansible_ssh_common_args: '-o ProxyCommand=\"ssh -W %h:%p -q ops@b\"'": (
        Access("p1", proxy_jump="ops@b")
    ),
    "ansible_ssh_common_args: '-o ProxyCommand=\"/usr/bin/ssh -p 23 -l me b -W [%h]:%p\"'": (
        Access("p1", proxy_jump="me@b:23")
    ),
    "ansible_ssh_common_args: ''": Access("p1"),
    "ansible_ssh_args: -C -o ControlMaster=auto -o ControlPersist=60s -4qv": Access("p1"),
    "ansible_ssh_common_args: -o StrictHostKeyChecking=yes": Access("p1"),
    "ansible_ssh_common_args: -o StrictHostKeyChecking=accept-new": Access("p1", accept_new=True),
    "ansible_host: '2001:db8::7'": Access("2001:db8::7"),
    "ansible_host: '[2001:db8::7]'": Access("2001:db8::7"),
    "ansible_host: fe80::7%eth0": Access("fe80::7%eth0"),
    "ansible_ssh_common_args: '-J ops@[2001:db8::1]:22,b'": (
        Access("p1", proxy_jump="ops@[2001:db8::1]:22,b")
    ),
    "ansible_ssh_common_args: '-J ssh://ops@b:22'": Access("p1", proxy_jump="ssh://ops@b:22"),
    "ansible_timeout: 40": Access("p1", timeout=40),
    "ansible_timeout: 40\n    ansible_ssh_timeout: 50": Access("p1", timeout=50),
}


@pytest.mark.parametrize(("variables", "expected"), HONOURED.items(), ids=list(HONOURED))
def test_a_connection_variable_is_honoured(variables: str, expected: Access) -> None:
    assert access(variables) == expected


@pytest.mark.parametrize(
    "variables",
    [
        "ansible_python_interpreter: /usr/bin/python3",
        "ansible_ssh_pipelining: true",
        "ansible_ssh_retries: 3",
        "ansible_become_method: sudo",
        "ansible_become_user: root",
        "ansible_become_flags: -H -S -n",
        "ansible_ssh_executable: ssh",
        "ansible_host_key_checking: true",
        "ansible_shell_type: sh",
        "ansible_network_os: ios",
        "ansible_sftp_extra_args: -o Anything=1",
    ],
)
def test_what_does_not_change_the_way_is_ignored(variables: str) -> None:
    assert access(variables) == Access("p1")


REFUSED = {
    "ansible_connection: winrm": (
        "ansible_connection of p1 is winrm; nodes are reached by ssh or local"
    ),
    "ansible_port: 0": "ansible_port is a port",
    "ansible_port: 65536": "ansible_port is a port",
    "ansible_port: ssh": "ansible_port is a port",
    "ansible_host: -oProxyCommand=x": "ansible_host is one word that does not begin with a dash",
    "ansible_host: a b": "ansible_host is one word",
    "ansible_user: -l": "ansible_user is one word",
    "ansible_become: maybe": "ansible_become is either",
    "ansible_become_method: su": "ansible_become_method of p1 is not honoured; only sudo",
    "ansible_become_user: nova": (
        "ansible_become_user of p1 is not honoured; only root is: the files"
    ),
    "ansible_become_flags: -i": "ansible_become_flags of p1 holds flags for sudo",
    "ansible_become_password: 010": "ansible_become_password is no text to YAML",
    "ansible_password: yes": "ansible_password is no text to YAML",
    "ansible_password: !vault abc": "ansible_password is encrypted by itself",
    "ansible_user: a\n    ansible_user: b": "ansible_user stands here a second time",
    "ansible_ssh_private_key_passphrase: x": "passphrase of p1 is not honoured: load the key into",
    "ansible_ssh_executable: /opt/ssh": "ansible_ssh_executable of p1 is not honoured",
    "ansible_shell_type: powershell": "ansible_shell_type of p1 is not honoured",
    "ansible_host_key_checking: false": (
        "ansible_host_key_checking turns the check of host keys off"
    ),
    "ansible_ssh_host_key_checking: no": "turns the check of host keys off",
    "ansible_ssh_common_args: -o StrictHostKeyChecking=no": "turns the check of host keys off",
    "ansible_ssh_extra_args: -o UserKnownHostsFile=/dev/null": "turns the check of host keys off",
    "ansible_ssh_common_args: -o ProxyCommand=nc": (
        "of these only `ssh -W %h:%p HOST` is understood"
    ),
    "ansible_ssh_common_args: '-o ProxyCommand=\"ssh b nc %h %p\"'": "of these only `ssh -W",
    "ansible_ssh_common_args: -o ProxyJump=a;b": "names a jump host that is not",
    "ansible_ssh_common_args: -J b:port": "names a jump host that is not",
    "ansible_timeout: soon": "ansible_timeout is a number of seconds",
    "ansible_ssh_timeout: 0": "ansible_ssh_timeout is a number of seconds",
    "ansible_ssh_common_args: -i /key": (
        "identityfile, which setup-tool does not honour: say it with"
    ),
    "ansible_ssh_common_args: -p 23": "say it with ansible_port",
    "ansible_ssh_common_args: -F /etc/ssh/other": "holds the SSH option -F, which",
    "ansible_ssh_common_args: -o HostKeyAlias=x": "SSH option hostkeyalias",
    "ansible_ssh_common_args: -Z": "SSH option -Z",
    "ansible_ssh_common_args: host": "an argument without a dash",
    "ansible_ssh_common_args: -J": "cannot be split into arguments",
    "ansible_ssh_common_args: -o 'a": "cannot be split into arguments",
}


@pytest.mark.parametrize(("variables", "sentence"), REFUSED.items(), ids=list(REFUSED))
def test_what_would_change_the_way_and_is_not_honoured_is_refused(
    variables: str, sentence: str
) -> None:
    with pytest.raises(DeclarationError) as refusal:
        access(variables)
    assert str(refusal.value).startswith("hosts.yaml:")
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    "variables",
    [
        "ansible_ssh_common_args: -o ProxyCommand=nc",
        "ansible_host_key_checking: false",
        "ansible_shell_type: x",
    ],
)
def test_ssh_is_of_no_matter_where_the_connection_is_local(variables: str) -> None:
    assert access(f"ansible_connection: local\n    {variables}") == Access("p1", connection="local")
