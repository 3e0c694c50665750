"""A security group with a rule, made, described and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify.answer import value
from setup_tool.verify.check import UnmetError
from setup_tool.verify.ec2.answer import expect, expect_absent
from setup_tool.verify.ec2.leftovers import GROUP, delete_group

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from setup_tool.verify.ec2.subject import Subject

_SSH = "22"
_NET = "192.0.2.0/24"
"""For documentation (RFC 5737): nobody is let in."""


def make(subject: Subject) -> str:
    """Have a security group made."""
    described_as = ("GroupDescription", "made by setup-tool verify")
    root = subject.make(GROUP, "CreateSecurityGroup", ("GroupName", subject.name), described_as)
    return value(root, "groupId")


def authorize(subject: Subject) -> str:
    """Add a rule."""
    subject.ask("AuthorizeSecurityGroupIngress", ("GroupName", subject.name), *_rule())
    return f"TCP port {_SSH} from {_NET}"


def has_rule(subject: Subject) -> str:
    """Find the group by its name, with the rule."""
    if not _has_rule(_described(subject)):
        raise UnmetError("The group is there, without the rule that was added.")
    return ""


def revoke(subject: Subject) -> str:
    """Take the rule away and look whether it is gone."""
    subject.ask("RevokeSecurityGroupIngress", ("GroupName", subject.name), *_rule())
    if _has_rule(_described(subject)):
        raise UnmetError("The rule is still there.")
    return ""


def delete(subject: Subject) -> str:
    """Delete the group, once no instance's port is in it, and look whether it is gone."""
    said, answer = delete_group(subject.session, subject.name, subject.clock)
    expect(answer, "DeleteSecurityGroup")
    answer = subject.session.send("DescribeSecurityGroups", ("GroupName.1", subject.name))
    expect_absent(answer, "DescribeSecurityGroups", "securityGroupInfo/item")
    subject.leftovers.removed(GROUP)
    return said


def _rule() -> tuple[tuple[str, str], ...]:
    return (
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", _SSH),
        ("IpPermissions.1.ToPort", _SSH),
        ("IpPermissions.1.IpRanges.1.CidrIp", _NET),
    )


def _described(subject: Subject) -> Element:
    root = subject.ask("DescribeSecurityGroups", ("GroupName.1", subject.name))
    found = root.findall("securityGroupInfo/item")
    if [value(item, "groupName") for item in found] != [subject.name]:
        raise UnmetError(f"Asked for {subject.name} the service describes {len(found)} groups.")
    return found[0]


def _has_rule(group: Element) -> bool:
    return any(
        (value(rule, "ipProtocol"), value(rule, "fromPort"), value(rule, "toPort"))
        == ("tcp", _SSH, _SSH)
        and _NET in [value(item, "cidrIp") for item in rule.iterfind("ipRanges/item")]
        for rule in group.iterfind("ipPermissions/item")
    )
