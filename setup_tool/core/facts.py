"""What a node answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from setup_tool.core.accounts import AccountFact
from setup_tool.core.environments import EnvironmentsFact
from setup_tool.core.firewall import FirewallFact
from setup_tool.core.folders import FolderFact
from setup_tool.core.history import BackupFact, HistoryFact
from setup_tool.core.oslo_files import OsloFilesFact
from setup_tool.core.queries import NodeQuery

if TYPE_CHECKING:
    from setup_tool.core.content import Content


PLANNED = 2**62
"""The time of change of a file that the plan at hand will write: later than any start."""
DUE = "due"
"""In a stamp, in the place of a file's digest: the instance is to read the file again."""


@dataclass(frozen=True, slots=True)
class SystemFact:
    """The node as the tool sees it.

    ``clock`` is the node's time, seconds since the epoch. ``missing`` names the
    programs that a transaction needs and the node lacks. ``http_client`` is the
    program that will ask URLs, None where none of the known ones is there.
    ``state_problem`` says why the state directory cannot be used, if so.
    """

    user: str
    uid: int
    home: str
    os_id: str
    os_version: str
    clock: int
    systemd: bool
    http_client: str | None
    missing: tuple[str, ...] = ()
    state_problem: str | None = None


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file. ``content`` is None when there is none, or when ``problem`` says why not.

    ``path`` is the file itself, after symlinks. ``changed_at`` is the later of its
    modification and status-change times, whole seconds since the epoch. ``fixed``:
    a mount point, so nothing can be renamed over it. ``checkout`` is the folder of the
    repository (git, Mercurial, Subversion) that the file itself lies in, if any.
    """

    path: str
    content: Content | None = None
    mode: int = 0
    owner: str = ""
    changed_at: int = 0
    fixed: bool = False
    problem: str | None = None
    checkout: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceFact:
    """A service. ``instance`` changes when the service is started anew.

    ``started_at`` is in whole seconds since the epoch, rounded down; None when not
    running. ``unit`` is the systemd unit found, None for a process found by its port.
    ``seamless``: its main process is Swift's proxy server, run by a Python of the node's
    own (no container, no uwsgi), and takes SIGUSR1 for a reload without a gap.
    ``swift_init``: the node has ``swift-init``, and what runs, if anything does, is
    Swift's own server, started by that.
    ``enabled``: systemd starts the unit whenever the node starts; None where it does not say.
    """

    running: bool
    instance: str | None = None
    started_at: int | None = None
    unit: str | None = None
    seamless: bool = False
    swift_init: bool = False
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class StampFact:
    """The instance that was healthy after the last change, and the digests it had read.

    A digest is `DUE` where it is to read the file again, whatever that says.
    """

    instance: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)


class RunState(Enum):
    """How a transaction that never ended stands."""

    RUNNING = "running"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class RunsFact:
    """Transactions by run id that never ended, or whose drain did not."""

    unended: Mapping[str, RunState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackageFact:
    """A package's version as its package manager writes it; None: not installed."""

    version: str | None = None
    name: str | None = None


class Source(Enum):
    """Where a service that runs came from."""

    PACKAGE = "package"
    """A package of the distribution holds its program."""
    OTHER = "other"
    """No package does: pip, a virtual environment, a checkout."""
    CONTAINER = "container"
    """It runs under another root directory than ours, or is a container's keeper."""


@dataclass(frozen=True, slots=True)
class InstallationFact:
    """How a service that runs was installed; ``source`` None: it does not run, or hides it.

    ``owner`` is the package that holds ``program``. ``interpreter`` is the Python that
    runs it, as it was called; None under ``front`` (``uwsgi`` or ``apache``), which run
    Python within themselves. ``engine`` is the kind of container, where it can be told.
    ``release`` is what the interpreter says of the distribution asked about.
    """

    source: Source | None = None
    owner: str | None = None
    program: str | None = None
    interpreter: str | None = None
    front: str | None = None
    engine: str | None = None
    release: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A package that would be installed anew; ``version`` None where that was not told."""

    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class InstallFact:
    """What installing packages would do.

    ``missing`` are those of the packages asked for that are neither installed nor needed
    to have the modules; ``unknown`` those of them in no repository the node has listed.
    ``upgrades`` and ``removes`` name what would be touched that is there. ``problem`` is
    why the package manager would not do it at all. ``manager`` is apt, dnf, yum or
    zypper; None where there is none of them. ``lacking`` are the modules that the service
    does not find.
    """

    source: Source | None = None
    manager: str | None = None
    lacking: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    arrives: tuple[Arrival, ...] = ()
    upgrades: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class HttpFact:
    """An HTTP answer, its body cut at 64 KiB; status None: no answer, ``problem`` says why."""

    status: int | None = None
    body: bytes = b""
    problem: str | None = None


NodeFact = (
    SystemFact
    | FileFact
    | ServiceFact
    | StampFact
    | RunsFact
    | HistoryFact
    | BackupFact
    | PackageFact
    | InstallationFact
    | InstallFact
    | HttpFact
    | FirewallFact
    | OsloFilesFact
    | AccountFact
    | FolderFact
    | EnvironmentsFact
)
NodeFacts = Mapping[NodeQuery, NodeFact]
