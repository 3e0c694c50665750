"""docs/ec2-tested.md: which EC2 actions were tried on which server, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.adapters.signing import BotocoreSigner
from setup_tool.core.credential import KeyPair
from setup_tool.core.secret import Secret
from setup_tool.lab.packages import EC2_API
from setup_tool.verify.ec2.checks import all_checks
from setup_tool.verify.ec2.plan import Ec2VerifyPlan, Launch
from tests.clients.client import Limit
from tests.clients.matrix import pinned
from tests.tables.page import PASSED, ROOT, Notes, Page, row, rule

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.tables.page import Cell

_PLAN = Ec2VerifyPlan("http://ec2", KeyPair("access", Secret("secret")), launch=Launch("ami"))
CHECKS = tuple(check.name for check in all_checks(_PLAN, BotocoreSigner))
"""What `verify --ec2 --launch` tries, in its order."""

PROGRAMS = {
    f"boto3 {pinned('clients', 'boto3')}": "with_boto3.py",
    f"boto {pinned('clients', 'boto')}": "with_boto.py",
}
LOOK, LIFE = "regions", "two instances' whole life"
PROGRAM_ROWS = tuple(f"{name}: {what}" for name in PROGRAMS for what in (LOOK, LIFE))
ROWS = (*CHECKS, *PROGRAM_ROWS)

_REFUSALS = tuple(name for name in CHECKS if name.endswith("is refused") or "hour ago" in name)
_BEYOND = "RunInstances beyond the limit is refused"
_ENDPOINT = "the region's endpoint is the URL"


@dataclass(frozen=True, slots=True)
class Server:
    """A service, with what it cannot do, and what it is not asked for."""

    name: str
    limits: Mapping[str, Limit] = field(default_factory=dict)
    spared: frozenset[str] = frozenset()

    @property
    def cells(self) -> set[Cell]:
        return {(self.name, each) for each in ROWS if each not in self.spared}


@dataclass(frozen=True, slots=True)
class Servers:
    """A table with a column for each server of a run."""

    title: str
    text: str
    servers: Sequence[Server]

    @property
    def cells(self) -> set[Cell]:
        return set().union(*(server.cells for server in self.servers))

    def written(self, passed: Collection[Cell]) -> str:
        """Return the section. Raises KeyError for what did not pass."""
        notes = Notes()
        rows = [
            row([name, *(self._said(server, name, passed, notes) for server in self.servers)])
            for name in ROWS
        ]
        columns = ["tried", *(server.name for server in self.servers)]
        lines = [row(columns), rule(len(columns)), *rows, "", *notes.lines]
        return "\n".join([f"## {self.title}", "", self.text, "", *lines]).rstrip() + "\n"

    def _said(self, server: Server, name: str, passed: Collection[Cell], notes: Notes) -> str:
        if name in server.spared:
            return ""
        if (server.name, name) not in passed:
            raise KeyError((server.name, name))
        limit = server.limits.get(name)
        return PASSED if limit is None else notes.refer(f"{server.name}: {limit.why}")


def _moto() -> str:
    return f"moto {pinned('moto', 'moto')}"


_HEARS_NOBODY = Limit("it does not ask who asks, and when", "It was let in: HTTP 200")
_OF_AMAZON = Limit("it tells Amazon's own addresses", r"amazonaws\.com")
_ENDLESS = Limit("it names a limit and keeps none", "21 were started although")

MOTO = Server(
    _moto(),
    {**dict.fromkeys(_REFUSALS[:5], _HEARS_NOBODY), _ENDPOINT: _OF_AMAZON, _BEYOND: _ENDLESS},
)
_SIGV2 = frozenset(name for name in CHECKS if "SigV2" in name)
MOTO_WITH_IAM = Server(
    f"{_moto()} with IAM",
    {
        "a timestamp of an hour ago is refused with SigV4": Limit(
            "it does not ask when a request was signed", "It was let in: HTTP 200"
        ),
        "an unsigned request is refused": Limit("it fails at a request without a key", "HTTP 500"),
        _ENDPOINT: _OF_AMAZON,
        _BEYOND: _ENDLESS,
    },
    # it knows SigV4 alone then
    spared=_SIGV2 | frozenset(PROGRAM_ROWS),
)

_OF_REGIONS = frozenset(CHECKS[: CHECKS.index("DescribeAvailabilityZones")])
_LOOKS = frozenset(each for each in PROGRAM_ROWS if each.endswith(LOOK))
_FIRST_OF_NOVA = frozenset(
    {
        *("DescribeAvailabilityZones", "DescribeImages", "DescribeInstances", "DescribeAddresses"),
        *("DescribeInstances with SigV2", "DescribeVolumes", "CreateKeyPair"),
        "CreateSecurityGroup",
    }
)
LAB = Server(
    f"ec2-api {EC2_API.version_of('ec2-api')}, the lab's",
    dict.fromkeys(_FIRST_OF_NOVA, Limit("there is no nova behind it", "HTTP 500 EndpointNotFound")),
    spared=frozenset(ROWS) - _OF_REGIONS - _FIRST_OF_NOVA - _LOOKS,
)
NOVA = Server(f"ec2-api {EC2_API.version_of('ec2-api')}, Debian 12's nova 26")

WITHOUT_NOVA = Servers(
    "In any place",
    "Written by `make test-ec2`: moto's server, which shares nothing with OpenStack, without and "
    "with its\nlook at signatures, and the ec2-api that `apply` sets up in [the lab](lab.md).",
    (MOTO, MOTO_WITH_IAM, LAB),
)
WITH_NOVA = Servers(
    "On the test hosts",
    "Written by `make test-nodes`: the ec2-api that `apply` sets up before nova with its fake "
    "driver,\nneutron, glance, placement and cinder, on [Debian 12](test-hosts.md).",
    (NOVA,),
)
SECTIONS = (WITHOUT_NOVA, WITH_NOVA)

PAGE = Page(
    ROOT / "docs/ec2-tested.md",
    """# EC2, as it was tried

What [`verify --ec2 --launch`](verify.md) tries, and programs with boto do, on several servers with
the client files that setup-tool writes. The tables are written by the runs themselves, from tests
that passed; a number says why something cannot be done, which the tests see as well. What is empty
was not asked for. Most rows are called what EC2 calls the action.
""",
    """## UNTESTED

| server | why |
|---|---|
| nova's own EC2 (up to 12) | it runs on no Python of today's; known from its sources |
| Eucalyptus | no packages of it for Debian 12; its paths are tried with moto's server |
| Amazon's EC2 | not a cloud that setup-tool is for |
""",
)
