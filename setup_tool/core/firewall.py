"""A node's firewall as far as one TCP port goes: the question, the answer, the step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class ReadFirewall:
    """Whether the node's firewall lets a TCP port in; answered by `FirewallFact`."""

    port: int


class Verdict(Enum):
    """What a firewall does with new connections to a port."""

    OPEN = "open"
    """Nothing that is known keeps them out, now and after a restart."""
    CLOSED = "closed"
    """A firewall that can be told to keeps them out, and no rule concerns the port."""
    RULED = "ruled"
    """A rule concerns the port that does not simply let everybody in."""
    UNDECIDED = "undecided"
    """Networks are told apart, and which of them is to be let in cannot be known."""
    DROPPED = "dropped"
    """Rules of a bare packet filter seem to keep them out."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FirewallFact:
    """The firewall in force and what it does with a port.

    ``program`` is firewalld, ufw, nftables or iptables, empty for none. ``zone`` is
    firewalld's that would have to be opened. ``detail`` is the rule that concerns the port,
    what an operator would have to run, or why nothing is known. ``loopback``: what listens
    on the port can be reached from the node alone.
    """

    verdict: Verdict
    program: str = ""
    zone: str | None = None
    detail: str = ""
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class OpenPort:
    """Let a TCP port in from everywhere, at once and for good.

    ``program`` is firewalld or ufw; ``zone`` is firewalld's. ``service`` names what listens.
    """

    port: int
    program: str
    service: str
    zone: str | None = None
