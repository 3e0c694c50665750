"""Serve a real Keystone on loopback from one folder.

usage: serve_identity.py FOLDER PORT ACCESS_LOG PASSWORDS

FOLDER holds keystone.conf. Its keys, its database and the first admin (password
"admin" of the JSON file PASSWORDS) are made on the first start. Every request
leaves a line in ACCESS_LOG, written before its answer is sent:
``TIME METHOD URI STATUS "USER-AGENT"``. No header and no body is logged.

One thread answers, because Keystone's SQLite database has one writer.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import secrets
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REGION = "RegionOne"


class AccessLog:
    """WSGI middleware that appends one line for each request to a file."""

    def __init__(self, application: Callable[..., Iterable[bytes]], path: Path) -> None:
        self._application = application
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Pass the request on; log it when its status is known."""

        def logged(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            method, uri = environ["REQUEST_METHOD"], environ["REQUEST_URI"]
            agent = json.dumps(environ.get("HTTP_USER_AGENT", ""))
            self._file.write(f"{now} {method} {uri} {status.partition(' ')[0]} {agent}\n")
            return start_response(status, headers, exc_info)

        return self._application(environ, logged)


def main() -> None:
    """Build Keystone on the first start, then serve it until a signal comes."""
    folder, port, access_log, passwords = Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]
    sys.argv = sys.argv[:1]  # oslo.config reads it
    warnings.filterwarnings("ignore")
    if not (folder / "built").exists():
        build(folder, f"http://127.0.0.1:{port}/v3", Path(passwords))

    from keystone.server.flask import core
    from waitress import serve  # type: ignore[import-untyped]

    application = core.initialize_application(
        name="public", config_files=[str(folder / "keystone.conf")]
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    serve(AccessLog(application, Path(access_log)), host="127.0.0.1", port=port, threads=1)


def build(folder: Path, url: str, passwords: Path) -> None:
    """Make keys, schema and the first admin, in a child process.

    Keystone's bootstrap locks the registry of its backends, so the process that did
    it can no longer serve. Forking after the imports saves the child importing again.
    """
    for repository in ("fernet-keys", "credential-keys"):
        (folder / repository).mkdir(mode=0o700, exist_ok=True)
        for name in ("0", "1"):
            key = base64.urlsafe_b64encode(secrets.token_bytes(32))
            (folder / repository / name).write_bytes(key)

    import keystone.server.wsgi  # noqa: F401  -- imported here for both processes

    child = os.fork()
    if child == 0:
        status = 1
        try:
            bootstrap(folder, url, json.loads(passwords.read_text())["admin"])
            status = 0
        except Exception:
            logging.getLogger(__name__).exception("Keystone could not be built")
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("Keystone could not be built")
    (folder / "built").touch()


def bootstrap(folder: Path, url: str, password: str) -> None:
    """Do what ``keystone-manage db_sync`` and ``keystone-manage bootstrap`` do."""
    import keystone.server
    from keystone.cmd.bootstrap import Bootstrapper
    from keystone.common.sql import upgrades

    keystone.server.configure(config_files=[str(folder / "keystone.conf")])
    upgrades.offline_sync_database_to_version()
    bootstrapper = Bootstrapper()
    bootstrapper.admin_username = bootstrapper.project_name = "admin"
    bootstrapper.admin_role_name = "admin"
    bootstrapper.admin_password = password
    bootstrapper.service_name = "keystone"
    bootstrapper.region_id = REGION
    bootstrapper.immutable_roles = True
    bootstrapper.public_url = bootstrapper.internal_url = bootstrapper.admin_url = url
    bootstrapper.bootstrap()


if __name__ == "__main__":
    main()
