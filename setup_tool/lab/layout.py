"""Where everything of a lab lies, and what is remembered of it between its runs."""

from __future__ import annotations

import json
import os
import pwd
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.lab import loopback

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
REGION = "RegionOne"
PROXIES = ("proxy1", "proxy2")
NODES = ("controller", *PROXIES)
STORAGE_SERVERS = ("account", "container", "object")
EC2_API = "ec2-api"
CONTROLLED = (*PROXIES, EC2_API)
"""The services that a command on their node starts and stops."""

_PORTS = (
    "keystone",
    "front",
    *PROXIES,
    *(f"{node}-ssh" for node in NODES),
    *STORAGE_SERVERS,
    "cache",
    EC2_API,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of a lab."""

    folder: Path

    @property
    def record(self) -> Path:
        """What is remembered of the lab: `Record` as JSON."""
        return self.folder / "lab.json"

    @property
    def passwords(self) -> Path:
        """The Keystone users' passwords: a JSON object, by user name."""
        return self.folder / "passwords.json"

    @property
    def clouds(self) -> Path:
        """The clouds.yaml with an entry for each user."""
        return self.folder / "clouds.yaml"

    @property
    def inventory(self) -> Path:
        """The inventory that `plan` and `apply` take."""
        return self.folder / "inventory.yaml"

    @property
    def logs(self) -> Path:
        """The folder of the services' logs."""
        return self.folder / "log"

    @property
    def access_log(self) -> Path:
        """A line for each request that Keystone answered."""
        return self.logs / "keystone-access.log"

    @property
    def session_log(self) -> Path:
        """A JSON object a line for what happened on the nodes' SSH ports."""
        return self.logs / "sessions.jsonl"

    @property
    def ssh(self) -> Path:
        """The nodes' host keys, the client's key `user`, and `known_hosts`."""
        return self.folder / "ssh"

    @property
    def keystone(self) -> Path:
        """Keystone's configuration, keys and database."""
        return self.folder / "keystone"

    @property
    def storage(self) -> Path:
        """The configuration, rings and device of Swift's storage servers."""
        return self.folder / "storage"

    @property
    def nodes(self) -> Path:
        """A folder for each node: what `/` is on a real one."""
        return self.folder / "nodes"

    def log(self, service: str) -> Path:
        """Return the log of a service."""
        return self.logs / f"{service}.log"

    def proxy_conf(self, proxy: str) -> Path:
        """Return the proxy-server.conf of a proxy node."""
        return self.nodes / proxy / "etc/swift/proxy-server.conf"

    def nova_conf(self) -> Path:
        """Return the controller's nova.conf."""
        return self.nodes / "controller/etc/nova/nova.conf"

    def ec2_api_conf(self) -> Path:
        """Return where the controller's ec2-api has its configuration once it is set up."""
        return self.nodes / "controller/etc/ec2api/ec2api.conf"


@dataclass(frozen=True, slots=True)
class Record:
    """What a lab is, for as long as its folder lives."""

    id: str
    """The mark its processes carry."""
    folder: str
    """The absolute path its configuration files name."""
    first_port: int
    seeded: bool = False
    """Whether users and catalogue were put in; never done again, the cloud is the user's then."""
    ec2: bool = False
    """Whether an ec2-api was asked for."""
    format: int = FORMAT

    def port(self, name: str) -> int:
        """Return the port with a name from `_PORTS`."""
        return self.first_port + _PORTS.index(name)

    def url(self, name: str) -> str:
        """Return the HTTP address of a service, without a path."""
        return f"http://127.0.0.1:{self.port(name)}"


def user() -> str:
    """Return the name of the user the lab runs as; KeyError if the system knows none."""
    return pwd.getpwuid(os.getuid()).pw_name


def new_record(folder: Path) -> Record:
    """Choose an id and ports for a lab in ``folder``."""
    return Record(uuid.uuid4().hex, str(folder), loopback.free_block(len(_PORTS)))


def load(layout: Layout) -> Record | None:
    """Return what is remembered of the lab; None if there is none.

    Raises:
        DeclarationError: the record cannot be read, is of another format, or the lab
            was moved.
    """
    try:
        record = Record(**json.loads(layout.record.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError) as problem:
        raise DeclarationError(
            f"The lab's record {layout.record} cannot be read ({_reason(problem)}). "
            f"Remove the folder {layout.folder} and start a new lab."
        ) from None
    if record.format != FORMAT:
        raise DeclarationError(
            f"The lab in {layout.folder} was made by another version of setup-tool. "
            "Remove it with `setup-tool lab down --wipe` of that version, or choose another folder."
        )
    if record.folder != str(layout.folder):
        raise DeclarationError(
            f"The lab in {layout.folder} was made in {record.folder} and cannot be moved: "
            "its configuration files name that place. Move it back or start a new lab."
        )
    return record


def _reason(problem: Exception) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem)


def save(layout: Layout, record: Record) -> Record:
    """Remember the record; return it."""
    write_private(layout.record, json.dumps(asdict(record), indent=2) + "\n")
    return record


def mark_seeded(layout: Layout, record: Record) -> Record:
    """Remember that users and catalogue are in."""
    return save(layout, replace(record, seeded=True))


def mark_ec2(layout: Layout, record: Record) -> Record:
    """Remember that an ec2-api was asked for."""
    return save(layout, replace(record, ec2=True))


def write_private(path: Path, content: str) -> None:
    """Replace a file wholly, readable by nobody else from the moment it exists."""
    partial = path.with_name(f".{path.name}.part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    partial.rename(path)
