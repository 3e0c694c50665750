"""A proxy to which something is done, and what has to hold whatever that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab.waiting import wait_until
from tests.nodes import places
from tests.nodes.asking import answers

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.cloud import Ran
    from tests.nodes.asking import User
    from tests.nodes.cloud import Cloud
    from tests.nodes.machine import Machine

CONF = "/etc/swift/proxy-server.conf"
STATE = "/var/lib/setup-tool"
_DECLARED = b"\ndelay_auth_decision = false\n"
_DRIFTED = b"\ndelay_auth_decision = True\n"
"""In [filter:s3token]; nobody whose requests are right notices."""
_DEBIANS = b"\ndelay_auth_decision = False\n"


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """One of the cloud's proxies, which serve S3 already, and a user who asks them."""

    cloud: Cloud
    name: str
    user: User
    new: bytes
    """Its file as setup-tool makes it."""

    @property
    def machine(self) -> Machine:
        return self.cloud.hosts[self.name]

    @property
    def conf(self) -> Path:
        """Its file, as seen from outside."""
        return self.machine.root / CONF[1:]

    @property
    def runs(self) -> Path:
        """Where its runs have their folders, as seen from outside."""
        return self.machine.root / STATE[1:] / "runs"

    @property
    def url(self) -> str:
        return f"http://{self.machine.address}:8080"

    @property
    def drifted(self) -> bytes:
        """Its file with an option that is not as declared, without which it works as well."""
        assert self.new.count(_DECLARED) == 1
        return self.new.replace(_DECLARED, _DRIFTED)

    def drift(self, more: tuple[bytes, bytes] = (b"", b"")) -> bytes:
        """Give apply something to do; return the file as it is now.

        ``more``: what stands in it, once, and what shall stand there instead.
        """
        old = self.drifted
        if more[0]:
            assert old.count(more[0]) == 1
            old = old.replace(*more)
        self.conf.write_bytes(old)
        return old

    def seen(self) -> bytes:
        """Return its file as it is seen on the machine, whatever is mounted there."""
        return self.machine.sh(f"cat {CONF}").encode()

    def words(self, **variables: Any) -> tuple[str, ...]:
        """Return the words of an apply to it alone, quick unless the variables say otherwise."""
        inventory = self.cloud.inventory(**{"proxy_drain": "off", **variables})
        return ("apply", "-i", inventory, "--yes", "--limit", self.name)

    def apply(self, *, status: int | None = 0, **variables: Any) -> Ran:
        """Apply to it alone."""
        return self.cloud.run(*self.words(**variables), status=status)

    def begin(self, step: str, **variables: Any) -> subprocess.Popen[str]:
        """Start an apply to it, and return it when that has told of a step."""
        operator = self.cloud.start(*self.words(**variables))
        listen_for(operator, step)
        return operator

    def assert_refused(self, ran: Ran, *words: str) -> None:
        """Fail unless one sentence names it and says these words."""
        told = [line for line in ran.err.splitlines() if line.startswith("setup-tool: ")]
        assert len(told) == 1, ran.err
        for word in (self.name, *words):
            assert word in told[0], f"{word!r} is not in: {told[0]}"

    def assert_others_serve(self) -> None:
        """Fail unless each other proxy serves S3, and whoever asks the balancer is served."""
        hosts = self.cloud.hosts
        others = [name for name in hosts.proxies if name != self.name]
        for other in others:
            assert self.user.s3("GET", at=f"http://{hosts[other].address}:8080").status == 200
        alive = f"{self.url}/healthcheck"
        wait_until(lambda: set(others) <= hosts.balanced())
        wait_until(lambda: (self.name in hosts.balanced()) == answers(alive), seconds=60)
        for _ in hosts.proxies:
            assert self.user.native("GET", at=places.S3).status in {200, 204}

    def assert_serves(self) -> None:
        """Fail unless it serves S3 itself, and the balancer sends to it."""
        self.cloud.hosts.await_service(self.name)
        assert self.user.s3("GET", at=self.url).status == 200

    def assert_next_run_converges(self, **variables: Any) -> None:
        """Fail unless one more apply brings its file to what it should be, and all is well."""
        inventory = self.cloud.inventory(**{"proxy_drain": "off", **variables})
        words = ("-i", inventory, "--yes", "--limit", self.name, "--format", "json")
        assert self.cloud.run("apply", *words).document["converged"]
        assert self.seen() == self.new
        assert temporary(self.machine) == []
        self.assert_serves()


def let_drift(machine: Machine) -> None:
    """Have Debian's file say what `Proxy.drift` does, so that it is known how apply spells it."""
    conf = machine.root / CONF[1:]
    conf.write_bytes(conf.read_bytes().replace(_DEBIANS, _DRIFTED))


def temporary(machine: Machine) -> list[str]:
    """Return what runs left beside the files they write."""
    return [name for name in machine.sh("ls -A /etc/swift").split() if "setup-tool" in name]


def listen_for(operator: subprocess.Popen[str], step: str) -> str:
    """Return what an operator said, as soon as it has told of a step."""
    assert operator.stderr is not None
    said = ""
    for line in operator.stderr:
        said += line
        if step in line:
            return said
    raise AssertionError(f"it ended without a word of '{step}':\n{said}")
