"""What an observed node printed, as facts."""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from setup_tool.core.accounts import ReadAccount
from setup_tool.core.content import Content
from setup_tool.core.environments import ReadEnvironments
from setup_tool.core.errors import UnreachableError
from setup_tool.core.facts import (
    FileFact,
    HttpFact,
    NodeFact,
    NodeFacts,
    PackageFact,
    RunsFact,
    RunState,
    ServiceFact,
    StampFact,
    SystemFact,
)
from setup_tool.core.firewall import ReadFirewall
from setup_tool.core.folders import ReadFolder
from setup_tool.core.oslo_files import ReadOsloFiles
from setup_tool.core.queries import (
    FetchHttp,
    NodeQuery,
    PlanInstall,
    ReadBackup,
    ReadFile,
    ReadHistory,
    ReadInstallation,
    ReadPackage,
    ReadRuns,
    ReadService,
    ReadStamp,
    ReadSystem,
)
from setup_tool.node.firewall_reply import firewall_fact
from setup_tool.node.history import parse_backup, parse_history
from setup_tool.node.http_client import BODY_LIMIT
from setup_tool.node.look_places import parse_account, parse_environments, parse_folder
from setup_tool.node.oslo_files import parse_oslo
from setup_tool.node.reply_packages import parse_install, parse_installation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TICKS_PER_SECOND: Final = 100
"""The unit of start times in /proc: USER_HZ, 100 on every architecture Linux servers run on."""

_KIND_PROBLEMS: Final = {
    "directory": "it is a directory",
    "special": "it is not a regular file",
    "unreadable": "it may not be read by this login",
    "large": "it is larger than 16 MiB, so it is no configuration file",
}
_STATUS = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})")


class IncompleteReplyError(UnreachableError):
    """The node's answer is not whole, or not one of ours; says what was found instead."""


def parse_reply(reply: bytes, queries: Sequence[NodeQuery], nonce: str) -> NodeFacts:
    """Return the facts; the files of a `ReadOsloFiles` are there as if `ReadFile` had asked.

    Raises `IncompleteReplyError` when a record or the trailer is missing.
    """
    records = _records(reply, nonce.encode())
    mounts = frozenset(records.get("mounts", b"").decode("utf-8", "replace").splitlines())
    lines = records.get("checkouts", b"").decode("utf-8", "surrogateescape").splitlines()
    checkouts = dict(zip(lines[1::2], lines[::2], strict=False))
    facts: dict[NodeQuery, NodeFact] = {}
    for key, query in enumerate(dict.fromkeys(queries)):
        if isinstance(query, ReadPackage):
            facts[query] = _package(records.get("packages", b""), query)
            continue
        try:
            if isinstance(query, ReadFirewall):
                facts[query] = firewall_fact(records, query.port)
                continue
            if isinstance(query, ReadOsloFiles):
                facts[query], came = parse_oslo(key, records, _file)
                for path, file in came.items():
                    facts.setdefault(ReadFile(path), file)
                continue
            record = records[str(key)]
            fact = _fact(record, query, nonce.encode())
        except (KeyError, ValueError, IndexError) as problem:
            raise IncompleteReplyError(
                f"The node's answer to {type(query).__name__} is missing or garbled."
            ) from problem
        facts[query] = fact
    return {
        query: replace(fact, fixed=fact.path in mounts, checkout=checkouts.get(fact.path))
        if isinstance(fact, FileFact)
        else fact
        for query, fact in facts.items()
    }


def _records(reply: bytes, nonce: bytes) -> Mapping[str, bytes]:
    """Return the records by key; what the login's start-up files print comes before the first."""
    records: dict[str, bytes] = {}
    position = reply.find(nonce + b" ")
    noise = reply if position < 0 else reply[:position]
    while position >= 0 and reply.startswith(nonce + b" ", position):
        head_end = reply.find(b"\n", position)
        head = reply[position:head_end].split(b" ")
        if head_end < 0 or len(head) != 3 or not head[2].isdigit():  # noqa: PLR2004 - nonce key size
            break
        start, size = head_end + 1, int(head[2])
        if reply[start + size : start + size + 1] != b"\n":
            break
        key = head[1].decode("ascii", "replace")
        if key == "end":
            return records
        records[key] = reply[start : start + size]
        position = start + size + 1
    said = noise.decode("utf-8", "replace").strip().splitlines()
    hint = f" It said: {said[0][:200]!r}." if said and not records else ""
    raise IncompleteReplyError(f"The node's answer broke off before its end.{hint}")


def _fact(  # noqa: PLR0911 - one for each kind of query
    record: bytes, query: NodeQuery, nonce: bytes
) -> NodeFact:
    reader = _OF_TEXT.get(type(query))
    if reader is not None:
        return reader(record.decode("utf-8", "replace"))
    match query:
        case ReadFile():
            return _file(record)
        case ReadService():
            return _service(_fields(record.decode()))
        case ReadStamp():
            return parse_stamp(record.decode("utf-8", "surrogateescape"))
        case ReadRuns():
            states = (line.split(" ", 1) for line in record.decode().splitlines())
            return RunsFact({run: RunState(state) for state, run in states})
        case ReadHistory():
            return parse_history(record.decode("utf-8", "surrogateescape"))
        case ReadBackup():
            return parse_backup(record)
        case FetchHttp():
            return _http(base64.b64decode(record), nonce)
        case _:
            raise TypeError(type(query).__name__)


def _fields(text: str) -> dict[str, str]:
    pairs = (line.partition(" ") for line in text.splitlines())
    return {name: value for name, _, value in pairs}


def _system(text: str) -> SystemFact:
    fields = _fields("\n".join(line for line in text.splitlines() if not line.startswith("os ")))
    release = dict(
        line.removeprefix("os ").split("=", 1)
        for line in text.splitlines()
        if line.startswith("os ") and "=" in line
    )
    login = re.match(r"uid=(\d+)(?:\(([^)]*)\))?", fields["id"])
    if login is None:
        raise ValueError("no uid")
    return SystemFact(
        user=login[2] or login[1],
        uid=int(login[1]),
        home=fields["home"],
        os_id=release.get("ID", "").strip("\"'"),
        os_version=release.get("VERSION_ID", "").strip("\"'"),
        clock=int(fields["clock"]),
        systemd=fields["systemd"] == "yes",
        http_client=fields["client"] or None,
        missing=tuple(fields["missing"].split()),
        state_problem=fields["trouble"] or None,
    )


_OF_TEXT: Final[Mapping[type[NodeQuery], Callable[[str], NodeFact]]] = {
    ReadSystem: _system,
    ReadInstallation: parse_installation,
    PlanInstall: parse_install,
    ReadAccount: parse_account,
    ReadFolder: parse_folder,
    ReadEnvironments: parse_environments,
}


def _file(record: bytes) -> FileFact:
    kind, real, meta, armoured = record.split(b"\n", 3)
    path = real.decode("utf-8", "surrogateescape")
    what, _, where = kind.decode("utf-8", "replace").partition(" ")
    if what == "absent":
        return FileFact(path)
    if what == "hidden":
        return FileFact(path, problem=f"it is in {where}, which this login may not look into")
    if what != "file":
        return FileFact(path, problem=_KIND_PROBLEMS[what])
    _, mode, owner, modified, changed = meta.decode().split(" ")
    try:
        data = base64.b64decode(armoured.replace(b"\n", b""), validate=True)
    except binascii.Error as problem:
        raise ValueError("not base64") from problem
    return FileFact(
        path,
        Content(data),
        mode=int(mode, 8),
        owner=owner,
        changed_at=max(int(modified), int(changed)),
    )


def _service(fields: Mapping[str, str]) -> ServiceFact:
    running = fields["running"] == "yes"
    started = None
    if running and fields["ticks"] and fields["boot"]:
        started = math.floor(int(fields["boot"]) + int(fields["ticks"]) / TICKS_PER_SECOND)
    return ServiceFact(
        running=running,
        instance=fields["instance"] or None,
        started_at=started,
        unit=fields["unit"] or None,
        seamless=fields["seamless"] == "yes",
        swift_init=fields["init"] == "yes",
        enabled=fields["enabled"] == "enabled" if fields["enabled"] else None,
    )


def parse_stamp(text: str) -> StampFact:
    """Return what a stamp file says: a line with the instance, lines of digest and path.

    Between them may stand the port and the sockets on which the instance listens, by which
    only the node looks for it.
    """
    lines = text.splitlines()
    if not lines or not lines[0].startswith("instance "):
        return StampFact()
    pairs = (line.partition(" ") for line in lines[1:] if not line.startswith("listens "))
    return StampFact(
        lines[0].removeprefix("instance ") or None,
        {path: digest for digest, _, path in pairs},
    )


def _package(record: bytes, query: ReadPackage) -> PackageFact:
    installed = {}
    for line in record.decode("utf-8", "replace").splitlines():
        name, version, state = [*line.split(" "), "", ""][:3]
        if state == "installed":
            installed[name.partition(":")[0]] = version
    return next(
        (PackageFact(installed[name], name) for name in query.names if name in installed),
        PackageFact(),
    )


def _http(answer: bytes, nonce: bytes) -> HttpFact:
    """Tell status and body from what a client printed and complained of.

    curl and python3 print the head before the body, the wgets among their complaints.
    """
    output, _, trouble = answer.rpartition(b"\n" + nonce + b" ")
    head, found, body = output.partition(b"\r\n\r\n")
    if found and (status := _STATUS.match(head)):
        while found and 100 <= int(status[1]) < 200:  # noqa: PLR2004 - interim answers, RFC 9110
            head, found, body = body.partition(b"\r\n\r\n")
            status = _STATUS.match(head) or status
        return HttpFact(int(status[1]), body[:BODY_LIMIT])
    statuses = _STATUS.findall(trouble)
    if statuses:
        return HttpFact(int(statuses[-1]), output[:BODY_LIMIT])
    sentences = trouble.decode("utf-8", "replace").strip().splitlines()
    # curl explains a certificate's problem in lines that follow the one with its number
    numbered = [sentence for sentence in sentences if sentence.startswith("curl: (")]
    return HttpFact(problem=[*numbered, *sentences[-1:], "no answer"][0][:300])
