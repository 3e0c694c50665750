"""The ec2-api of a node that is a value: its files, folders, user, environments and service."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from setup_tool.core.accounts import AccountFact, MakeAccount, ReadAccount, RemoveAccount
from setup_tool.core.content import Content
from setup_tool.core.environments import (
    BuildEnvironment,
    EnvironmentsFact,
    ReadEnvironments,
    RemoveEnvironments,
)
from setup_tool.core.facts import FileFact, HttpFact, ServiceFact, StampFact
from setup_tool.core.folders import FolderFact, MakeFolder, ReadFolder, RemoveFolder
from setup_tool.core.queries import FetchHttp, ReadFile, ReadService, ReadStamp
from setup_tool.core.transaction import (
    BounceService,
    EndService,
    RemoveFile,
    StampService,
    WriteFile,
)
from setup_tool.declare.ec2_api_places import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.facts import NodeFact
    from setup_tool.core.queries import NodeQuery
    from setup_tool.core.transaction import NodeStep

_PLACES = ("/etc/ec2api/", "/opt/setup-tool/", "/var/lib/ec2api/", "/etc/systemd/system/")
_PORT = ":8788/"
_CHANGED_AT, _STARTED_AT, _LATER = 1000, 2000, 5000


def is_ec2_apis(path: str) -> bool:
    """Tell whether a file is one of ec2-api's."""
    return path.removeprefix("~").startswith(_PLACES)


def is_template(path: str) -> bool:
    """Tell whether a file of ec2-api's is written as a whole."""
    return is_ec2_apis(path) and not path.endswith(".conf")


@dataclass(frozen=True, slots=True)
class Ec2Api:
    """What there is; nothing at first.

    ``folders`` are by path, ``wheels`` and ``python`` as `EnvironmentsFact` has them. ``unit``:
    systemd knows it.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    folders: Mapping[str, FolderFact] = field(default_factory=dict)
    account: AccountFact = AccountFact(exists=False)  # noqa: RUF009 - frozen
    python: str | None = "3.11"
    wheels: tuple[str, ...] | None = None
    environments: tuple[str, ...] = ()
    running: bool = False
    instance: str = "first"
    started_at: int = _STARTED_AT
    unit: str | None = None
    enabled: bool | None = None
    stamp: StampFact = StampFact()  # noqa: RUF009 - frozen

    def ask(self, query: NodeQuery) -> NodeFact | None:  # noqa: PLR0911 - a table
        """Return the answer to a question about ec2-api, None for any other."""
        match query:
            case ReadFile(path) if is_ec2_apis(path):
                changed_at = _LATER if path in self.written else _CHANGED_AT
                content = Content(self.files[path]) if path in self.files else None
                return FileFact(path, content, self.modes.get(path, 0), changed_at=changed_at)
            case ReadFolder(path):
                known = self.folders.get(path, FolderFact(exists=False))
                return replace(known, names=self._names(path))
            case ReadAccount():
                return self.account
            case ReadEnvironments():
                return EnvironmentsFact(self.python, self.environments, (), self.wheels)
            case ReadService(name) if name == SERVICE:
                if not self.running:
                    return ServiceFact(running=False, unit=self.unit, enabled=self.enabled)
                return ServiceFact(
                    running=True,
                    instance=self.instance,
                    started_at=self.started_at,
                    unit=self.unit,
                    enabled=self.enabled,
                )
            case ReadStamp(name) if name == SERVICE:
                return self.stamp
            case FetchHttp(url) if url.endswith(_PORT):
                return HttpFact(400) if self.running else HttpFact(problem="connection refused")
        return None

    def after(self, step: NodeStep) -> Ec2Api | None:  # noqa: C901, PLR0911 - a table
        """Return what there is when a step about ec2-api went well, None for any other step."""
        match step:
            case WriteFile(path) if is_ec2_apis(path):
                assert path.rpartition("/")[0] in {*self.folders, "/etc/systemd/system"}
                was = Content(self.files[path]).digest if path in self.files else None
                assert step.replaces == was
                files = {**self.files, path: step.content.reveal()}
                modes = self.modes if was else {**self.modes, path: step.mode}
                return replace(self, files=files, modes=modes, written=self.written | {path})
            case RemoveFile(path) if is_ec2_apis(path):
                assert step.replaces == Content(self.files[path]).digest
                return replace(self, files={p: t for p, t in self.files.items() if p != path})
            case MakeFolder(path):
                made = FolderFact(exists=True, ours=step.marked, mode=step.mode)
                return replace(self, folders={**self.folders, path: made})
            case RemoveFolder(path):
                left = [file for file in self.files if file.startswith(f"{path}/")]
                assert self.folders[path].ours or not left
                return self._without(path)
            case MakeAccount(_, _, comment):
                return replace(self, account=AccountFact(exists=True, comment=comment, group="999"))
            case RemoveAccount(_, comment):
                assert self.account.comment == comment
                return replace(self, account=AccountFact(exists=False))
            case BuildEnvironment(path):
                name = path.rpartition("/")[2]
                return replace(self, environments=(*self.environments, name))
            case RemoveEnvironments(paths):
                gone = {path.rpartition("/")[2] for path in paths}
                kept = tuple(name for name in self.environments if name not in gone)
                return replace(self, environments=kept)
            case BounceService(service) if service.name == SERVICE:
                return replace(
                    self,
                    running=True,
                    instance=f"after {self.instance}",
                    started_at=_LATER,
                    unit=service.unit,
                    enabled=True if service.own_unit else None,
                )
            case StampService(service) if service.name == SERVICE:
                digests = {path: Content(self.files[path]).digest for path in service.reads}
                return replace(self, stamp=StampFact(self.instance, digests))
            case EndService():
                return replace(self, running=False, unit=None, enabled=None, stamp=StampFact())
        return None

    def _names(self, folder: str) -> tuple[str, ...]:
        below = [
            path.removeprefix(f"{folder}/").partition("/")[0]
            for path in (*self.files, *self.folders)
            if path.startswith(f"{folder}/")
        ]
        own = self.environments if folder.endswith("/setup-tool") else ()
        return tuple(dict.fromkeys((*below, *own)))

    def _without(self, folder: str) -> Ec2Api:
        inside = f"{folder}/"
        environments = () if folder.endswith("/setup-tool") else self.environments
        return replace(
            self,
            folders={
                path: fact
                for path, fact in self.folders.items()
                if path != folder and not path.startswith(inside)
            },
            files={path: text for path, text in self.files.items() if not path.startswith(inside)},
            environments=environments,
        )


def read_ec2_api(said: Mapping[str, Any]) -> Ec2Api:
    """Return the ec2-api of a scenario: what is said of it is laid over nothing at all.

    ``files`` are texts by path, ``folders`` paths of such as are there, ``account`` the comment
    of the system user.
    """
    rest = dict(said)
    files = {path: text.encode() for path, text in rest.pop("files", {}).items()}
    folders = {path: FolderFact(exists=True) for path in rest.pop("folders", ())}
    if "account" in rest:
        rest["account"] = AccountFact(exists=True, comment=rest["account"], group="999")
    if rest.get("wheels") is not None:
        rest["wheels"] = tuple(rest["wheels"])
    return Ec2Api(files=files, folders=folders, **rest)
