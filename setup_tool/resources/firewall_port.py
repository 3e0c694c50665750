"""A service's port that the node's own firewall lets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.firewall import OpenPort, ReadFirewall, Verdict
from setup_tool.core.plan import Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.core.firewall import FirewallFact
    from setup_tool.resources.resource import Answers

_LOOPBACK = ("127.", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class FirewallPort:
    """A TCP port on which a service of one node is to be reached from outside.

    ``address`` is the one that its configuration binds it to, None for all. With
    ``managed`` False no firewall is looked at.
    """

    target: str
    stage: Stage
    service: str
    port: int
    address: str | None = None
    managed: bool = True

    def queries(self) -> tuple[ReadFirewall, ...]:
        """Ask what the firewall does with the port, where the service is reached by others."""
        if not self.managed or (self.address or "").strip("[] ").startswith(_LOOPBACK):
            return ()
        return (ReadFirewall(self.port),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the opening of a port that an active firewall keeps shut and no rule is about."""
        fact = self._fact(facts)
        if fact is None or fact.verdict is not Verdict.CLOSED:
            return None
        reason = (
            f"{fact.program} is active and does not let everybody in to {self.service}, now and "
            "after its next start."
        )
        where = f" (zone {fact.zone})" if fact.zone else ""
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE,
            summary=f"open port {self.port}/tcp in {fact.program}{where}",
            reasons=(reason,),
            steps=(OpenPort(self.port, fact.program, self.service, fact.zone),),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Say what a firewall does with the port where it is left to the operator."""
        fact = self._fact(facts)
        text = self._said(fact) if fact is not None else None
        return (Note(self.target, text),) if text else ()

    def _fact(self, facts: Answers) -> FirewallFact | None:
        """Return the answer, None where there is nothing to open a port for."""
        for query in self.queries():
            fact: FirewallFact = facts[query]
            return None if fact.loopback else fact
        return None

    def _said(self, fact: FirewallFact) -> str | None:
        port = f"port {self.port}/tcp ({self.service})"
        match fact.verdict:
            case Verdict.RULED:
                return (
                    f"{fact.program} has a rule about {port}, which is left as it is: "
                    f"{fact.detail}. See that it lets in those who are to reach the service."
                )
            case Verdict.UNDECIDED:
                return (
                    f"firewalld does not let {port} in by any of its zones {fact.detail}. Open it "
                    "in the one that clients or the balancer are in: firewall-cmd --permanent "
                    f"--zone=ZONE --add-port={self.port}/tcp, then firewall-cmd --reload."
                )
            case Verdict.DROPPED:
                return (
                    f"{fact.program} seems to keep {port} shut, and setup-tool does not write its "
                    f"rules. To open it: {fact.detail} (and keep that where the rules are loaded "
                    "from at boot)."
                )
            case Verdict.UNKNOWN:
                name = fact.program or "a firewall"
                return (
                    f"Whether {name} lets {port} in cannot be told: {fact.detail}. Set `firewall: "
                    "off` where that is seen to otherwise."
                )
            case _:
                return None
