"""What bare nftables or iptables seem to do with a port, from the rules they list.

It is a reading, not an evaluation: a chain for incoming packets that drops what it does not
know, and no rule about the port. So it is good for a hint, never for a change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.firewall import FirewallFact, Verdict
from setup_tool.node.port_words import has_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = re.compile(r"table (\S+) (\S+) \{")
_CHAIN = re.compile(r"\s*(?:chain|set|map) (\S+) \{")
_COUNTER = re.compile(r"\bcounter packets \d+ bytes \d+\s*")
_REFUSAL = re.compile(r"(drop|reject\b.*)$")
_NFT_PORTS = re.compile(r"\b(?:tcp|th) dport (?:!= )?(\{[^}]*\}|\S+)")
_ELEMENTS = re.compile(r"elements = \{([^}]*)")
_IPT_PORTS = re.compile(r"--(?:dport|dports|destination-ports?) (\S+)")


@dataclass(slots=True)
class _Chain:
    """A chain with the rules in it; ``head`` is what makes it a base chain."""

    family: str
    table: str
    name: str
    head: str = ""
    rules: list[str] = field(default_factory=list)

    @property
    def refuses(self) -> bool:
        """Whether it takes in new connections and ends by refusing them."""
        if "hook input" not in self.head:
            return False
        if any(_COUNTER.sub("", rule) == "accept" for rule in self.rules):
            return False
        last = any(_REFUSAL.match(_COUNTER.sub("", rule)) for rule in self.rules)
        return last or "policy drop" in self.head


def judge(rules: str, port: int) -> FirewallFact:
    """Return what the rules seem to do with connections to a port."""
    chains = list(_chains(rules))
    old = [line.strip() for line in rules.splitlines() if line.startswith(("-A ", "-P "))]
    program = "nftables" if chains else "iptables"
    concerned = [*_nft_about(chains, port), *_iptables_about(old, port)]
    if any(re.search(r"\baccept\b|-j ACCEPT", rule) for rule in concerned):
        return FirewallFact(Verdict.OPEN, program if concerned else "")
    if concerned:
        return FirewallFact(Verdict.RULED, program, detail=concerned[0])
    for chain in chains:
        if chain.refuses:
            return _dropped(chain, port)
    if _iptables_refuses(old):
        return _iptables_dropped("iptables", port)
    if "# unread" in rules:
        return FirewallFact(Verdict.UNKNOWN, "nftables", detail="nft gave no answer")
    return FirewallFact(Verdict.OPEN)


def _chains(rules: str) -> Iterator[_Chain]:
    family = table = ""
    chain: _Chain | None = None
    for line in rules.splitlines():
        if opened := _TABLE.match(line):
            family, table = opened.groups()
        elif named := _CHAIN.match(line):
            chain = _Chain(family, table, named[1])
            yield chain
        elif chain is not None and (said := line.strip()):
            if said == "}":
                chain = None
            elif said.startswith("type "):
                chain.head += said
            else:
                chain.rules.append(said)


def _nft_about(chains: list[_Chain], port: int) -> Iterator[str]:
    sets = {
        f"@{chain.name}"
        for chain in chains
        for line in chain.rules
        if (held := _ELEMENTS.search(line)) and has_port(held[1], port)
    }
    for chain in chains:
        for rule in chain.rules:
            ports = _NFT_PORTS.search(rule)
            if ports and (ports[1] in sets or (ports[1][0] != "@" and has_port(ports[1], port))):
                yield rule


def _iptables_about(rules: list[str], port: int) -> Iterator[str]:
    for rule in rules:
        ports = _IPT_PORTS.search(rule)
        if ports and " udp " not in rule and has_port(ports[1], port):
            yield rule


def _iptables_refuses(rules: list[str]) -> bool:
    if any(rule == "-A INPUT -j ACCEPT" for rule in rules):
        return False
    return "-P INPUT DROP" in rules or any(
        re.match(r"-A INPUT -j (DROP|REJECT)\b", rule) for rule in rules
    )


def _dropped(chain: _Chain, port: int) -> FirewallFact:
    if chain.name == "INPUT" and chain.table == "filter" and chain.family in {"ip", "ip6"}:
        return _iptables_dropped("iptables" if chain.family == "ip" else "ip6tables", port)
    where = f"{chain.family} {chain.table} {chain.name}"
    remedy = f"nft insert rule {where} tcp dport {port} accept"
    return FirewallFact(Verdict.DROPPED, "nftables", detail=remedy)


def _iptables_dropped(program: str, port: int) -> FirewallFact:
    remedy = f"{program} -I INPUT -p tcp --dport {port} -j ACCEPT"
    return FirewallFact(Verdict.DROPPED, program, detail=remedy)
