"""Where the files of ec2-api lie on a node, and what the node is asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.accounts import ReadAccount
from setup_tool.core.environments import ReadEnvironments
from setup_tool.core.folders import ReadFolder
from setup_tool.core.queries import FetchHttp, ReadFile, ReadService, ReadStamp
from setup_tool.declare.urls import bound

if TYPE_CHECKING:
    from setup_tool.core.queries import NodeQuery
    from setup_tool.declare.inventory import Node

SERVICE = "ec2-api"
PREFIX = "ec2-api-"
"""What the names of its environments begin with."""
ACCOUNT_MARK = "setup-tool made it for ec2-api"
"""The comment of the system user; without colons and commas (passwd(5), useradd(8))."""


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of one node, as the inventory spells them.

    ``homely``: all of it lies below the home of the login, who runs it; else it is the system's,
    with a user of its own. ``unit_file`` is None where a command restarts it.
    """

    homely: bool
    conf: str
    unit_file: str | None

    @property
    def folder(self) -> str:
        """The folder of its configuration."""
        return self.conf.rpartition("/")[0]

    @property
    def paste(self) -> str:
        """What PasteDeploy reads, beside its configuration."""
        return f"{self.folder}/api-paste.ini"

    @property
    def state(self) -> str:
        """The folder of its database, where that is SQLite's, and of its locks."""
        return self._below("/var/lib/ec2api")

    @property
    def environments(self) -> str:
        """The folder of its environments."""
        return self._below("/opt/setup-tool")

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it reads and that are written for it."""
        own = (self.unit_file,) if self.unit_file else ()
        return (self.conf, self.paste, self.auth_filter, self.corrections, *own)

    @property
    def modules(self) -> str:
        """The folder that is to be in its PYTHONPATH."""
        return self._below("/opt/setup-tool/ec2-api")

    @property
    def auth_filter(self) -> str:
        """The module of the filter that logs in at Keystone."""
        return f"{self.modules}/setup_tool_keystone_auth.py"

    @property
    def corrections(self) -> str:
        """The module of what is put right in ec2-api."""
        return f"{self.modules}/setup_tool_corrections.py"

    def _below(self, path: str) -> str:
        return f"~{path}" if self.homely else path


def places_of(node: Node) -> Places:
    """Return where ec2-api's files lie, or are to lie, on a node."""
    settings = node.settings
    unit = None if settings.ec2_api_restart else f"/etc/systemd/system/{settings.ec2_api_service}"
    return Places(settings.ec2_api_conf.startswith("~/"), settings.ec2_api_conf, unit)


def units_of(node: Node) -> tuple[str, ...]:
    """Return the systemd unit of ec2-api; none where a command restarts it."""
    return () if node.settings.ec2_api_restart else (node.settings.ec2_api_service,)


def environments_query(node: Node) -> ReadEnvironments:
    """Return the question which environments of ec2-api there are, and which wheels."""
    return ReadEnvironments(places_of(node).environments, PREFIX, node.settings.ec2_api_wheels)


def ec2_api_questions(node: Node) -> list[NodeQuery]:
    """Return what a node is asked where ec2-api is to be there, or is not to be."""
    settings, places = node.settings, places_of(node)
    health = settings.ec2_api_health_url or bound(settings.ec2_api_listen, settings.ec2_api_port)
    asked: list[NodeQuery] = [
        *map(ReadFile, places.files),
        *map(ReadFolder, (places.folder, places.modules, places.state, places.environments)),
        environments_query(node),
        ReadService(SERVICE, units_of(node), settings.ec2_api_port),
        ReadStamp(SERVICE, settings.state_dir),
    ]
    if not places.homely:
        asked.append(ReadAccount(settings.ec2_api_user))
    if settings.ec2 == "standalone":
        asked.append(FetchHttp(settings.ec2_api_health_url or f"{health}/"))
    return asked
