"""The records that looking at a node's firewalls left, as facts."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from setup_tool.core.firewall import FirewallFact, Verdict
from setup_tool.node import firewalld, packet_filter, ufw

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEVICE = re.compile(r"\d+: (\S+)\s+inet6? ([0-9a-f.:]+)")
_V4_DIGITS = 8


def firewall_fact(records: Mapping[str, bytes], port: int) -> FirewallFact:
    """Return what the node's firewall does with a port. Raises KeyError where it did not say."""
    said = {
        key.removeprefix("firewall."): value.decode("utf-8", "replace")
        for key, value in records.items()
        if key.startswith("firewall.")
    }
    manager = said["manager"].strip()
    if set(said) == {"manager"}:
        return FirewallFact(Verdict.OPEN)
    bound = _bound(said["listening"], port)
    loopback = bool(bound) and all(_plain(address).is_loopback for address in bound)
    return replace(_judged(said, manager, port, bound), loopback=loopback)


def _judged(
    said: Mapping[str, str], manager: str, port: int, bound: list[IPv4Address | IPv6Address]
) -> FirewallFact:
    if "trouble" in said:
        return FirewallFact(Verdict.UNKNOWN, manager, detail=said["trouble"])
    if manager == "firewalld":
        return firewalld.judge(
            firewalld.read_firewalld(said), port, _devices(said["addresses"], bound)
        )
    if manager == "ufw" and "ufw-user-input" in said["rules"]:
        return ufw.judge(said, port)
    return packet_filter.judge(said["rules"], port)


def _bound(listening: str, port: int) -> list[IPv4Address | IPv6Address]:
    """Return the addresses that are listened on, of /proc/net/tcp and tcp6 (proc(5)).

    Each 32-bit word of an address is in the node's byte order; little-endian is taken for
    granted, which only the choice of a zone and the look for loopback depend on.
    """
    found: list[IPv4Address | IPv6Address] = []
    for word in listening.split():
        digits, _, number = word.partition(":")
        if int(number, 16) != port:
            continue
        data = bytes.fromhex(digits)
        data = b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
        found.append(IPv4Address(data) if len(digits) == _V4_DIGITS else IPv6Address(data))
    return found


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _devices(addresses: str, bound: list[IPv4Address | IPv6Address]) -> list[str]:
    """Return the interfaces by which what is bound can be reached, all where it says nothing."""
    held = {match[2]: match[1] for match in _DEVICE.finditer(addresses)}
    met = [held.get(str(_plain(address))) for address in bound]
    if bound and all(met):
        return list(dict.fromkeys(device for device in met if device))
    return list(dict.fromkeys(held.values()))
