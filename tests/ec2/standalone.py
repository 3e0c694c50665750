"""A real ec2-api with the filter, configured by hand, in front of any Keystone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool import data
from setup_tool.lab import loopback, packages
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ec2.keystones import Keystone

_PASTE = """\
[composite:ec2api]
use = egg:Paste#urlmap
/: cloud
/services/Cloud: cloud
[pipeline:cloud]
pipeline = fault log auth request executor
[filter:fault]
paste.filter_factory = ec2api.api:FaultWrapper.factory
[filter:log]
paste.filter_factory = ec2api.api:RequestLogging.factory
[filter:auth]
paste.filter_factory = setup_tool_keystone_auth:filter_factory
login_retry = {login_retry}
[filter:request]
paste.filter_factory = ec2api.api:Requestify.factory
[app:executor]
paste.app_factory = ec2api.api:Executor.factory
"""
_CONF = """\
[DEFAULT]
ec2api_listen = 127.0.0.1
ec2api_listen_port = {port}
ec2api_workers = 1
state_path = {folder}
api_paste_config = {folder}/api-paste.ini
keystone_ec2_tokens_url = {keystone}/v3/ec2tokens
# the default has each request's line, with the query and so with signatures
wsgi_log_format = %(client_ip)s status: %(status_code)s
debug = {debug}
[database]
connection = sqlite:///{folder}/ec2api.db
[oslo_concurrency]
lock_path = {folder}
[keystone_authtoken]
timeout = {timeout}
"""
_LOGIN = """\
auth_type = password
auth_url = {keystone}
username = {user}
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
"""


@dataclass
class Ec2Api:
    """One process in a folder of its own."""

    folder: Path
    keystone: Keystone
    port: int = field(default_factory=lambda: loopback.free_block(1))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def configure(
        self,
        *,
        user: str = "ec2-api",
        password: str | None = None,
        reached_at: str | None = None,
        timeout: int = 20,
        login_retry: int = 60,
        debug: bool = False,
        more: str = "",
    ) -> None:
        """Write its files; ``user`` empty: no login at all; ``more``: of the login's section."""
        shutil.copy(
            data.folder("templates") / "node/ec2-api/keystone_auth.py",
            self.folder / "setup_tool_keystone_auth.py",
        )
        url = reached_at or self.keystone.url
        text = _CONF.format(
            port=self.port, folder=self.folder, keystone=url, debug=debug, timeout=timeout
        )
        if user:
            known = self.keystone.passwords.get(user, "") if password is None else password
            text += _LOGIN.format(keystone=url, user=user, password=known)
        (self.folder / "ec2api.conf").write_text(text + more)
        (self.folder / "api-paste.ini").write_text(_PASTE.format(login_retry=login_retry))

    def start(self) -> None:
        """Make its database and start it; return when it answers."""
        self._run("ec2-api-manage", "db_sync").wait()
        self.process = self._run("ec2-api")
        wait_until(lambda: loopback.answered(self.port, "/", 2) == 400, seconds=90)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def _run(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        path = packages.EC2_API.interpreter(print).with_name(program)
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": str(self.folder),
            "PYTHONWARNINGS": "ignore",
            "EVENTLET_NO_GREENDNS": "yes",
        }
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [path, "--config-file", self.folder / "ec2api.conf", *words],
                env=environment,
                stdout=log,
                stderr=log,
            )


@contextlib.contextmanager
def serving(folder: Path, keystone: Keystone, **settings: object) -> Iterator[Ec2Api]:
    """Have an ec2-api run with these settings (see `Ec2Api.configure`), and end it."""
    ec2 = Ec2Api(folder, keystone)
    ec2.configure(**settings)  # type: ignore[arg-type]
    try:
        ec2.start()
        yield ec2
    finally:
        ec2.stop()
