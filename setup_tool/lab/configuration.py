"""The files of a lab, as an operator would have written them.

Each is written once: what somebody (or setup-tool) makes of it later stays. Only
the nodes' commands in `bin` are written anew at every start, since they name places
outside the lab's folder.
"""

from __future__ import annotations

import json
import secrets
import shlex
import shutil
import string
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.core.secret import Secret
from setup_tool.lab import layout, packages, seed, services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.lab.layout import Layout, Record

_FILES = Path(__file__).parent / "files"
_PASSWORD_BYTES = 18


def write(where: Layout, record: Record) -> None:
    """Write what is missing of the lab's folders and files."""
    for folder in (
        where.logs,
        where.ssh,
        where.keystone,
        where.storage / "etc",
        where.storage / "srv",
        *(where.nodes / node / "bin" for node in layout.NODES),
        *(where.nodes / node / "var/lib" for node in layout.NODES),
        *(where.proxy_conf(proxy).parent for proxy in layout.PROXIES),
        where.nova_conf().parent,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    passwords = _passwords(where)
    _write_keystone(where)
    _write_storage(where, record)
    for proxy in layout.PROXIES:
        _write_proxy(where, record, proxy, passwords["swift"])
    _write_nova(where, record)
    _write_once(where.clouds, lambda: _clouds(record, passwords))
    _write_once(where.inventory, lambda: _inventory(where, record))


def passwords(where: Layout) -> dict[str, Secret]:
    """Return the Keystone users' passwords by user name."""
    stored: dict[str, str] = json.loads(where.passwords.read_bytes())
    return {user: Secret(password) for user, password in stored.items()}


def write_control(where: Layout, record: Record, python: Path) -> None:
    """Write the command of each proxy node that starts, stops and reloads its server."""
    for proxy in layout.PROXIES:
        command = services.proxy_control(where, record, python, proxy)
        _write_command(where.nodes / proxy / "bin/proxy", "start|stop|restart|reload", command)


def write_ec2_api(where: Layout, record: Record, python: Path) -> None:
    """Give the controller the command for its ec2-api, and the inventory what names it.

    ``python`` is the interpreter of the environment that has ec2-api.
    """
    name = layout.EC2_API
    command = services.ec2_api_control(where, record, python)
    _write_command(where.nodes / "controller/bin" / name, "start|stop|restart", command)
    variables = where.inventory.with_name("group_vars") / "controller.yaml"
    variables.parent.mkdir(exist_ok=True)
    values = {
        "bin": str(python.parent),
        "port": str(record.port(name)),
        "url": f"{record.url(name)}/",
    }
    quoted = {key: _yaml(value) for key, value in values.items()}
    _write_once(variables, lambda: _render("ec2-api.yaml", **quoted))


def _write_command(script: Path, actions: str, command: tuple[str, ...]) -> None:
    layout.write_private(
        script,
        "#!/bin/sh\n"
        f"# {script.name} {actions}|status: this node's service manager\n"
        f'exec {shlex.join(command)} "$@"\n',
    )
    script.chmod(0o700)


def give_rings(where: Layout) -> None:
    """Copy swift.conf and the rings to the proxies that have none, as operators do."""
    etc = where.storage / "etc"
    for source in (etc / "swift.conf", *etc.glob("*.ring.gz")):
        for proxy in layout.PROXIES:
            target = where.proxy_conf(proxy).parent / source.name
            if not target.exists():
                shutil.copy(source, target)


def _passwords(where: Layout) -> dict[str, Secret]:
    users = (seed.ADMIN, *seed.ACCOUNTS)
    _write_once(
        where.passwords,
        lambda: json.dumps({account.user: _password() for account in users}, indent=2) + "\n",
    )
    return passwords(where)


def _write_keystone(where: Layout) -> None:
    _write_once(
        where.keystone / "keystone.conf",
        lambda: _render("keystone.conf", folder=str(where.keystone)),
    )


def _write_storage(where: Layout, record: Record) -> None:
    etc = where.storage / "etc"
    _write_once(
        etc / "swift.conf",
        lambda: _render("swift.conf", prefix=_password(), suffix=_password()),
    )
    for server in layout.STORAGE_SERVERS:
        values = {
            "server": server,
            "port": str(record.port(server)),
            "user": layout.user(),
            "etc": str(etc),
            "devices": str(where.storage / "srv"),
        }
        conf = etc / f"{server}-server.conf"
        _write_once(conf, partial(_render, "storage-server.conf", **values))


def _write_proxy(where: Layout, record: Record, proxy: str, password: Secret) -> None:
    conf = where.proxy_conf(proxy)
    _write_once(
        conf,
        lambda: _render(
            "proxy-server.conf",
            node=proxy,
            port=str(record.port(proxy)),
            etc=str(conf.parent),
            user=layout.user(),
            cache_port=str(record.port("cache")),
            keystone=record.url("keystone"),
            password=password.reveal(),
        ),
    )


def _write_nova(where: Layout, record: Record) -> None:
    logins = ("rabbit", "database", "nova", "neutron", "placement")
    _write_once(
        where.nova_conf(),
        lambda: _render(
            "nova.conf",
            keystone=record.url("keystone"),
            **{f"{login}_password": _password() for login in logins},
        ),
    )


def _clouds(record: Record, known: Mapping[str, Secret]) -> str:
    clouds = {
        "lab" if account is seed.ADMIN else f"lab-{account.user}": {
            "auth": {
                "auth_url": f"{record.url('keystone')}/v3",
                "username": account.user,
                "password": known[account.user].reveal(),
                "project_name": account.project,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": layout.REGION,
            "identity_api_version": 3,
        }
        for account in (seed.ADMIN, *seed.ACCOUNTS)
        if account is not seed.SWIFT
    }
    return json.dumps({"clouds": clouds}, indent=2) + "\n"


def _inventory(where: Layout, record: Record) -> str:
    values = {
        "user": layout.user(),
        "key": str(where.ssh / "user"),
        "known_hosts": str(where.ssh / "known_hosts"),
        "swift_version": packages.SERVERS.version_of("swift"),
    }
    for node in layout.NODES:
        values[f"{node}_port"] = str(record.port(f"{node}-ssh"))
    for proxy in layout.PROXIES:
        values[f"{proxy}_health"] = f"{record.url(proxy)}/healthcheck"
    quoted = {key: _yaml(value) for key, value in values.items()}
    return _render("inventory.yaml", **quoted)


def _render(name: str, **values: str) -> str:
    """Fill in a template. No value needs escaping: `lab.up` refuses folders that would."""
    return string.Template((_FILES / name).read_text(encoding="utf-8")).substitute(values)


def _yaml(value: str) -> str:
    return value if value.isdecimal() else json.dumps(value)


def _password() -> str:
    return secrets.token_hex(_PASSWORD_BYTES)


def _write_once(path: Path, content: Callable[[], str]) -> None:
    if not path.exists():
        layout.write_private(path, content())
