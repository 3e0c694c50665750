"""What firewalld does with a port, from what ``firewall-cmd`` lists.

Zones: firewalld.zones(5). A connection belongs to the zone of its source's address, else of
the interface it comes in by, else to the default zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from setup_tool.core.firewall import FirewallFact, Verdict
from setup_tool.node.port_words import has_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAME = re.compile(r"(\S+)(?: \(.*\))?$")
_NARROWED = re.compile(r"\b(port|service|protocol|icmp-type|icmp-block|masquerade) ")
_DIRECT = re.compile(r"--(?:dport|dports|destination-ports?) (\S+)")
_ATTRIBUTE = re.compile(r"""(\w+)=["']([^"']*)["']""")


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone or policy; ``fields`` are words by name, ``rich`` its rich rules."""

    name: str
    fields: Mapping[str, tuple[str, ...]]
    rich: tuple[str, ...] = ()

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words of a field."""
        return self.fields.get(name, ())

    @property
    def accepts(self) -> bool:
        """Whether it lets everything in that no rule of it refuses."""
        return self.words("target") == ("ACCEPT",)


@dataclass(frozen=True, slots=True)
class Firewalld:
    """What was listed. ``services`` are the TCP ports that each service stands for."""

    zones: tuple[Zone, ...]
    permanent: tuple[Zone, ...]
    default: str
    policies: tuple[Zone, ...] = ()
    direct: tuple[str, ...] = ()
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_firewalld(records: Mapping[str, str]) -> Firewalld:
    """Return what the records ``zones``, ``permanent``, ``default`` and the rest list."""
    return Firewalld(
        zones=_zones(records.get("zones", "")),
        permanent=_zones(records.get("permanent", "")),
        default=records.get("default", "").strip(),
        policies=_zones(records.get("policies", "")),
        direct=tuple(records.get("direct", "").splitlines()),
        services=_services(records.get("services", "")),
    )


def judge(firewall: Firewalld, port: int, devices: Sequence[str]) -> FirewallFact:
    """Return what happens to connections to a port that come in by these interfaces."""
    by_device = {device: zone for zone in firewall.zones for device in zone.words("interfaces")}
    default = next((zone for zone in firewall.zones if zone.name == firewall.default), None)
    met = [by_device.get(device, default) for device in devices] or [default]
    shut = list({zone.name: zone for zone in met if zone and not zone.accepts}.values())
    if not shut:
        return FirewallFact(Verdict.OPEN, "firewalld")
    lasting = {zone.name: zone for zone in firewall.permanent}
    now = [zone for zone in shut if _lets_in(firewall, zone, port)]
    later = [zone for zone in shut if _lets_in(firewall, lasting.get(zone.name), port)]
    if any(zone in later for zone in now):
        return FirewallFact(Verdict.OPEN, "firewalld")
    rule = next(_concerning(firewall, port, shut), None)
    if rule is not None:
        return FirewallFact(Verdict.RULED, "firewalld", detail=rule)
    wanted = now or later or shut
    if len(wanted) == 1:
        return FirewallFact(Verdict.CLOSED, "firewalld", zone=wanted[0].name)
    return FirewallFact(
        Verdict.UNDECIDED, "firewalld", detail=", ".join(zone.name for zone in wanted)
    )


def _lets_in(firewall: Firewalld, zone: Zone | None, port: int) -> bool:
    if zone is None:
        return False
    return (
        "tcp" in zone.words("protocols")
        or any(_is_tcp(word, port) for word in zone.words("ports"))
        or any(_serves(firewall, name, port) for name in zone.words("services"))
    )


def _concerning(firewall: Firewalld, port: int, shut: Sequence[Zone]) -> Iterator[str]:
    """Yield the rules that concern the port, but for those of zones that simply let it in."""
    for zone in firewall.zones:
        if zone in shut or zone.words("interfaces") or zone.words("sources"):
            yield from _of_zone(firewall, zone, port, shut)
    for policy in firewall.policies:
        if _lets_in(firewall, policy, port):
            yield f"policy {policy.name} lets it in"
        yield from _rich(firewall, policy, port, f"policy {policy.name}")
    for rule in firewall.direct:
        if any(has_port(ports, port) for ports in _DIRECT.findall(rule)):
            yield f"direct rule {rule.strip()}"


def _of_zone(firewall: Firewalld, zone: Zone, port: int, shut: Sequence[Zone]) -> Iterator[str]:
    sources = zone.words("sources")
    lets_in = _lets_in(firewall, zone, port)
    if sources and (zone.accepts or lets_in):
        yield f"zone {zone.name} lets it in from {', '.join(sources)}"
    elif lets_in and zone not in shut and not zone.accepts:
        yield f"zone {zone.name} lets it in at {', '.join(zone.words('interfaces'))}"
    yield from _rich(firewall, zone, port, f"zone {zone.name}")
    for forward in zone.words("forward-ports"):
        if has_port(forward.partition("port=")[2].partition(":")[0], port):
            yield f"zone {zone.name} forwards it: {forward}"


def _rich(firewall: Firewalld, zone: Zone, port: int, where: str) -> Iterator[str]:
    for rule in zone.rich:
        ports = re.findall(r'\bport port="([^"]*)" protocol="tcp"', rule)
        services = re.findall(r'\bservice name="([^"]*)"', rule)
        everything = rule.endswith(" accept") and not _NARROWED.search(rule)
        if (
            any(has_port(each, port) for each in ports)
            or any(_serves(firewall, name, port) for name in services)
            or everything
        ):
            yield f"{where}: {rule}"


def _serves(firewall: Firewalld, service: str, port: int) -> bool:
    return any(has_port(each, port) for each in firewall.services.get(service, ()))


def _is_tcp(word: str, port: int) -> bool:
    ports, _, protocol = word.partition("/")
    return protocol == "tcp" and has_port(ports, port)


def _zones(text: str) -> tuple[Zone, ...]:
    found: list[Zone] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        head, *lines = block.splitlines() or [""]
        name = _NAME.match(head)
        if not name:
            continue
        fields = {
            key.strip(): tuple(value.split())
            for key, _, value in (
                line.partition(":") for line in lines if not line.startswith("\t")
            )
        }
        rich = tuple(line.strip() for line in lines if line.startswith("\t") and "rule" in line)
        found.append(Zone(name[1], fields, rich))
    return tuple(found)


def _services(text: str) -> dict[str, tuple[str, ...]]:
    """Return the ports of ``FILE:<port protocol="tcp" port="80"/>`` lines, inclusions followed.

    A file below /etc comes first and hides the one of that name that was installed.
    """
    places: dict[str, str] = {}
    ports: dict[str, list[str]] = {}
    included: dict[str, list[str]] = {}
    for line in text.splitlines():
        file, _, element = line.partition(".xml:")
        name = file.rpartition("/")[2]
        if places.setdefault(name, file) != file:
            continue
        said = dict(_ATTRIBUTE.findall(element))
        if "<include" in element:
            included.setdefault(name, []).append(said.get("service", ""))
        elif said.get("protocol") == "tcp" and said.get("port"):
            ports.setdefault(name, []).append(said["port"])

    def all_of(name: str, above: frozenset[str]) -> tuple[str, ...]:
        inner = [each for each in included.get(name, ()) if each not in above]
        deeper = (port for each in inner for port in all_of(each, above | {each}))
        return (*ports.get(name, ()), *deeper)

    return {name: all_of(name, frozenset({name})) for name in places}
