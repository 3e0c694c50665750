"""What may be asked of a node. Queries are hashable: facts are looked up by them.

Paths are absolute or start with ``~/``, the home of the login.
"""

from __future__ import annotations

from dataclasses import dataclass

from setup_tool.core.accounts import ReadAccount
from setup_tool.core.environments import ReadEnvironments
from setup_tool.core.firewall import ReadFirewall
from setup_tool.core.folders import ReadFolder
from setup_tool.core.oslo_files import ReadOsloFiles


@dataclass(frozen=True, slots=True)
class ReadSystem:
    """Which system this is and what the tool has to work with; answered by `SystemFact`."""

    state_dir: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file's bytes and metadata, symlinks followed; answered by `FileFact`."""

    path: str


@dataclass(frozen=True, slots=True)
class ReadService:
    """Whether a service runs and since when; answered by `ServiceFact`.

    ``units`` are systemd unit names, the first that exists is meant; where none is
    given or systemd does not run, the service is the process that listens on TCP
    ``port``.
    """

    name: str
    units: tuple[str, ...] = ()
    port: int | None = None


@dataclass(frozen=True, slots=True)
class ReadStamp:
    """What a service's running instance is known to have read; answered by `StampFact`."""

    service: str
    state_dir: str


@dataclass(frozen=True, slots=True)
class ReadRuns:
    """The transactions on this node that never ended; answered by `RunsFact`."""

    state_dir: str


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """All runs whose folders are still there, ended or not; answered by `HistoryFact`."""

    state_dir: str


@dataclass(frozen=True, slots=True)
class ReadBackup:
    """The copy that a run kept of its ``index``th file; answered by `BackupFact`."""

    state_dir: str
    run: str
    index: int


@dataclass(frozen=True, slots=True)
class ReadPackage:
    """The installed version of the first of these packages; answered by `PackageFact`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadInstallation:
    """How the running instance of a service was installed; answered by `InstallationFact`.

    ``units`` and ``port`` are as in `ReadService`. ``distribution`` is the Python
    distribution whose release is asked of the service's own Python where no package
    holds the program; None: it is not asked.
    """

    service: str
    units: tuple[str, ...] = ()
    port: int | None = None
    distribution: str | None = None


@dataclass(frozen=True, slots=True)
class PlanInstall:
    """What installing packages would do, by a simulation; answered by `InstallFact`.

    ``service`` needs the Python ``modules``, which the packages named by the family of
    distributions hold: where it finds them all, or did not come from a package itself,
    nothing is simulated. ``beside`` are the packages that the service may come from,
    which tell where it does not run. ``units`` and ``port``, as in `ReadService`, find the
    service where it is not asked in the same breath how it was installed.
    """

    service: str
    modules: tuple[str, ...]
    beside: tuple[str, ...]
    debian: tuple[str, ...] = ()
    redhat: tuple[str, ...] = ()
    suse: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    port: int | None = None


@dataclass(frozen=True, slots=True)
class FetchHttp:
    """An unauthenticated GET, asked from the node itself; answered by `HttpFact`.

    ``verify``: by a certificate that the node's own store of authorities vouches for.
    ``timeout`` is in seconds.
    """

    url: str
    timeout: int = 5
    verify: bool = False


NodeQuery = (
    ReadSystem
    | ReadFile
    | ReadService
    | ReadStamp
    | ReadRuns
    | ReadHistory
    | ReadBackup
    | ReadPackage
    | ReadInstallation
    | PlanInstall
    | FetchHttp
    | ReadFirewall
    | ReadOsloFiles
    | ReadAccount
    | ReadFolder
    | ReadEnvironments
)
