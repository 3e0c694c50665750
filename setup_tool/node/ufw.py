"""What ufw does with a port, from its own files.

``user.rules`` holds each rule as a comment for ufw itself (``ufw.parser``, 0.36)::

    ### tuple ### ACTION PROTOCOL DPORT DESTINATION SPORT SOURCE [DAPP SAPP] DIRECTION [comment=HEX]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.firewall import FirewallFact, Verdict
from setup_tool.node.port_words import has_port

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "### tuple ### "
_ADDRESSES = 6
_ANYWHERE = {"0.0.0.0/0", "::/0"}
_DPORT = re.compile(r"--(?:dport|dports|destination-ports?)[ =](\S+)")


@dataclass(frozen=True, slots=True)
class _Rule:
    action: str
    everybody: bool
    text: str


def judge(records: Mapping[str, str], port: int) -> FirewallFact:
    """Return what happens to connections to a port; ``records`` are ufw, added and policy."""
    for line in records.get("added", "").splitlines():
        ports = _DPORT.search(line) if line.startswith("-A") else None
        if ports and "udp" not in line.split() and has_port(ports[1], port):
            return FirewallFact(Verdict.RULED, "ufw", detail=line.strip())
    partial = None
    for line in records.get("ufw", "").splitlines():
        rule = _rule(line.removeprefix(_MARK), port) if line.startswith(_MARK) else None
        if rule is None:
            continue
        if rule.everybody and rule.action == "allow":
            return FirewallFact(Verdict.OPEN, "ufw")
        partial = partial or rule
        if rule.everybody:
            break
    if partial:
        return FirewallFact(Verdict.RULED, "ufw", detail=partial.text)
    policy = records.get("policy", "").partition("=")[2].strip(" \"'\n")
    return FirewallFact(Verdict.OPEN if policy == "ACCEPT" else Verdict.CLOSED, "ufw")


def _rule(text: str, port: int) -> _Rule | None:
    """Return what a rule does with the port, None where it is not concerned.

    One that refuses a certain source everything, as a ban does, is not about the port.
    """
    words = [word for word in text.split() if not word.startswith("comment=")]
    if len(words) <= _ADDRESSES or words[0].startswith("route:"):
        return None
    action, protocol, dport, destination, sport, source = words[:_ADDRESSES]
    action, way = action.partition("_")[0], words[-1]
    if protocol not in {"tcp", "any"} or not way.startswith("in"):
        return None
    if dport != "any" and not has_port(dport, port):
        return None
    everybody = {destination, source} <= _ANYWHERE and sport == "any" and way == "in"
    if dport == "any" and action in {"deny", "reject"} and not everybody:
        return None
    to = "" if destination in _ANYWHERE else f" to {destination}"
    at = f" at {way[len('in_') :]}" if way != "in" else ""
    origin = "anywhere" if source in _ANYWHERE else source
    ports = "every port" if dport == "any" else f"{dport}/{protocol}"
    return _Rule(action, everybody, f"{action} {ports}{to} from {origin}{at}")
