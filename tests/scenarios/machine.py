"""A node that is a value: it answers queries, and steps make another one of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from setup_tool.core.content import Content
from setup_tool.core.facts import (
    DUE,
    Arrival,
    FileFact,
    HttpFact,
    InstallationFact,
    InstallFact,
    PackageFact,
    RunsFact,
    RunState,
    ServiceFact,
    Source,
    StampFact,
    SystemFact,
)
from setup_tool.core.firewall import FirewallFact, OpenPort, ReadFirewall, Verdict
from setup_tool.core.oslo_files import OsloFilesFact, ReadOsloFiles
from setup_tool.core.queries import (
    FetchHttp,
    PlanInstall,
    ReadFile,
    ReadInstallation,
    ReadPackage,
    ReadRuns,
    ReadService,
    ReadStamp,
    ReadSystem,
)
from setup_tool.core.transaction import (
    BounceService,
    InstallPackages,
    SettleRun,
    StampService,
    WriteFile,
)
from setup_tool.declare.questions import SWIFT3
from tests.scenarios.ec2_api import Ec2Api, read_ec2_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.facts import NodeFact
    from setup_tool.core.queries import NodeQuery
    from setup_tool.core.transaction import NodeStep

_FACTS: Mapping[str, Any] = {
    "installation": InstallationFact,
    "install": InstallFact,
    "oslo": OsloFilesFact,
}
CHANGED_AT = 1000
STARTED_AT = 2000
LATER = 5000
ROOT_ON_DEBIAN = SystemFact("root", 0, "/root", "debian", "12", LATER, True, "curl")  # noqa: FBT003


@dataclass(frozen=True, slots=True)
class Machine:
    """A node with one configuration file and the one service that reads it.

    ``oslo`` is how that service comes by its files, as ``command`` has it; ``others`` are the
    bytes of those beside the one, ``written`` those of them that a step wrote.

    ``file`` are its bytes, None where it is not there or, by ``problem``, not to be
    read. ``answer`` is the HTTP status of every URL but ``/info``, or why there is none,
    ``keystone`` that of a Keystone on this very machine; ``release`` is what ``/info``
    says, ``swift3`` the version of that package. ``stamp`` is the instance and digests it
    left.
    """

    group: str
    path: str
    file: bytes | None
    package: str | None
    unit: str | None
    swift3: str | None = None
    swift_init: bool = False
    problem: str | None = None
    mount_point: bool = False
    checkout: str | None = None
    changed_at: int = CHANGED_AT
    release: str | None = None
    running: bool = True
    instance: str = "first"
    started_at: int = STARTED_AT
    answer: int | str = 200
    keystone: int | str = "connection refused"
    stamp: StampFact = StampFact()  # noqa: RUF009 - frozen
    installation: InstallationFact = InstallationFact()  # noqa: RUF009 - frozen
    install: InstallFact = InstallFact()  # noqa: RUF009 - frozen
    oslo: OsloFilesFact = OsloFilesFact()  # noqa: RUF009 - frozen
    others: Mapping[str, bytes] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    command: tuple[str, ...] = ()
    runs: Mapping[str, RunState] = field(default_factory=dict)
    firewall: FirewallFact = FirewallFact(Verdict.OPEN)  # noqa: RUF009 - frozen
    variables: Mapping[str, Any] = field(default_factory=dict)
    ec2_api: Ec2Api = Ec2Api()  # noqa: RUF009 - frozen
    system: SystemFact = ROOT_ON_DEBIAN

    def ask(self, query: NodeQuery) -> NodeFact:  # noqa: C901, PLR0911, PLR0912 - a table
        found = self.ec2_api.ask(query)
        if found is not None:
            return found
        match query:
            case ReadSystem():
                return self.system
            case ReadOsloFiles():
                return self.oslo
            case ReadFile(path) if path in self.others:
                changed_at = LATER if path in self.written else self.changed_at
                return FileFact(path, Content(self.others[path]), changed_at=changed_at)
            case ReadFile(path):
                assert path == self.path, path
                content = None if self.file is None else Content(self.file)
                return FileFact(
                    path,
                    content,
                    changed_at=self.changed_at,
                    fixed=self.mount_point,
                    problem=self.problem,
                    checkout=self.checkout,
                )
            case ReadService():
                if not self.running:
                    return ServiceFact(running=False, unit=self.unit, swift_init=self.swift_init)
                return ServiceFact(
                    running=True,
                    instance=self.instance,
                    started_at=self.started_at,
                    unit=self.unit,
                    swift_init=self.swift_init,
                )
            case ReadStamp():
                return self.stamp
            case ReadRuns():
                return RunsFact(self.runs)
            case ReadPackage():
                return PackageFact(self.swift3 if query == SWIFT3 else self.package)
            case ReadFirewall():
                return self.firewall
            case ReadInstallation():
                return self.installation
            case PlanInstall():
                return self.install
            case FetchHttp(url):
                return self._fetch(url)

    def after(self, step: NodeStep) -> Machine:  # noqa: PLR0911 - a table
        """Return the node as it is when the step went well."""
        ec2_api = self.ec2_api.after(step)
        if ec2_api is not None:
            return replace(self, ec2_api=ec2_api)
        match step:
            case WriteFile(path) if path in self.others:
                assert step.replaces == Content(self.others[path]).digest
                others = {**self.others, path: step.content.reveal()}
                return replace(self, others=others, written=self.written | {path})
            case WriteFile():
                assert step.replaces == Content(self.file or b"").digest
                return replace(self, file=step.content.reveal(), changed_at=LATER)
            case BounceService(_, reload):
                instance = self.instance if reload else f"after {self.instance}"
                return replace(self, running=True, answer=200, instance=instance, started_at=LATER)
            case StampService(service, due):
                files = {**self.others, self.path: self.file or b""}
                digests = {p: DUE if due else Content(files[p]).digest for p in service.reads}
                return replace(self, stamp=StampFact(self.instance, digests))
            case OpenPort(_, program, _, zone):
                assert (program, zone) == (self.firewall.program, self.firewall.zone)
                return replace(self, firewall=FirewallFact(Verdict.OPEN, program))
            case InstallPackages(names):
                assert names == self.install.missing
                return replace(self, install=InstallFact(self.install.source, self.install.manager))
            case SettleRun(run):
                left = {name: state for name, state in self.runs.items() if name != run}
                return replace(self, runs=left)

    def _fetch(self, url: str) -> HttpFact:
        answer = self.keystone if url == "http://127.0.0.1:5000/" else self.answer
        if isinstance(answer, str):
            return HttpFact(problem=answer)
        if url.endswith("/info"):
            body = {"swift": {"version": self.release}} if self.release else {}
            return HttpFact(200, json.dumps(body).encode())
        return HttpFact(answer)


def read_machine(said: Mapping[str, Any], text: str | None) -> Machine:
    """Return the node of a scenario with the text of its file.

    ``edit`` changes passages that the text has exactly once; ``stamp`` has the instance
    and whether it ``read`` ``this file`` or ``another``, or has it ``to be read again``.
    """
    rest = dict(said)
    for old, new in rest.pop("edit", {}).items():
        assert text is not None
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the file"
        text = text.replace(old, new)
    if rest.pop("line_ends", "unix") == "windows" and text is not None:
        text = text.replace("\n", "\r\n")
    rest |= {
        name: kind(**_fact_fields(rest[name])) for name, kind in _FACTS.items() if name in rest
    }
    if "ec2_api" in rest:
        rest["ec2_api"] = read_ec2_api(rest["ec2_api"])
    if "system" in rest:
        rest["system"] = replace(ROOT_ON_DEBIAN, **rest["system"])
    rest["command"] = tuple(rest.pop("command", ()))
    rest["others"] = {path: text.encode() for path, text in rest.pop("others", {}).items()}
    file = None if text is None else text.encode(rest.pop("encoding", "utf-8"))
    rest["runs"] = {run: RunState(state) for run, state in rest.pop("runs", {}).items()}
    if "firewall" in rest:
        said_of_it = dict(rest["firewall"])
        verdict = Verdict(said_of_it.pop("verdict"))
        rest["firewall"] = FirewallFact(verdict, **said_of_it)
    stamp = rest.pop("stamp", None)
    if stamp is not None:
        read = (file or b"") if stamp["read"] == "this file" else b"another"
        digest = DUE if stamp["read"] == "to be read again" else Content(read).digest
        digests = {rest["path"]: digest}
        rest["stamp"] = StampFact(stamp["instance"], digests)
    return Machine(file=file, **rest)


def _fact_fields(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact's fields as YAML says them: lists, and the source by its word."""
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in said.items()}
    if "source" in fields:
        fields["source"] = Source(fields["source"])
    if "arrives" in fields:
        fields["arrives"] = tuple(Arrival(*pair) for pair in fields["arrives"])
    return fields
