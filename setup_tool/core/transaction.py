"""What one node does by itself in one stage, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from setup_tool.core.accounts import MakeAccount, RemoveAccount
from setup_tool.core.environments import BuildEnvironment, RemoveEnvironments
from setup_tool.core.firewall import OpenPort
from setup_tool.core.folders import MakeFolder, RemoveFolder

if TYPE_CHECKING:
    from setup_tool.core.content import Content
    from setup_tool.core.http import Request


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Replace a file whose digest is still ``replaces`` (None: it must not exist).

    Owner, mode, extended attributes and label are kept; ``mode`` and ``owner``
    (``UID:GID`` or names; None: its folder's) are for a new file.
    ``in_place``: written through the existing inode, for bind mounts only.
    """

    path: str
    content: Content
    replaces: str | None
    mode: int = 0o640
    in_place: bool = False
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove a file whose digest is still ``replaces``."""

    path: str
    replaces: str


class ConfigTest(Enum):
    """How Swift's proxy server is made to load a configuration file without serving it."""

    OPTION = "option"
    """``swift-proxy-server FILE --test-config``, which Swift has from 2.32 on."""
    LOADER = "loader"
    """``init_request_processor`` of ``swift.common.wsgi``, which every release starts with."""


@dataclass(frozen=True, slots=True)
class Drain:
    """How long a service is kept out of its balancer before it is told to read its files.

    ``wait`` is what the balancer is given to notice, before and after; ``timeout`` is how
    long connections may take to end at most. Both in seconds.
    """

    wait: int
    timeout: int


@dataclass(frozen=True, slots=True)
class ServiceControl:
    """How a service is told to read its files again, and how its health is asked.

    With ``unit`` systemd does it, unless a command stands in its place. ``port``
    finds the running instance where there is no unit. ``reads`` are the files whose
    digests the stamp records. ``seamless``: where there is no ``reload`` command, SIGUSR1
    to its main process has it start anew without a gap in listening (Swift from 2.24 on).
    ``config_test``: how a file that it reads is tried before it goes live.
    ``health_statuses`` are the HTTP statuses of ``health_url`` that mean it is well; so
    does 503 while the file ``disable_path`` is there, by which Swift's health check takes
    a proxy out of its balancer. With ``drain`` that is done around each reload or restart.
    ``own_unit``: the unit's file is ours, so systemd is told to read it, and to start the service
    whenever the node starts. ``stop`` is a command in the place of systemd. Timeouts are in
    seconds.
    """

    name: str
    reads: tuple[str, ...]
    health_url: str
    unit: str | None = None
    port: int | None = None
    restart: str | None = None
    reload: str | None = None
    seamless: bool = False
    config_test: ConfigTest | None = None
    disable_path: str | None = None
    drain: Drain | None = None
    health_statuses: tuple[int, ...] = (200,)
    health_timeout: int = 60
    own_unit: bool = False
    stop: str | None = None


@dataclass(frozen=True, slots=True)
class EndService:
    """Stop a service for good, before its files are removed, and forget its stamp."""

    service: ServiceControl


@dataclass(frozen=True, slots=True)
class BounceService:
    """Make a service read its files: a reload without a gap where ``reload``, else a restart."""

    service: ServiceControl
    reload: bool


@dataclass(frozen=True, slots=True)
class StampService:
    """Record that the running instance has read the files as they are now.

    With ``due`` record that it has to read them again.
    """

    service: ServiceControl
    due: bool = False


@dataclass(frozen=True, slots=True)
class SettleRun:
    """Close the journal of a dead run, remove the temporary files it left, end its drain."""

    run: str


@dataclass(frozen=True, slots=True)
class InstallPackages:
    """Install packages and nothing that is there already; not undone by a restore.

    Refused where that would upgrade or remove anything. Installed services are not
    started, and configuration files that are there stay as they are.
    """

    names: tuple[str, ...]


NodeStep = (
    SettleRun
    | MakeAccount
    | MakeFolder
    | InstallPackages
    | BuildEnvironment
    | EndService
    | WriteFile
    | RemoveFile
    | BounceService
    | StampService
    | OpenPort
    | RemoveFolder
    | RemoveEnvironments
    | RemoveAccount
)


@dataclass(frozen=True, slots=True)
class Canary:
    """One request through one proxy and the statuses that mean it works.

    ``before``: it should work before the change already; a service whose
    ``before`` canaries failed at the start was broken already.
    """

    name: str
    request: Request
    expected: tuple[int, ...]
    before: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """The steps of one node in one stage, in their order. ``run`` is unique and path-safe.

    ``command`` is the word an operator ran, for those who read the node's journal.
    """

    run: str
    state_dir: str
    steps: tuple[NodeStep, ...]
    canaries: tuple[Canary, ...] = ()
    command: str = "apply"


class Ending(Enum):
    """How a transaction ended."""

    DONE = "done"
    RESTORED = "restored"
    """It failed and the node put the old files and service back."""
    FAILED = "failed"
    """It failed and stands as it is: nothing was written, or it was broken before."""
    STALE = "stale"
    """A file had changed since it was observed; nothing was written."""
    LOCKED = "locked"
    """Another run holds the node; nothing was written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended, the step it ended in, and what the node said, secrets masked."""

    ending: Ending
    step: str = ""
    detail: str = ""
